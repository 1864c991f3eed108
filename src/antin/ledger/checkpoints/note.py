"""Signed notes (c2sp.org/signed-note): a text, an empty line, one line for each signature.

Keys are ECDSA P-256 (type 0x02: DER signature over the text's SHA-256; key id = SHA-256 of the
DER SubjectPublicKeyInfo, first four bytes), Ed25519 (type 0x01), or Ed25519 of a witness (type
0x04, c2sp.org/tlog-cosignature: the time in front of the signature is signed with the text).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from antin.core.errors import InputError, IntegrityError

ED25519: Final = 0x01
ECDSA: Final = 0x02
COSIGNATURE: Final = 0x04
KEY_ID_BYTES: Final = 4
TIME_BYTES: Final = 8
"""In front of a cosignature: seconds since 1970, big-endian."""
MAX_NOTE_BYTES: Final = 1 << 20
MAX_SIGNATURES: Final = 100

_DASH: Final = "— "
_SIGNATURE_LINE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_KEY_NAME: Final = re.compile(r"[^\s+]+")
_VERIFIER_KEY: Final = re.compile(r"([^\s+\ud800-\udfff]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
"""A name has bytes: what a command line that is no UTF-8 turns into lone surrogates is none."""


@dataclass(frozen=True)
class NoteSignature:
    """One signature line."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True)
class Note:
    """A note taken apart; nothing in it is verified yet."""

    text: str
    """Ends with a line feed; this is what is signed."""
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True)
class NoteVerifier:
    """A key that notes are checked with."""

    name: str
    kind: int
    key: bytes
    """DER SubjectPublicKeyInfo for ECDSA, 32 raw bytes for either kind of Ed25519."""

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that signatures name this key by."""
        if self.kind == ECDSA:
            return ecdsa_key_id(self.key)
        material = self.name.encode() + b"\n" + bytes([self.kind]) + self.key
        return hashlib.sha256(material).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """Return the verifier key in its text form ``name+hexid+base64``."""
        material = base64.b64encode(bytes([self.kind]) + self.key).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"


def ecdsa_key_id(public_key: bytes) -> bytes:
    """Return the id of a P-256 key, given as DER SubjectPublicKeyInfo."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES]


def ecdsa_verifier(name: str, public_key: bytes) -> NoteVerifier:
    """Return the verifier of a P-256 key. Error: ``checkpoint_malformed`` if it is none."""
    if not _KEY_NAME.fullmatch(name):
        raise _malformed("the key's name is empty or holds a space or a plus")
    _p256(public_key)
    return NoteVerifier(name, ECDSA, public_key)


