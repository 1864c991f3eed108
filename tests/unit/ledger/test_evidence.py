"""What a report hands to a third person: enough to see two histories, never more than that."""

import json
from dataclasses import replace
from typing import Any

import pytest

from antin.core.errors import AntinError
from antin.ledger.checking.evidence import Evidence, confirm_contradiction
from antin.ledger.checkpoints.checkpoint import sign_checkpoint
from antin.ledger.checkpoints.note import ecdsa_verifier
from antin.ledger.tree.merkle import leaf_hash
from antin.ledger.tree.proofs import prove_consistency, root_of
from tests.notekey import ORIGIN, MemoryNoteKey

KEY = MemoryNoteKey()
VERIFIER = ecdsa_verifier(ORIGIN, KEY.public_key)
ONE = [leaf_hash(b"one %d" % n) for n in range(20)]
OTHER = [*ONE[:4], *(leaf_hash(b"other %d" % n) for n in range(16))]


def note(leaves: list[bytes], size: int, key: MemoryNoteKey = KEY, origin: str = ORIGIN) -> bytes:
    return sign_checkpoint(origin, size, root_of(leaves[:size]), key)


def proven(older: int, size: int, leaves: list[bytes] = OTHER) -> Evidence:
    """The log signed for ``ONE`` at the older size and for ``leaves`` at the larger."""
    proof = prove_consistency(older, size, lambda start, stop: root_of(leaves[start:stop]))
    notes = (note(ONE, older), note(leaves, size))
    return Evidence(notes, older, root_of(leaves[:older]), proof)


@pytest.mark.parametrize("older", range(5, 20))
def test_two_signed_histories_are_confirmed(older: int) -> None:
    for size in range(older + 1, 21):
        confirm_contradiction(proven(older, size), ORIGIN, VERIFIER)


def test_two_checkpoints_of_one_size_need_no_proof() -> None:
    confirm_contradiction(Evidence((note(ONE, 9), note(OTHER, 9))), ORIGIN, VERIFIER)


def code_of(evidence: Evidence) -> str:
    with pytest.raises(AntinError) as caught:
        confirm_contradiction(evidence, ORIGIN, VERIFIER)
    return caught.value.code


def test_one_history_that_grew_contradicts_nothing() -> None:
    assert code_of(proven(3, 12)) == "evidence_insufficient"  # the same first four
    assert code_of(proven(9, 12, ONE)) == "evidence_insufficient"
    assert code_of(Evidence((note(ONE, 9), note(ONE, 9)))) == "evidence_insufficient"


def test_what_is_no_proof_shows_nothing() -> None:
    whole = proven(9, 12)
    assert whole.proof is not None
    for weaker in (
        Evidence(whole.checkpoints[:1], whole.size, whole.root, whole.proof),
        replace(whole, proof=None),
        replace(whole, root=None),
        replace(whole, size=8),
        replace(whole, proof=whole.proof[:-1]),
        replace(whole, proof=(*whole.proof[:-1], bytes(32))),
        replace(whole, root=bytes(32)),
        Evidence(whole.checkpoints[::-1], whole.size, whole.root, whole.proof),
    ):
        assert code_of(weaker) == "evidence_insufficient"


def test_a_strangers_checkpoint_accuses_nobody() -> None:
    whole = proven(9, 12)
    stranger, elsewhere = MemoryNoteKey(), MemoryNoteKey("elsewhere")
    forged = replace(whole, checkpoints=(note(ONE, 9, stranger), whole.checkpoints[1]))
    assert code_of(forged) == "note_signature_invalid"
    foreign = note(ONE, 9, elsewhere, "elsewhere")
    assert code_of(replace(whole, checkpoints=(foreign, whole.checkpoints[1]))) == (
        "note_origin_wrong"
    )


def test_a_third_person_reads_it_from_the_report() -> None:
    """From JSON and back, as somebody would who has only the report and the key."""
    told: Any = json.loads(json.dumps(dict(proven(9, 12).as_json())))
    again = Evidence(
        tuple(text.encode() for text in told["checkpoints"]),
        told["size"],
        bytes.fromhex(told["root"]),
        tuple(bytes.fromhex(node) for node in told["proof"]),
    )
    confirm_contradiction(again, ORIGIN, VERIFIER)
