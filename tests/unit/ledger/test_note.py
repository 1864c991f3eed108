"""Signed notes: strict parsing, and a signature that counts only if it is this key's."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from antin.core.errors import InputError, IntegrityError
from antin.ledger.checkpoints.note import (
    Note,
    NoteSignature,
    ecdsa_key_id,
    ecdsa_verifier,
    parse_note,
    parse_verifier,
    verify_note,
    write_note,
)
from tests.notekey import ORIGIN, MemoryNoteKey

KEY = MemoryNoteKey()
VERIFIER = ecdsa_verifier(ORIGIN, KEY.public_key)
TEXT = "one\ntwo\n"


def signature(key: MemoryNoteKey = KEY, text: str = TEXT) -> NoteSignature:
    return NoteSignature(key.name, ecdsa_key_id(key.public_key), key.sign(text.encode()))


def test_what_is_written_is_read_and_verifies() -> None:
    data = write_note(TEXT, (signature(),))
    note = parse_note(data)
    assert note.text == TEXT
    assert write_note(note.text, note.signatures) == data
    verify_note(note, VERIFIER)


def test_a_verifier_key_has_one_text() -> None:
    assert parse_verifier(VERIFIER.text) == VERIFIER
    name, key_id, material = VERIFIER.text.split("+", 2)
    assert (name, key_id) == (ORIGIN, ecdsa_key_id(KEY.public_key).hex())
    assert base64.b64decode(material) == b"\x02" + KEY.public_key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name+00000000+",
        VERIFIER.text.replace(ORIGIN, "two words"),
        VERIFIER.text.replace(ecdsa_key_id(KEY.public_key).hex(), "00000000"),
        VERIFIER.text[:-8],
        f"name+00000000+{base64.b64encode(bytes([7]) + bytes(32)).decode()}",
        f"name+00000000+{base64.b64encode(bytes([1]) + bytes(31)).decode()}",
    ],
)
def test_other_verifier_keys_are_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_verifier(text)
    assert caught.value.code == "checkpoint_malformed"


def test_a_key_on_another_curve_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(InputError):
        ecdsa_verifier(ORIGIN, der)


GOOD = write_note(TEXT, (signature(),))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no signature\n",
        GOOD[:-1],
        GOOD + b"\n",
        GOOD.replace(b"one", b"o\x01e"),
        GOOD.replace(b"one", b"o\xffe"),
        GOOD.replace("— ".encode(), b"-- "),
        GOOD.replace(ORIGIN.encode(), b"a+b"),
        TEXT.encode() + "\n— name AAAA\n".encode(),
        TEXT.encode() + "\n— name AAAAAAB=\n".encode(),
        TEXT.encode() + b"\n" + "— name AAAAAAAA\n".encode() * 101,
        b"x" * (1 << 21),
    ],
)
def test_other_notes_are_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_note(data)
    assert caught.value.code == "checkpoint_malformed"


@given(st.binary(max_size=300))
def test_whatever_comes_ends_in_our_error(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_note(data + b"\x00")


def refused(note: Note) -> str:
    with pytest.raises(IntegrityError) as caught:
        verify_note(note, VERIFIER)
    return caught.value.code


def test_signatures_that_do_not_count() -> None:
    stranger = MemoryNoteKey()
    same_id = replace(signature(stranger), key_id=VERIFIER.key_id)
    same_name_other_id = signature(stranger)
    assert refused(Note("other\n", (signature(),))) == "note_signature_invalid"
    assert refused(Note(TEXT, (same_id,))) == "note_signature_invalid"
    assert refused(Note(TEXT, (same_name_other_id,))) == "note_signature_invalid"
    assert refused(Note(TEXT, ())) == "note_signature_invalid"
    junk = replace(signature(), value=b"junk")
    assert refused(Note(TEXT, (junk,))) == "note_signature_invalid"


def test_a_good_signature_beside_a_bad_one_of_the_same_key_is_refused() -> None:
    bad = replace(signature(), value=KEY.sign(b"something else"))
    assert refused(Note(TEXT, (signature(), bad))) == "note_signature_invalid"
    assert refused(Note(TEXT, (bad, signature()))) == "note_signature_invalid"


def test_signatures_of_others_are_passed_over() -> None:
    witness = NoteSignature("witness.example", b"\x01\x02\x03\x04", b"whatever")
    verify_note(Note(TEXT, (witness, signature())), VERIFIER)
