"""Receipts (c2sp.org/tlog-proof@v1): one text that proves an entry without the ledger.

It holds the entry's index, its path to the root, and the checkpoint with the signatures under it.
What the specification leaves to us (``extra``) is canonical JSON: the entry's bytes, or its leaf
hash where they are not for the holder, and the time-stamps over the checkpoint. Nothing in it is
believed for standing there: the leaf has to lead to the signed root, the time-stamps have their own
signatures; their checksums are against damage, not against anybody.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from antin.core import canonical
from antin.core.canonical import Json, JsonObject
from antin.core.digests import sha256_hex
from antin.core.errors import AntinError, InputError
from antin.core.limits import MAX_ENTRY_BYTES, MAX_TIMESTAMP_BYTES
from antin.ledger.checkpoints.checkpoint import parse_checkpoint
from antin.ledger.tree.merkle import HASH_BYTES, leaf_hash

HEADER: Final = "c2sp.org/tlog-proof@v1"
SUFFIX: Final = ".tlog-proof"
MAX_PATH: Final = 63
MAX_TOKENS: Final = 20
MAX_RECEIPT_BYTES: Final = 4 << 20
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")
_EXTRA: Final = re.compile(r"extra ([A-Za-z0-9+/]+={0,2})")
_HASH_LINE: Final = re.compile(r"[A-Za-z0-9+/]{43}=")
_LEAF: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Receipt:
    """A receipt taken apart; nothing in it is verified yet."""

    index: int
    path: tuple[bytes, ...]
    note: bytes
    """The checkpoint, with cosignatures."""
    entry: bytes | None = None
    leaf: bytes | None = None
    """Of the entry, where its bytes are not there."""
    tokens: tuple[bytes, ...] = ()
    """RFC 3161 tokens over the checkpoint, oldest first; see ``anchors``."""

    @property
    def claimed_leaf(self) -> bytes | None:
        """The leaf hash that is to be proven; None: the receipt does not say."""
        return self.leaf if self.entry is None else leaf_hash(self.entry)


def write_receipt(receipt: Receipt) -> bytes:
    """Return the receipt's text."""
    extra = _write_extra(receipt)
    lines = [HEADER, *extra, f"index {receipt.index}"]
    lines += [base64.b64encode(one).decode() for one in receipt.path]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + receipt.note


def parse_receipt(data: bytes) -> Receipt:
    """Take a receipt apart, strictly: what is written again is what was read.

    Errors: ``receipt_malformed``, ``checkpoint_malformed``.
    """
    if len(data) > MAX_RECEIPT_BYTES:
        raise _malformed(f"it has more than {MAX_RECEIPT_BYTES} bytes")
    head, separator, note = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise _malformed("its first lines are not ASCII") from error
    if not separator or first != HEADER:
        raise _malformed(f"it does not begin with {HEADER} and go on with a checkpoint")
    parse_checkpoint(note)
    extra = _EXTRA.fullmatch(lines[0]) if lines else None
    told = _read_extra(_base64(extra[1])) if extra else _Extra()
    rest = lines[1:] if extra else lines
    index = _INDEX.fullmatch(rest[0]) if rest else None
    if index is None:
        raise _malformed("it names no index")
    if len(rest) - 1 > MAX_PATH:
        raise _malformed(f"its path has more than {MAX_PATH} hashes")
    path = tuple(map(_hash, rest[1:]))
    receipt = Receipt(int(index[1]), path, note, told.entry, told.leaf, told.tokens)
    if write_receipt(receipt) != data:
        raise _malformed("it is not in the form that it is written in")
    return receipt


def _write_extra(receipt: Receipt) -> list[str]:
    told: dict[str, Json] = {}
    if receipt.entry is not None:
        told["entry"] = base64.b64encode(receipt.entry).decode()
    elif receipt.leaf is not None:
        told["leaf"] = receipt.leaf.hex()
    if receipt.tokens:
        told["timestamps"] = [
            {"sha256": sha256_hex(one), "token": base64.b64encode(one).decode()}
            for one in receipt.tokens
        ]
    if not told:
        return []
    return [f"extra {base64.b64encode(canonical.dumps({'v': 1, **told})).decode()}"]


class _Extra(NamedTuple):
    entry: bytes | None = None
    leaf: bytes | None = None
    tokens: tuple[bytes, ...] = ()


def _read_extra(data: bytes) -> _Extra:
    """Return what stands in ``extra``. Error: ``receipt_malformed``."""
    try:
        told = dict(canonical.loads_object(data))
    except AntinError as error:
        raise _malformed("its extra line is not of ours") from error
    if told.pop("v", None) != 1 or not set(told) <= {"entry", "leaf", "timestamps"}:
        raise _malformed("its extra line is of another version")
    return _Extra(
        _base64(told["entry"], MAX_ENTRY_BYTES) if "entry" in told else None,
        _leaf(told["leaf"]) if "leaf" in told else None,
        _tokens(told["timestamps"]) if "timestamps" in told else (),
    )


def _tokens(value: Json) -> tuple[bytes, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_TOKENS:
        raise _malformed("its time-stamps are no list")
    return tuple(map(_token, value))


def _token(value: Json) -> bytes:
    told: JsonObject = value if isinstance(value, dict) else {}
    token = _base64(told.get("token"), MAX_TIMESTAMP_BYTES)
    if sha256_hex(token) != told.get("sha256"):
        raise _malformed("a time-stamp in it is damaged")
    return token


def _leaf(value: Json) -> bytes:
    if not isinstance(value, str) or not _LEAF.fullmatch(value):
        raise _malformed("its leaf is no SHA-256")
    return bytes.fromhex(value)


def _hash(line: str) -> bytes:
    if not _HASH_LINE.fullmatch(line):
        raise _malformed("a line of its path is no SHA-256 in base64")
    value = _base64(line)
    if len(value) != HASH_BYTES:
        raise _malformed("a line of its path is no SHA-256")
    return value


def _base64(value: Json, limit: int = MAX_RECEIPT_BYTES) -> bytes:
    """Decode the one base64 text that these bytes have."""
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError) as error:
        raise _malformed("its base64 is malformed") from error
    if not 0 < len(data) <= limit or base64.b64encode(data).decode() != value:
        raise _malformed("its base64 is malformed")
    return data


def _malformed(detail: str) -> InputError:
    return InputError("receipt_malformed", detail=detail)