def verifier_of(name: str, public_key: bytes) -> NoteVerifier:
    """Return the verifier of a P-256 or Ed25519 key, given as DER SubjectPublicKeyInfo.

    Error: ``checkpoint_malformed`` for any other key.
    """
    key = _public_key(public_key)
    if not isinstance(key, ed25519.Ed25519PublicKey):
        return ecdsa_verifier(name, public_key)
    if not _KEY_NAME.fullmatch(name):
        raise _malformed("the key's name is empty or holds a space or a plus")
    return NoteVerifier(name, ED25519, key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def is_verifier(text: str) -> bool:
    """Tell whether ``text`` has the form ``name+hexid+base64``."""
    return _VERIFIER_KEY.fullmatch(text.strip()) is not None


def parse_verifier(text: str) -> NoteVerifier:
    """Return the key of ``name+hexid+base64``. Error: ``checkpoint_malformed``."""
    match = _VERIFIER_KEY.fullmatch(text.strip())
    if not match:
        raise _malformed("the verifier key is not of the form name+id+key")
    material = _base64(match[3])
    if not material or material[0] not in {ED25519, ECDSA, COSIGNATURE}:
        raise _malformed("the verifier key is of an unknown type")
    verifier = NoteVerifier(match[1], material[0], material[1:])
    if verifier.kind == ECDSA:
        _p256(verifier.key)
    elif len(verifier.key) != 32:
        raise _malformed("the verifier key is no Ed25519 key")
    if verifier.key_id.hex() != match[2]:
        raise _malformed("the verifier key's id is not that of its key")
    return verifier


def parse_log_key(text: str) -> NoteVerifier:
    """Return a key that a log signs with, as :func:`parse_verifier` does; a witness's is none."""
    verifier = parse_verifier(text)
    if verifier.kind == COSIGNATURE:
        raise _malformed(f"{verifier.name} is a witness, not a log")
    return verifier


def parse_note(data: bytes) -> Note:
    """Take a note apart, strictly. Error: ``checkpoint_malformed``."""
    if len(data) > MAX_NOTE_BYTES:
        raise _malformed("it is too large")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise _malformed("it is no UTF-8 text") from error
    if any(char < " " and char != "\n" for char in whole):
        raise _malformed("it holds control characters")
    # The last empty line parts text and signatures: a signature line is never empty.
    text, separator, lines = whole.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise _malformed("it has no signatures")
    return Note(text + "\n", _signatures(lines))


def write_note(text: str, signatures: tuple[NoteSignature, ...]) -> bytes:
    """Return the note's bytes; ``text`` ends with a line feed."""
    return f"{text}\n{''.join(map(write_signature, signatures))}".encode()


def write_signature(one: NoteSignature) -> str:
    """Return a signature as its line, with the line feed."""
    return f"{_DASH}{one.name} {base64.b64encode(one.key_id + one.value).decode()}\n"


def parse_signatures(data: bytes) -> tuple[NoteSignature, ...]:
    """Return signature lines that come without their note. Error: ``checkpoint_malformed``."""
    try:
        lines = data.decode()
    except UnicodeDecodeError as error:
        raise _malformed("it is no UTF-8 text") from error
    if len(data) > MAX_NOTE_BYTES or not lines.endswith("\n"):
        raise _malformed("it is too large, or its last line does not end")
    return _signatures(lines)


def verify_note(note: Note, verifier: NoteVerifier) -> None:
    """Raise ``note_signature_invalid`` unless ``verifier``'s key signed the note.

    1. Lines of other keys prove nothing and are passed over, whatever name they carry.
    2. Every line of this key must be right: a good one beside a bad one is somebody's game.
    3. There must be one.
    """
    own = own_signatures(note, verifier)
    for signature in own:
        _check(verifier, signature.value, note.text)
    if not own:
        raise _invalid(verifier, "it has no signature of this key")


def own_signatures(note: Note, verifier: NoteVerifier) -> tuple[NoteSignature, ...]:
    """Return the lines that say to be of this key: name and key id are the key's."""
    named = (verifier.name, verifier.key_id)
    return tuple(one for one in note.signatures if (one.name, one.key_id) == named)


def cosigned_message(seconds: int, text: str) -> bytes:
    """Return what a witness signs: the text under the time (tlog-cosignature)."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _check(verifier: NoteVerifier, value: bytes, text: str) -> None:
    message = text.encode()
    try:
        if verifier.kind == ECDSA:
            _p256(verifier.key).verify(value, message, ec.ECDSA(hashes.SHA256()))
            return
        if verifier.kind == COSIGNATURE:
            # A time beyond 2^63 - 1 is none; what is too short for one has no signature either.
            seconds, value = int.from_bytes(value[:TIME_BYTES], "big"), value[TIME_BYTES:]
            if seconds >= 1 << 63:
                raise _invalid(verifier, "a signature of this key tells no time")
            message = cosigned_message(seconds, text)
        ed25519.Ed25519PublicKey.from_public_bytes(verifier.key).verify(value, message)
    except (InvalidSignature, ValueError) as error:
        raise _invalid(verifier, "a signature of this key is wrong") from error


def _public_key(der: bytes) -> object:
    try:
        return load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _malformed("the public key is unreadable") from error


def _p256(der: bytes) -> ec.EllipticCurvePublicKey:
    key = _public_key(der)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _malformed("the public key is none on the curve P-256")
    return key


def _signatures(lines: str) -> tuple[NoteSignature, ...]:
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise _malformed("it has too many signatures")
    return signatures


def _signature(line: str) -> NoteSignature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if not match:
        raise _malformed("a signature line is malformed")
    value = _base64(match[2])
    if len(value) <= KEY_ID_BYTES:
        raise _malformed("a signature line is too short")
    return NoteSignature(match[1], value[:KEY_ID_BYTES], value[KEY_ID_BYTES:])


def _base64(text: str) -> bytes:
    """Decode the one base64 text that these bytes have."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _malformed("its base64 is malformed") from error
    if base64.b64encode(data).decode() != text:
        raise _malformed("its base64 is not canonical")
    return data


def _malformed(detail: str) -> InputError:
    return InputError("checkpoint_malformed", detail=detail)


def _invalid(verifier: NoteVerifier, detail: str) -> IntegrityError:
    return IntegrityError("note_signature_invalid", key=verifier.name, detail=detail)
