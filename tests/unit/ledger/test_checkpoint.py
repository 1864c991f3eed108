"""Checkpoints: what they say and that they extend each other."""

from dataclasses import replace

import pytest

from antin.core.errors import AntinError, InputError, IntegrityError
from antin.ledger.checkpoints.checkpoint import (
    Checkpoint,
    next_checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from antin.ledger.checkpoints.note import ecdsa_verifier
from antin.ledger.ports import StoredCheckpoint
from antin.ledger.tree.merkle import EMPTY_ROOT, leaf_hash
from antin.ledger.tree.proofs import root_of
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.rows import NOW

KEY = MemoryNoteKey()
VERIFIER = ecdsa_verifier(ORIGIN, KEY.public_key)
LEAVES = [leaf_hash(bytes([n])) for n in range(20)]


def stored(size: int, leaves: list[bytes] = LEAVES) -> StoredCheckpoint:
    growth = next_checkpoint(None, leaves[:size], size)
    note = sign_checkpoint(ORIGIN, size, growth.root, KEY)
    return StoredCheckpoint(size, growth.root, note, growth.frontier, NOW)


def test_a_signed_checkpoint_is_opened_again() -> None:
    made = stored(7)
    assert open_checkpoint(made.note, ORIGIN, VERIFIER) == Checkpoint(
        ORIGIN, 7, root_of(LEAVES[:7])
    )


def test_each_extends_the_one_before() -> None:
    newest: StoredCheckpoint | None = None
    for size in (0, 1, 5, 5, 8, 20):
        start = newest.size if newest else 0
        growth = next_checkpoint(newest, LEAVES[start:size], size)
        assert growth.root == root_of(LEAVES[:size])
        note = sign_checkpoint(ORIGIN, size, growth.root, KEY, newest)
        newest = StoredCheckpoint(size, growth.root, note, growth.frontier, NOW)


def code_of(newest: StoredCheckpoint, leaves: list[bytes], size: int) -> str:
    with pytest.raises(AntinError) as caught:
        next_checkpoint(newest, leaves, size)
    return caught.value.code


def test_nothing_is_signed_for_a_history_that_does_not_go_on() -> None:
    made = stored(7)
    assert code_of(made, [], 6) == "checkpoint_ahead"
    assert code_of(made, LEAVES[7:9], 10) == "ledger_inconsistent"
    assert code_of(made, LEAVES[7:11], 10) == "ledger_inconsistent"
    other = stored(7, LEAVES[::-1])
    assert code_of(replace(made, frontier=other.frontier), [], 7) == "ledger_inconsistent"
    forged = replace(made, frontier=other.frontier, root=other.root)
    assert code_of(forged, [], 7) == "ledger_inconsistent", "the note says another root"
    assert code_of(replace(made, size=3), [], 7) == "ledger_inconsistent"
    assert code_of(replace(made, note=b"no note"), [], 7) == "checkpoint_malformed"


def test_a_forged_checkpoint_is_not_continued() -> None:
    made = stored(7)
    stranger = MemoryNoteKey()
    forged = replace(made, note=sign_checkpoint(ORIGIN, 7, made.root, stranger))
    growth = next_checkpoint(forged, LEAVES[7:9], 9)
    with pytest.raises(IntegrityError) as caught:
        sign_checkpoint(ORIGIN, 9, growth.root, KEY, forged)
    assert caught.value.code == "note_signature_invalid"


class BrokenKey(MemoryNoteKey):
    """A token that returns something that is no signature."""

    def sign(self, message: bytes) -> bytes:
        return super().sign(message + b"!")


def test_what_a_key_returned_is_verified_before_it_leaves() -> None:
    with pytest.raises(IntegrityError) as caught:
        sign_checkpoint(ORIGIN, 0, EMPTY_ROOT, BrokenKey())
    assert caught.value.code == "note_signature_invalid"


def test_another_logs_checkpoint_says_nothing() -> None:
    note = sign_checkpoint("other.example/log", 0, EMPTY_ROOT, MemoryNoteKey("other.example/log"))
    with pytest.raises(IntegrityError) as caught:
        open_checkpoint(note, ORIGIN, VERIFIER)
    assert caught.value.code == "note_origin_wrong"


def test_an_empty_tree_has_one_root() -> None:
    with pytest.raises(InputError):
        sign_checkpoint(ORIGIN, 0, b"\x01" * 32, KEY)


ROOT = "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="


@pytest.mark.parametrize(
    "text",
    [
        "origin\n15\n",
        f"\n15\n{ROOT}\n",
        f"origin\n015\n{ROOT}\n",
        f"origin\n-1\n{ROOT}\n",
        f"origin\n1e3\n{ROOT}\n",
        f"origin\n99999999999999999999\n{ROOT}\n",
        "origin\n15\nAAAA\n",
        f"origin\n15\n{ROOT[:-2]}t=\n",
        f"origin\n15\n{ROOT}\n\nextension\n",
    ],
)
def test_malformed_checkpoints(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_checkpoint(f"{text}\n— name AAAAAAAA\n".encode())
    assert caught.value.code == "checkpoint_malformed"


def test_extension_lines_are_passed_over() -> None:
    data = f"origin\n15\n{ROOT}\nmore\n\n— name AAAAAAAA\n".encode()
    assert parse_checkpoint(data).size == 15
