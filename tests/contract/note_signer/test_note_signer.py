"""What every checkpoint key promises (antin.ledger.ports.NoteSigner)."""

from pathlib import Path

import pytest

from antin.core.errors import IntegrityError
from antin.infra.keys import CheckpointKey, Keys
from antin.infra.settings import parse_settings
from antin.ledger.checkpoint import sign_checkpoint
from antin.ledger.note import (
    NoteSignature,
    ecdsa_key_id,
    ecdsa_verifier,
    parse_note,
    verify_note,
    write_note,
)
from antin.ledger.ports import NoteSigner
from tests.notekey import MemoryNoteKey
from tests.office import SoftwareNoteKey
from tests.trustworld import TrustWorld

ORIGIN = "ledger.example.vn/contract"
TEXT = "ledger.example.vn/contract\n7\nroot\n"
SIGNERS = ["memory", "software", pytest.param("softhsm", marks=pytest.mark.real("softhsm"))]


@pytest.fixture(params=SIGNERS)
def signer(request: pytest.FixtureRequest, tmp_path: Path) -> NoteSigner:
    if request.param == "memory":
        return MemoryNoteKey(ORIGIN)
    if request.param == "software":
        return SoftwareNoteKey(ORIGIN)
    return on_token(request.getfixturevalue("trust_world"), tmp_path)


def on_token(world: TrustWorld, folder: Path) -> NoteSigner:
    assert world.token_world is not None
    text = f"""
[softhsm]
tokens = "{world.token_world.token_folder}/tokens"
[[credentials]]
name = "checkpoint"
token_label = "agency"
key_label = "checkpoint"
pin = {{ file = "{world.token_world.token("agency").pin_file}" }}
"""
    return CheckpointKey(Keys(parse_settings(folder, text.encode())), ORIGIN, "checkpoint")


def signed(signer: NoteSigner, text: str = TEXT) -> bytes:
    value = signer.sign(text.encode())
    return write_note(text, (NoteSignature(signer.name, ecdsa_key_id(signer.public_key), value),))


def test_it_is_named_for_the_log(signer: NoteSigner) -> None:
    assert signer.name == ORIGIN


def test_its_notes_are_good_for_whoever_has_the_public_key(signer: NoteSigner) -> None:
    verify_note(parse_note(signed(signer)), ecdsa_verifier(ORIGIN, signer.public_key))


def test_it_signs_checkpoints(signer: NoteSigner) -> None:
    note = sign_checkpoint(ORIGIN, 7, b"\x07" * 32, signer, None)
    verify_note(parse_note(note), ecdsa_verifier(ORIGIN, signer.public_key))


def test_another_text_is_not_what_it_signed(signer: NoteSigner) -> None:
    changed = signed(signer).replace(b"\n7\n", b"\n8\n", 1)
    with pytest.raises(IntegrityError) as caught:
        verify_note(parse_note(changed), ecdsa_verifier(ORIGIN, signer.public_key))
    assert caught.value.code == "note_signature_invalid"


def test_another_key_did_not_sign_it(signer: NoteSigner) -> None:
    other = ecdsa_verifier(ORIGIN, MemoryNoteKey(ORIGIN).public_key)
    with pytest.raises(IntegrityError) as caught:
        verify_note(parse_note(signed(signer)), other)
    assert caught.value.code == "note_signature_invalid"


def test_its_public_key_stays_the_same(signer: NoteSigner) -> None:
    assert signer.public_key == signer.public_key
