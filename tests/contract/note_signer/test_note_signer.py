"""What every checkpoint key promises (antin.ledger.ports.NoteSigner)."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from antin.core.errors import InputError, IntegrityError
from antin.infra.keys import CheckpointKey, Keys
from antin.infra.settings import parse_settings
from antin.ledger.checkpoints.checkpoint import sign_checkpoint
from antin.ledger.checkpoints.note import (
    ECDSA,
    ED25519,
    NoteSignature,
    parse_note,
    parse_verifier,
    verifier_of,
    verify_note,
    write_note,
)
from antin.ledger.ports import NoteSigner
from tests.notekey import MemoryNoteKey
from tests.office import SoftwareNoteKey
from tests.trustworld import TrustWorld

ORIGIN = "ledger.example.vn/contract"
TEXT = "ledger.example.vn/contract\n7\nroot\n"
REAL = pytest.mark.real("softhsm")
SIGNERS = [
    "memory",
    "software",
    "software-ed25519",
    pytest.param("checkpoint", marks=REAL),
    pytest.param("checkpoint-ed25519", marks=REAL),
]


@pytest.fixture(params=SIGNERS)
def signer(request: pytest.FixtureRequest, tmp_path: Path) -> NoteSigner:
    if request.param == "memory":
        return MemoryNoteKey(ORIGIN)
    if request.param == "software":
        return SoftwareNoteKey(ORIGIN)
    if request.param == "software-ed25519":
        return SoftwareNoteKey(ORIGIN, ed25519.Ed25519PrivateKey.generate())
    return on_token(request.getfixturevalue("trust_world"), tmp_path, request.param)


def on_token(world: TrustWorld, folder: Path, label: str) -> NoteSigner:
    assert world.token_world is not None
    text = f"""
[softhsm]
tokens = "{world.token_world.token_folder}/tokens"
[[credentials]]
name = "checkpoint"
token_label = "agency"
key_label = "{label}"
pin = {{ file = "{world.token_world.token("agency").pin_file}" }}
"""
    return CheckpointKey(Keys(parse_settings(folder, text.encode())), ORIGIN, "checkpoint")


def signed(signer: NoteSigner, text: str = TEXT) -> bytes:
    value = signer.sign(text.encode())
    key_id = verifier_of(signer.name, signer.public_key).key_id
    return write_note(text, (NoteSignature(signer.name, key_id, value),))


def test_it_is_named_for_the_log(signer: NoteSigner) -> None:
    assert signer.name == ORIGIN


def test_its_notes_are_good_for_whoever_has_the_public_key(signer: NoteSigner) -> None:
    verify_note(parse_note(signed(signer)), verifier_of(ORIGIN, signer.public_key))


def test_it_signs_checkpoints(signer: NoteSigner) -> None:
    note = sign_checkpoint(ORIGIN, 7, b"\x07" * 32, signer, None)
    verify_note(parse_note(note), verifier_of(ORIGIN, signer.public_key))


def test_another_text_is_not_what_it_signed(signer: NoteSigner) -> None:
    changed = signed(signer).replace(b"\n7\n", b"\n8\n", 1)
    with pytest.raises(IntegrityError) as caught:
        verify_note(parse_note(changed), verifier_of(ORIGIN, signer.public_key))
    assert caught.value.code == "note_signature_invalid"


def test_another_key_did_not_sign_it(signer: NoteSigner) -> None:
    other = verifier_of(ORIGIN, MemoryNoteKey(ORIGIN).public_key)
    with pytest.raises(IntegrityError) as caught:
        verify_note(parse_note(signed(signer)), other)
    assert caught.value.code == "note_signature_invalid"


def test_its_public_key_stays_the_same(signer: NoteSigner) -> None:
    assert signer.public_key == signer.public_key


def test_its_public_key_has_one_text_for_witnesses(signer: NoteSigner) -> None:
    verifier = verifier_of(ORIGIN, signer.public_key)
    assert parse_verifier(verifier.text) == verifier
    assert verifier.kind == (ED25519 if len(verifier.key) == 32 else ECDSA)


def test_a_key_of_another_kind_signs_no_checkpoint() -> None:
    other = SoftwareNoteKey(ORIGIN, ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(InputError) as caught:
        sign_checkpoint(ORIGIN, 7, b"\x07" * 32, other, None)
    assert caught.value.code == "checkpoint_malformed"
