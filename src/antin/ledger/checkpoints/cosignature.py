"""Cosignatures of witnesses (c2sp.org/tlog-cosignature, Ed25519: ``cosignature/v1``).

A cosignature says: at this time, this was the largest tree of that log that the witness had seen,
and it goes on from all that the witness had seen before.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from antin.core.errors import InputError, IntegrityError
from antin.ledger.checkpoints.note import (
    COSIGNATURE,
    ED25519,
    TIME_BYTES,
    Note,
    NoteSignature,
    NoteVerifier,
    cosigned_message,
    own_signatures,
    parse_note,
    parse_signatures,
    parse_verifier,
    verify_note,
    write_note,
)

CLOCK_SKEW: Final = 600
"""Seconds that a witness's clock and ours may differ."""


def parse_witness(text: str) -> NoteVerifier:
    """Return a witness's key from ``name+hexid+base64``. Error: ``checkpoint_malformed``.

    Public lists give witnesses as plain Ed25519 keys, too: the key is the same, its use here is
    another one, so its id is.
    """
    verifier = parse_verifier(text)
    if verifier.kind == ED25519:
        return replace(verifier, kind=COSIGNATURE)
    if verifier.kind != COSIGNATURE:
        raise InputError("checkpoint_malformed", detail="the key is none of a witness")
    return verifier


def cosign(
    text: str, seconds: int, verifier: NoteVerifier, sign: Callable[[bytes], bytes]
) -> NoteSignature:
    """Return the cosignature over a checkpoint's text; ``sign`` is Ed25519 by that key."""
    value = sign(cosigned_message(seconds, text))
    stamped = seconds.to_bytes(TIME_BYTES, "big") + value
    return NoteSignature(verifier.name, verifier.key_id, stamped)


def cosigned_at(note: Note, verifier: NoteVerifier) -> int:
    """Return when the witness cosigned the note, in seconds since 1970: the earliest it says.

    Every line of this key must be right. Error: ``note_signature_invalid``.
    """
    verify_note(note, verifier)
    stamps = (one.value[:TIME_BYTES] for one in own_signatures(note, verifier))
    return min(int.from_bytes(stamp, "big") for stamp in stamps)


def accept_answer(
    note: bytes, answer: bytes, verifier: NoteVerifier, now: int
) -> tuple[NoteSignature, ...]:
    """Return the cosignature in a witness's answer that is this witness's over this checkpoint.

    1. Lines of other keys are dropped, whatever name they carry: nobody here can check them.
    2. Every line of this key is right, and there is one.
    3. It was made now: a witness that tells another time proves none.
    4. One of them is kept, the earliest: with many, a witness could fill the note up to where
       nobody reads it any more.

    Errors: ``checkpoint_malformed``, ``note_signature_invalid``.
    """
    given = Note(parse_note(note).text, parse_signatures(answer))
    seconds = cosigned_at(given, verifier)
    if abs(seconds - now) > CLOCK_SKEW:
        detail = f"its time is off by {seconds - now} s from our clock"
        raise IntegrityError("note_signature_invalid", key=verifier.name, detail=detail)
    stamp = seconds.to_bytes(TIME_BYTES, "big")
    own = own_signatures(given, verifier)
    return tuple(one for one in own if one.value.startswith(stamp))[:1]


def with_cosignatures(note: bytes, lines: Sequence[str]) -> bytes:
    """Return a checkpoint with the kept lines of witnesses under its log's signature."""
    parsed = parse_note(note)
    added = parse_signatures("".join(lines).encode()) if lines else ()
    return write_note(parsed.text, (*parsed.signatures, *added))
