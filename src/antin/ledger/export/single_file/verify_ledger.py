#!/usr/bin/env python3
# Part of Antin. SPDX-License-Identifier: GPL-3.0-or-later
"""Check an exported Antin ledger; needs Python 3.11 or newer and "cryptography".

    python verify_ledger.py [DIR] [--key VKEY] [--against OLD] [--witness KEY]
                            [--jobs N] [--format text|json]

What is checked, everything computed again from the bytes of the entries:

1. the signatures of the newest checkpoint and of every older one, by the
   ledger's key;
2. each entry's form, byte by byte; each stream's chain (n, prev); no request
   twice;
3. the hash tree over all entries (RFC 6962): its root is the signed one, at
   every checkpoint;
4. every tile and bundle (c2sp.org/tlog-tiles), every line of entries.jsonl and
   checkpoints.jsonl;
5. facts against the entries' commitments, where they were exported, and those
   that are not there against the entries that say who erased them;
6. time-stamps (RFC 3161): what they stamp, and their signature by the
   certificate inside them that it is for;
7. cosignatures of the witnesses whose keys are given by --witness;
8. that no file is missing, half-written or too many.

What is NOT checked: whether a time-stamping authority is to be believed (its
certificate's chain, revocation, purpose); cosignatures of other witnesses;
README.txt; what the facts say. And without --key the ledger's key is the one
inside the export: then all fits together, but whoever forged the folder could
have made the key. That is never called passed.

Exit codes: 0 all passed; 1 something failed; 2 wrong usage; 3 could not be
determined; 4 nothing to check; 5 unreadable.
"""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # Beside this program lies what somebody exported: no module is looked for there.
    del sys.path[0]

import argparse
import base64
import binascii
import bisect
import concurrent.futures
import hashlib
import json
import os
import re
import signal
import stat
import textwrap
import unicodedata
import zlib
from array import array
from collections import deque
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from typing import BinaryIO

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

SENTENCES = {
    "export_file_missing": "{file} is missing in the export.",
    "export_file_extra": "{file} is, or goes on with, what this export does not hold: unchecked.",
    "export_file_unreadable": "{file} cannot be read: {reason}.",
    "export_line_altered": "Line {line} of {file} is not what it has to be: {reason}.",
    "export_key_altered": "key.vkey is not the key that was given.",
    "export_program_differs": "verify_ledger.py in the export is not the program that runs here.",
    "key_unconfirmed": "The key came with the export; get it another way and give it as --key.",
    "tile_altered": "{file} does not hold the hashes that the entries give.",
    "entry_unreadable": "Entry {index} is not of the form of an entry.",
    "stream_broken": "Entry {index} does not continue the stream {stream}: its {column} is "
    "{found}, the entry before it asks for {expected}.",
    "request_repeated": "Entry {index} repeats the request {request}.",
    "loss_declared": "Entry {index} declares entries lost for which the ledger had signed; "
    "checkpoints kept from before show it to be another history.",
    "payload_altered": "The facts that entry {index} commits to were altered.",
    "payload_missing": "The facts that entry {index} commits to are not there, and no entry says "
    "that they were erased.",
    "payload_erased": "The facts of {count} entries ({indexes}) were erased, authorised by entry "
    "{by} of {actor}.",
    "redactions_more": "{count} more entries say which facts were erased.",
    "redaction_unmet": "Entry {index} says that the facts of entry {named} were erased; they are "
    "there.",
    "redaction_wrong": "Entry {index} says that the facts of entry {named} were erased, which it "
    "cannot have done: {reason}.",
    "redaction_unreadable": "What entry {index} says of erasing is lost: {reason}.",
    "checkpoint_unreadable": "The checkpoint of {size} entries cannot be read: {reason}.",
    "checkpoint_signature_invalid": "The checkpoint of {size} entries is not validly signed by "
    "the ledger's key: {reason}.",
    "checkpoint_of_another_ledger": "The checkpoint of {size} entries is of the ledger {found}, "
    "not of {expected}.",
    "checkpoint_root_mismatch": "The first {size} entries are not those that were signed for: "
    "the signed root is {expected}, they give {found}.",
    "checkpoint_beyond_entries": "A checkpoint covers {size} entries, the export holds {found}.",
    "checkpoint_missing": "The checkpoint of {size} entries is missing in checkpoints.jsonl.",
    "cosignature_invalid": "The cosignature of {witness} that is kept for the checkpoint of "
    "{size} entries is wrong: {reason}.",
    "cosignature_seen": "The witness {witness} cosigned the first {size} entries at {time}, and no "
    "more in this export.",
    "cosignature_none": "No checkpoint in the export is cosigned by the witness {witness}.",
    "timestamp_invalid": "Time-stamp {number} of the checkpoint of {size} entries is wrong: "
    "{reason}.",
    "timestamps_unjudged": "{count} time-stamps hold by themselves; whether their authorities are "
    "to be believed is not judged here.",
}
SEVERITIES = {
    "cosignature_none": "warning",
    "cosignature_seen": "info",
    "export_file_extra": "warning",
    "key_unconfirmed": "warning",
    "loss_declared": "warning",
    "payload_missing": "warning",
    "export_program_differs": "info",
    "payload_erased": "info",
    "redactions_more": "info",
    "timestamps_unjudged": "info",
}
"""Of what weighs less than an error."""
EXITS = {"TOTAL-PASSED": 0, "TOTAL-FAILED": 1, "INDETERMINATE": 3, "NOTHING-TO-CHECK": 4}
VERDICTS = {
    "TOTAL-PASSED": "everything passed / đạt hết",
    "TOTAL-FAILED": "SOMETHING FAILED / CÓ SAI",
    "INDETERMINATE": "nothing failed, but not all could be determined / chưa xác định được hết",
    "NOTHING-TO-CHECK": "nothing to check / không có gì để kiểm tra",
}

COLUMNS = 80
MOST_FINDINGS = 1000
MOST_SHOWN = 200
WIDTH = 256
HASH = 32
MOST_JOBS = 64
CHUNK = 64
"""Bundles that one process checks at a time."""
MOST_ENTRY = 64 << 10
MOST_BUNDLE = WIDTH * (2 + MOST_ENTRY)
MOST_NOTE = 1 << 20
MOST_CHECKPOINT_LINE = 2 * MOST_NOTE
MOST_LINE = 16 << 20
TILE = re.compile(
    r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/[0-9]{1,3})?", re.ASCII
)
STAMP = re.compile(r"timestamps/(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,5})\.tsr")
MOST_TOKEN = 256 << 10
MOST_INT = 2**53
DEEPEST = 12
"""Folders within folders: more than any tile has."""
KEY_TEXT = re.compile(r"([^\s+\ud800-\udfff]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
LAST_SECOND = 253_402_300_799
"""Of the year 9999."""
LOSS = b'{"action":"ledger.recovered",'
PAYLOAD_TAG = b"antin-ledger-payload/1\n"
SALT_AND_FACTS = re.compile(
    rb'"salt":(?:null,"payload":null|"((?:[0-9a-f]{2})*)","payload":(".*"))\}\n', re.DOTALL
)
REDACTS = b'{"action":"redact",'
MOST_REDACTED = 1000
MOST_REDACTION = 256 << 10
MOST_TOLD = 256 << 20
"""Bytes of facts about erasing that are kept of a part."""
REDACTIONS_SHOWN = 100
TOP_FILES = (
    "checkpoint",
    "checkpoints.jsonl",
    "entries.jsonl",
    "key.vkey",
    "README.txt",
    "verify_ledger.py",
)

# Canonical JSON has one text for one value, so an entry has one form; nothing in it is escaped.
ENTRY = re.compile(
    rb'^\{"action":"(?=[a-z0-9_.]{1,64}")[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*",'
    rb'"actor":"[A-Za-z0-9._:-]{1,64}","n":(0|[1-9][0-9]{0,15}),"payload":"([0-9a-f]{64})",'
    rb'"prev":(?:null|"([0-9a-f]{64})"),"req":"([A-Za-z0-9._:/-]{1,160})#(0|[1-9][0-9]{0,8})",'
    rb'"stream":"((?:record|document|agency)/[A-Za-z0-9._-]{1,64})","ts":(0|[1-9][0-9]{0,15}),'
    rb'"v":1\}$',
    re.MULTILINE,
)


Value = int | str | bytes
Finding = tuple[str, str, dict[str, int | str]]
"""Code, severity, values."""
Row = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]
"""n, payload, prev, request, ordinal, stream and time of an entry, as they stand in it."""
Job = tuple[str, int, int, int, list[int], bool | None]
"""Folder, first bundle, bundle after the last, size, sizes that were signed, facts or not."""
Der = tuple[int, int, int, int]
"""Tag, start, begin and end of contents."""


class Unreadable(Exception):
    """What was handed in cannot be read; the text says why."""


# --- findings ---------------------------------------------------------------------------------


class Findings:
    """What was found: a bounded number, in which errors push out what weighs less."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.left_off = 0

    def add(self, code: str, **values: Value) -> None:
        severity = SEVERITIES.get(code, "error")
        self.take(code, severity, {name: shown(value) for name, value in values.items()})

    def take(self, code: str, severity: str, values: "dict[str, int | str]") -> None:
        if len(self.found) >= MOST_FINDINGS:
            self.left_off += 1
            if severity != "error" or self.failed():
                return
            self.found.pop()
        self.found.append((code, severity, values))

    def join(self, found: "list[Finding]", left_off: int) -> None:
        for one in found:
            self.take(*one)
        self.left_off += left_off

    def failed(self) -> bool:
        return any(severity == "error" for _, severity, _ in self.found)

    def weaker(self) -> bool:
        return self.left_off > 0 or any(severity == "warning" for _, severity, _ in self.found)


def shown(value: Value) -> "int | str":
    if isinstance(value, int):
        return value
    text = value if isinstance(value, str) else value.decode("ascii", "replace")
    text = text.encode(errors="replace").decode()
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…"


# --- files ------------------------------------------------------------------------------------


def read_file(folder: str, name: str, limit: int) -> "bytes | None":
    """Return a plain file's bytes, None if it is not there; raises Unreadable."""
    flags = os.O_RDONLY
    for more in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, more, 0)
    try:
        fd = os.open(os.path.join(folder, name), flags)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise Unreadable("it is a link or cannot be opened") from error
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        os.close(fd)
        raise Unreadable("it is no plain file")
    with os.fdopen(fd, "rb") as file:
        if found.st_size > limit:
            raise Unreadable("it is too large")
        return file.read(limit)


def open_lines(folder: str, name: str) -> "BinaryIO | None":
    """Open a file of lines, None if it is not there; raises Unreadable."""
    path = os.path.join(folder, name)
    try:
        kind = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(kind):
        raise Unreadable("it is no plain file")
    try:
        return open(path, "rb")
    except OSError as error:
        raise Unreadable("it cannot be opened") from error


def tile_path(level: "int | str", index: int, width: int) -> str:
    path = f"{index % 1000:03d}"
    rest = index // 1000
    while rest:
        path = f"x{rest % 1000:03d}/{path}"
        rest //= 1000
    return f"tile/{level}/{path}" + (f".p/{width}" if width < WIDTH else "")


def is_tile_of(name: str, size: int) -> bool:
    """Tell whether a tree of this size has such a tile or bundle, as wide as that."""
    match = TILE.fullmatch(name)
    if not match:
        return False
    level = match[1] if match[1] == "entries" else int(match[1])
    index = int(re.sub("[x/]", "", match[2]))
    there = size if level == "entries" else size >> 8 * int(level)
    width = min(WIDTH, there - index * WIDTH)
    return width > 0 and tile_path(level, index, width) == name


# --- the tree (RFC 6962 §2.1) -----------------------------------------------------------------


def leaf_hashes(entries: "list[bytes]") -> "list[bytes]":
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + data).digest() for data in entries]


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def full_root(nodes: "list[bytes]") -> bytes:
    """Return the root above 2^n nodes."""
    sha256 = hashlib.sha256
    while len(nodes) > 1:
        pairs = iter(nodes)
        nodes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs)]
    return nodes[0]


class Tree:
    """A growing tree as its full subtrees: (leaves, hash), larger ones first."""

    def __init__(self) -> None:
        self.size = 0
        self.parts: list[tuple[int, bytes]] = []

    def push(self, count: int, root: bytes) -> None:
        """Add a full subtree of ``count`` leaves, whose place it must fit."""
        while self.parts and self.parts[-1][0] == count:
            root = node(self.parts.pop()[1], root)
            count *= 2
        self.parts.append((count, root))
        self.size = sum(part[0] for part in self.parts)

    def grow(self, leaves: "list[bytes]") -> None:
        """Add leaves: at most a tile's."""
        for leaf in leaves:
            self.push(1, leaf)

    def copy(self) -> "Tree":
        other = Tree()
        other.size, other.parts = self.size, list(self.parts)
        return other

    def root(self) -> bytes:
        if not self.parts:
            return hashlib.sha256().digest()
        value = self.parts[-1][1]
        for _, left in reversed(self.parts[:-1]):
            value = node(left, value)
        return value


# --- signed notes (c2sp.org/signed-note, tlog-checkpoint) -------------------------------------


class Key:
    """A verifier key, name+id+base64: ECDSA P-256 (type 2) or Ed25519 (type 1)."""

    def __init__(self, text: str) -> None:
        match = KEY_TEXT.fullmatch(text.strip())
        if not match:
            raise Unreadable("the key is not of the form name+id+key")
        self.text = text.strip()
        self.name = match[1]
        material = base64_of(match[3])
        kind, raw = material[:1], material[1:]
        try:
            if kind == b"\x02":
                self.key: object = load_der_public_key(raw)
                self.id = hashlib.sha256(raw).digest()[:4]
            elif kind == b"\x01":
                self.key = ed25519.Ed25519PublicKey.from_public_bytes(raw)
                self.id = hashlib.sha256(self.name.encode() + b"\n\x01" + raw).digest()[:4]
            else:
                raise Unreadable("the key is of an unknown type")
        except (ValueError, UnsupportedAlgorithm) as error:
            raise Unreadable("the key cannot be read") from error
        if isinstance(self.key, ec.EllipticCurvePublicKey):
            usable = isinstance(self.key.curve, ec.SECP256R1)
        else:
            usable = isinstance(self.key, ed25519.Ed25519PublicKey)
        if not usable or self.id.hex() != match[2]:
            raise Unreadable("the key is of an unknown type, or its id is not its own")

    def signed(self, value: bytes, message: bytes) -> bool:
        try:
            if isinstance(self.key, ec.EllipticCurvePublicKey):
                self.key.verify(value, message, ec.ECDSA(hashes.SHA256()))
            elif isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(value, message)
            else:
                return False
        except (InvalidSignature, ValueError):
            return False
        return True


class Witness:
    """A witness's key, name+id+base64: Ed25519 for cosigning (type 4), or given as type 1."""

    def __init__(self, text: str) -> None:
        match = KEY_TEXT.fullmatch(text.strip())
        material = base64_of(match[3]) if match else b""
        if match is None or material[:1] not in {b"\x01", b"\x04"} or len(material) != 33:
            raise Unreadable("the key is none of a witness")
        self.name = match[1]
        head = self.name.encode() + b"\n"
        if hashlib.sha256(head + material).digest()[:4].hex() != match[2]:
            raise Unreadable("the witness's key has another id")
        self.id = hashlib.sha256(head + b"\x04" + material[1:]).digest()[:4]
        self.key = ed25519.Ed25519PublicKey.from_public_bytes(material[1:])

    def cosigned_at(self, said: "Checkpoint") -> "int | None":
        """Return the earliest second that its lines tell, None without one; raises Unreadable."""
        times = []
        for _, name, key_id, value in said.signatures:
            if (name, key_id) != (self.name, self.id):
                continue
            seconds = int.from_bytes(value[:8], "big")
            if seconds >= 1 << 63:
                raise Unreadable("a signature of this key tells no time")
            message = f"cosignature/v1\ntime {seconds}\n{said.text}".encode()
            try:
                self.key.verify(value[8:], message)
            except (InvalidSignature, ValueError) as error:
                raise Unreadable("a signature of this key is wrong") from error
            times.append(seconds)
        return min(times, default=None)


class Cosignatures:
    """What witnesses cosigned of the checkpoints that the ledger signed."""

    def __init__(self, witnesses: "list[Witness]", found: Findings) -> None:
        self.witnesses = {(one.name, one.id): one for one in witnesses}
        self.found = found
        self.seen: dict[tuple[str, bytes], tuple[int, int]] = {}
        self.before = b""

    def take(self, said: "Checkpoint", note: bytes) -> None:
        if note == self.before:
            return
        self.before = note
        for name, witness in self.witnesses.items():
            try:
                seconds = witness.cosigned_at(said)
            except Unreadable as error:
                self.found.add(
                    "cosignature_invalid", size=said.size, witness=name[0], reason=str(error)
                )
                continue
            if seconds is not None and said.size >= self.seen.get(name, (0, 0))[0]:
                self.seen[name] = (said.size, seconds)

    def finish(self) -> None:
        for name in self.witnesses:
            if name not in self.seen:
                self.found.add("cosignature_none", witness=name[0])
                continue
            size, seconds = self.seen[name]
            moment = datetime.fromtimestamp(min(seconds, LAST_SECOND), UTC)
            self.found.add("cosignature_seen", witness=name[0], size=size, time=moment.isoformat())


def base64_of(text: str) -> bytes:
    """Decode the one base64 text that these bytes have."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Unreadable("base64 is malformed") from error
    if base64.b64encode(data).decode() != text:
        raise Unreadable("base64 is not canonical")
    return data


class Checkpoint:
    """A signed note: origin, size, root, signature lines."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MOST_NOTE:
            raise Unreadable("it is too large")
        try:
            whole = data.decode()
        except UnicodeDecodeError as error:
            raise Unreadable("it is no UTF-8 text") from error
        if any(char < " " and char != "\n" for char in whole):
            raise Unreadable("it holds control characters")
        text, separator, lines = whole.rpartition("\n\n")
        if not separator or not lines.endswith("\n"):
            raise Unreadable("it has no signatures")
        self.text = text + "\n"
        self.signatures = [signature_line(line) for line in lines[:-1].split("\n")]
        if len(self.signatures) > 100:
            raise Unreadable("it has too many signatures")
        head = text.split("\n")
        if len(head) < 3 or not head[0] or "" in head[3:]:
            raise Unreadable("it has no origin, size and root")
        if not re.fullmatch(r"0|[1-9][0-9]{0,18}", head[1]):
            raise Unreadable("its size is no decimal number")
        if not re.fullmatch(r"[A-Za-z0-9+/]{43}=", head[2]):
            raise Unreadable("its root is no SHA-256 in base64")
        self.origin, self.size, self.root = head[0], int(head[1]), base64_of(head[2])

    def own(self, key: Key) -> "tuple[list[tuple[str, bytes]], int]":
        """Return the lines of ``key``, and how many others there are."""
        own = [
            (line, value)
            for line, name, key_id, value in self.signatures
            if (name, key_id) == (key.name, key.id)
        ]
        return own, len(self.signatures) - len(own)

    def stamped(self, key: Key) -> bytes:
        """Return what is time-stamped: the note with the ledger's own signatures only."""
        lines = "".join(f"{line}\n" for line, _ in self.own(key)[0])
        return f"{self.text}\n{lines}".encode()


def signature_line(line: str) -> "tuple[str, str, bytes, bytes]":
    match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
    if not match:
        raise Unreadable("a signature line is malformed")
    value = base64_of(match[2])
    if len(value) <= 4:
        raise Unreadable("a signature line is too short")
    return line, match[1], value[:4], value[4:]


def open_checkpoint(
    data: bytes, key: Key, found: Findings, size: "int | str" = "?"
) -> "Checkpoint | None":
    """Return a checkpoint that ``key`` signed, None (and findings) otherwise."""
    try:
        said = Checkpoint(data)
    except Unreadable as error:
        found.add("checkpoint_unreadable", size=size, reason=str(error))
        return None
    if said.origin != key.name:
        found.add("checkpoint_of_another_ledger", size=size, expected=key.name, found=said.origin)
        return None
    own, _ = said.own(key)
    # A good signature beside a bad one of the same key is somebody's game.
    bad = any(not key.signed(value, said.text.encode()) for _, value in own)
    if bad or not own:
        reason = "a signature of this key is wrong" if bad else "it has no signature of this key"
        found.add("checkpoint_signature_invalid", size=size, reason=reason)
        return None
    if said.size == 0 and said.root != Tree().root():
        found.add("checkpoint_unreadable", size=size, reason="its root is none of an empty tree")
        return None
    return said


# --- a part of the entries, in a process of its own -------------------------------------------


class Part:
    """What checking some bundles gave; all that the other parts need of it."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.findings = Findings()
        self.broken = False
        """A bundle is not there: what follows from its entries can't be told."""
        self.roots: list[bytes] = []
        """Of full tiles; then ``rest``, the leaves of one that is not full."""
        self.rest: list[bytes] = []
        self.marks: list[tuple[int, int, list[bytes]]] = []
        """(size, roots before it, leaves after those) where a checkpoint was signed."""
        self.streams: dict[bytes, tuple[int, int, bytes]] = {}
        """stream: index, n and prev of its first entry here."""
        self.tips: dict[bytes, tuple[int, bytes]] = {}
        """stream: n and prev of the entry that goes on from here."""
        self.first: tuple[int, bytes, int] | None = None
        """Index, request and ordinal of the first entry."""
        self.last = (b"", -1)
        """Request and ordinal of the last one."""
        self.begun = array("Q")
        self.lines: tuple[int, int] | None = None
        """Where the part's lines begin and end in entries.jsonl."""
        self.told: list[tuple[int, bytes, bytes | None]] = []
        """Index, bytes and facts of entries without facts, and of those that tell of erasing."""


def check_part(job: "Job") -> Part:
    """Check the bundles from ``start`` up to ``stop``."""
    folder, start, stop, size, signed, with_payloads = job
    part = Part(start * WIDTH)
    marks = deque(signed)
    lines = Lines(folder, part, start * WIDTH, with_payloads)
    state = EntryState(part)
    for index in range(start, stop):
        width = min(WIDTH, size - index * WIDTH)
        entries = read_bundle(folder, index, width, part)
        if entries is None:
            part.broken = True
            lines.skip()
            continue
        leaves = leaf_hashes(entries)
        check_tile(folder, 0, index, leaves, part.findings)
        rows = check_bundle(entries, leaves, index * WIDTH, state)
        lines.check(entries, rows, index * WIDTH)
        while marks and marks[0] < index * WIDTH + width:
            mark = marks.popleft()
            part.marks.append((mark, len(part.roots), leaves[: mark - index * WIDTH]))
        if width == WIDTH:
            part.roots.append(full_root(leaves))
        else:
            part.rest = leaves
    part.tips, part.last = state.tips, state.request
    lines.finish()
    return part


def read_bundle(folder: str, index: int, width: int, part: Part) -> "list[bytes] | None":
    """Return the entries of a bundle, None (and a finding) if it is none."""
    name = tile_path("entries", index, width)
    try:
        data = read_file(folder, name, MOST_BUNDLE)
        if data is None:
            part.findings.add("export_file_missing", file=name)
            return None
        entries, at = [], 0
        for _ in range(width):
            begin = at + 2
            at = begin + int.from_bytes(data[at:begin], "big")
            entries.append(data[begin:at])
        if at != len(data):
            raise Unreadable(f"it has {len(data)} bytes, its entries {at}")
    except Unreadable as error:
        part.findings.add("export_file_unreadable", file=name, reason=str(error))
        return None
    return entries


def check_tile(
    folder: str, level: int, index: int, expected: "list[bytes]", found: Findings
) -> None:
    name = tile_path(level, index, len(expected))
    try:
        data = read_file(folder, name, WIDTH * HASH)
    except Unreadable as error:
        found.add("export_file_unreadable", file=name, reason=str(error))
        return
    if data is None:
        found.add("export_file_missing", file=name)
    elif data != b"".join(expected):
        found.add("tile_altered", file=name)


def check_bundle(
    entries: "list[bytes]", leaves: "list[bytes]", first: int, state: "EntryState"
) -> "list[Row | None]":
    """Check a bundle's entries; return what each says, None for one that is no entry."""
    joined = b"\n".join(entries)
    rows: list[Row | None] = ENTRY.findall(joined)
    # As many lines as entries, and each of them one: so no entry holds a line end, or fails.
    if len(rows) != len(entries) or joined.count(b"\n") != len(entries) - 1:
        rows = [parsed(data) for data in entries]
    state.take(first, entries, leaves, rows)
    return rows


def parsed(data: bytes) -> "Row | None":
    match = None if b"\n" in data else ENTRY.fullmatch(data)
    if match is None:
        return None
    n, payload, prev, request, ordinal, stream, micros = match.groups(b"")
    return n, payload, prev, request, ordinal, stream, micros


class EntryState:
    """Streams and requests as entries go by."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.tips: dict[bytes, tuple[int, bytes]] = {}
        self.request = (b"", -1)

    def take(
        self,
        first: int,
        entries: "list[bytes]",
        leaves: "list[bytes]",
        rows: "list[Row | None]",
    ) -> None:
        part, tips, hexlify = self.part, self.tips, binascii.hexlify
        crc32, adler32, begun = zlib.crc32, zlib.adler32, self.part.begun
        request, ordinal = self.request
        for index, (leaf, row) in enumerate(zip(leaves, rows), first):
            if entries[index - first].startswith(LOSS):
                part.findings.add("loss_declared", index=index)
            if row is None or not in_range(row):
                part.findings.add("entry_unreadable", index=index)
                # Which stream it is of, nobody can tell: what follows is judged by its own.
                continue
            n, _, prev, req, count, stream, _ = row
            number, place = int(count), int(n)
            tip = tips.get(stream)
            if tip is None:
                part.streams[stream] = (index, place, prev)
            elif tip != (place, prev):
                broken_stream(part.findings, index, stream, tip, (place, prev))
            tips[stream] = (place + 1, hexlify(leaf))
            if part.first is None:
                part.first = (index, req, number)
                goes_on = number > 0  # or not: that is for the part before this one to say
            else:
                goes_on = req == request and number == ordinal + 1
            if not goes_on:
                # Equal requests have equal numbers; unequal ones with equal numbers are told
                # apart when there are any.
                begun.append(crc32(req) << 32 | adler32(req))
                if number:
                    part.findings.add("request_repeated", index=index, request=req)
            request, ordinal = req, number
        self.request = (request, ordinal)


def in_range(row: Row) -> bool:
    n, _, prev, _, _, _, micros = row
    return (n == b"0") == (prev == b"") and int(n) < MOST_INT and int(micros) < MOST_INT


def broken_stream(
    found: Findings,
    index: int,
    stream: bytes,
    expected: "tuple[int, bytes]",
    said: "tuple[int, bytes]",
) -> None:
    column = 0 if expected[0] != said[0] else 1
    found.add(
        "stream_broken",
        index=index,
        stream=stream,
        column=("n", "prev")[column],
        expected=expected[column] if column == 0 else expected[column] or "null",
        found=said[column] if column == 0 else said[column] or "null",
    )


class Lines:
    """The lines of entries.jsonl that belong to a part."""

    def __init__(self, folder: str, part: Part, first: int, with_payloads: "bool | None") -> None:
        self.part = part
        self.with_payloads = with_payloads
        self.room = MOST_TOLD
        self.start = 0
        self.file: BinaryIO | None = None
        if with_payloads is None:
            return
        try:
            self.file = open_lines(folder, "entries.jsonl")
        except Unreadable:
            return  # said where the file as a whole was looked at
        if self.file is not None:
            found = find_line(self.file, first)
            if found is None:
                self.altered(first, "it is not where it has to be")
            else:
                self.start = found
                self.file.seek(found)

    def check(self, entries: "list[bytes]", rows: "list[Row | None]", first: int) -> None:
        if self.file is None:
            return
        if self.with_payloads:
            for index, (data, row) in enumerate(zip(entries, rows), first):
                if self.file is not None:
                    self.check_one(self.file, index, data, row)
            return
        expected = [plain_line(index, data) for index, data in enumerate(entries, first)]
        joined = b"".join(expected)
        there = self.file.read(len(joined))
        if there != joined:
            wrong, at = 0, 0
            while there[at : at + len(expected[wrong])] == expected[wrong]:
                at, wrong = at + len(expected[wrong]), wrong + 1
            self.altered(first + wrong, "the entry is another one")

    def check_one(self, file: BinaryIO, index: int, data: bytes, row: "Row | None") -> None:
        line = file.readline(MOST_LINE)
        head = plain_line(index, data)[:-2] + b","
        if not line.startswith(head):
            self.altered(index, "the entry is another one")
            return
        try:
            said = read_payload(line[len(head) :])
        except Unreadable as error:
            self.altered(index, str(error))
            return
        if row is None:
            return  # no entry: what it would commit to is not known
        if said is None:
            self.part.told.append((index, data, None))
            return
        committed = hashlib.sha256(PAYLOAD_TAG + said[0] + said[1]).hexdigest().encode()
        if len(said[0]) != HASH or committed != row[1]:
            self.part.findings.add("payload_altered", index=index)
        elif data.startswith(REDACTS):
            self.room -= len(said[1])
            self.part.told.append((index, data, said[1] if self.room >= 0 else b""))

    def altered(self, index: int, reason: str) -> None:
        self.part.findings.add(
            "export_line_altered", file="entries.jsonl", line=index + 1, reason=reason
        )
        self.skip()

    def skip(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None

    def finish(self) -> None:
        if self.file is not None:
            self.part.lines = (self.start, self.file.tell())
            self.file.close()


def plain_line(index: int, data: bytes) -> bytes:
    return b'{"index":%d,"entry":"%s"}\n' % (index, data.replace(b'"', b'\\"'))


def read_payload(rest: bytes) -> "tuple[bytes, bytes] | None":
    """Return salt and facts of the end of a line, which has one text only; None if erased."""
    found = SALT_AND_FACTS.fullmatch(rest)
    if found is None:
        raise Unreadable("salt and payload cannot be read")
    if found[1] is None:
        return None
    try:
        # Of JSON a text, and nothing else: lists and objects take twenty times their letters.
        facts = json.loads(found[2].decode())
        read = bytes.fromhex(found[1].decode()), facts.encode()
    except ValueError as error:
        raise Unreadable("salt and payload cannot be read") from error
    if json.dumps(facts, ensure_ascii=False).encode() != found[2]:
        raise Unreadable("it is not written as it has to be")
    return read


def find_line(file: BinaryIO, index: int) -> "int | None":
    """Return where the line of entry ``index`` begins, by halving; None if it is not found."""
    low, high = 0, os.fstat(file.fileno()).st_size
    if index == 0:
        return 0
    while high - low > 1 << 16:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline(MOST_LINE)
        at = file.tell()
        number = line_number(file)
        if number is None or number > index or at >= high:
            high = middle
        elif number == index:
            return at
        else:
            low = at
    file.seek(low)
    if low:
        file.readline(MOST_LINE)
    while file.tell() <= high:
        at = file.tell()
        number = line_number(file)
        if number == index:
            return at
        file.seek(at)
        if not file.readline(MOST_LINE):
            return None
    return None


def line_number(file: BinaryIO) -> "int | None":
    match = re.match(rb'\{"index":([0-9]{1,19}),', file.read(32))
    return int(match[1]) if match else None


# --- the whole --------------------------------------------------------------------------------


class Report:
    """What checking an export came to."""

    def __init__(self) -> None:
        self.found = Findings()
        self.key: Key | None = None
        self.newest: Checkpoint | None = None
        self.known: set[tuple[str, bytes]] = set()
        """Witnesses whose lines were checked."""
        self.checkpoints = 0
        self.covered = 0
        self.root = b""

    @property
    def conclusion(self) -> str:
        if self.found.failed() or self.newest is None:
            return "TOTAL-FAILED"
        return "INDETERMINATE" if self.found.weaker() else "TOTAL-PASSED"


def verify(
    folder: str,
    given: "Key | None",
    against: "list[bytes]",
    jobs: int,
    witnesses: "tuple[Witness, ...]" = (),
) -> Report:
    """Check an export."""
    report = Report()
    # 1. The key: given by whoever checks, or else only the export's own word.
    report.key = read_key(folder, given, report.found)
    if report.key is None:
        return report
    # 2. The newest checkpoint says how many entries there are, under which root.
    data = read_or_say(folder, "checkpoint", MOST_NOTE, report.found)
    if data is not None:
        report.newest = open_checkpoint(data, report.key, report.found)
    if data is None or report.newest is None:
        return report
    cosigned = Cosignatures(list(witnesses), report.found)
    report.known = set(cosigned.witnesses)
    signed = Signed(folder, report.key, report.newest, cosigned, report.found)
    # 3. The older ones, and what somebody kept from before.
    report.checkpoints = signed.read_all()
    signed.read_against(against)
    # 4. Each entry, and the tree over all of them.
    entries = Entries(folder, report.newest.size, signed.roots, report.found)
    entries.check(jobs)
    report.covered = entries.covered
    report.root = entries.tree.root() if entries.whole else b""
    # 5. What others signed of it: cosignatures by the keys that were given, time-stamps.
    cosigned.take(report.newest, data)
    cosigned.finish()
    names = names_in(folder)
    check_timestamps(folder, signed, names)
    # 6. Nothing else.
    check_names(folder, report.newest.size, names, report.found)
    return report


def read_or_say(folder: str, name: str, limit: int, found: Findings) -> "bytes | None":
    try:
        data = read_file(folder, name, limit)
    except Unreadable as error:
        found.add("export_file_unreadable", file=name, reason=str(error))
        return None
    if data is None:
        found.add("export_file_missing", file=name)
    return data


def open_or_say(folder: str, name: str, found: Findings) -> "BinaryIO | None":
    try:
        file = open_lines(folder, name)
    except Unreadable as error:
        found.add("export_file_unreadable", file=name, reason=str(error))
        return None
    if file is None:
        found.add("export_file_missing", file=name)
    return file


def read_key(folder: str, given: "Key | None", found: Findings) -> "Key | None":
    data = read_or_say(folder, "key.vkey", MOST_NOTE, found)
    if given is not None:
        if data is not None and data != (given.text + "\n").encode():
            found.add("export_key_altered")
        return given
    if data is None:
        return None
    try:
        key = Key(data.decode("ascii"))
        if data != (key.text + "\n").encode():
            raise Unreadable("it is not written as it has to be")
    except (Unreadable, UnicodeDecodeError) as error:
        found.add("export_file_unreadable", file="key.vkey", reason=str(error))
        return None
    found.add("key_unconfirmed")
    return key


class Signed:
    """The checkpoints of an export."""

    def __init__(
        self,
        folder: str,
        key: Key,
        newest: Checkpoint,
        cosigned: Cosignatures,
        found: Findings,
    ) -> None:
        self.folder = folder
        self.key = key
        self.newest = newest
        self.cosigned = cosigned
        self.found = found
        self.roots = [(newest.size, newest.root)]
        """Of every checkpoint that was validly signed."""

    def read_all(self) -> int:
        """Check every line of checkpoints.jsonl; return how many there are."""
        name = "checkpoints.jsonl"
        file = open_or_say(self.folder, name, self.found)
        if file is None:
            return 0
        before, count, seen_newest = -1, 0, False
        with file:
            lines = iter(lambda: file.readline(MOST_CHECKPOINT_LINE), b"")
            for number, line in enumerate(lines, 1):
                if before == self.newest.size:
                    # What an export that was not finished wrote.
                    self.found.add("export_file_extra", file=name)
                    break
                said = checkpoint_line(line)
                if said is None or said[0] <= before:
                    reason = "its size is not the next one" if said else "it cannot be read"
                    self.line_altered(number, reason)
                    if len(line) == MOST_CHECKPOINT_LINE:
                        break
                    continue
                if said[0] > self.newest.size:
                    self.line_altered(number, "it is of more entries than the newest")
                    break
                before, count = said[0], count + 1
                seen_newest |= self.take(number, *said)
        if not seen_newest:
            self.found.add("checkpoint_missing", size=self.newest.size)
        return count

    def take(self, number: int, size: int, note: bytes) -> bool:
        """Check one; tell whether it is the newest."""
        said = open_checkpoint(note, self.key, self.found, size)
        if said is None:
            return False
        if said.size != size:
            self.line_altered(number, "its size is another one")
            return False
        self.roots.append((said.size, said.root))
        self.cosigned.take(said, note)
        return said.size == self.newest.size

    def line_altered(self, number: int, reason: str) -> None:
        name = "checkpoints.jsonl"
        self.found.add("export_line_altered", file=name, line=number, reason=reason)

    def read_against(self, against: "list[bytes]") -> None:
        for data in against:
            said = open_checkpoint(data, self.key, self.found)
            if said is None:
                continue
            if said.size > self.newest.size:
                size = self.newest.size
                self.found.add("checkpoint_beyond_entries", size=said.size, found=size)
            else:
                self.roots.append((said.size, said.root))

    def notes_of(self, sizes: "set[int]") -> "dict[int, Checkpoint]":
        """Return the checkpoints of these sizes."""
        notes = {self.newest.size: self.newest}
        file = open_or_say(self.folder, "checkpoints.jsonl", Findings()) if sizes else None
        if file is None:
            return notes
        with file:
            for line in iter(lambda: file.readline(MOST_CHECKPOINT_LINE), b""):
                said = checkpoint_line(line)
                if said is not None and said[0] in sizes:
                    opened = open_checkpoint(said[1], self.key, Findings())
                    if opened is not None and opened.size == said[0]:
                        notes[opened.size] = opened
        return notes


class Entries:
    """All entries, part by part, and the tree over them."""

    def __init__(
        self, folder: str, size: int, roots: "list[tuple[int, bytes]]", found: Findings
    ) -> None:
        self.folder = folder
        self.size = size
        self.found = found
        self.tree = Tree()
        self.covered = 0
        """Entries under the newest checkpoint that has the right root."""
        self.whole = True
        """No bundle is missing so far."""
        self.waiting = deque(sorted(roots))
        self.sizes = [one[0] for one in self.waiting]
        self.upper: list[tuple[int, list[bytes]]] = []
        """For each level above the leaves' its tile that is not full: index and hashes."""
        self.with_payloads = self.look_at_lines()
        self.lines_end: int | None = 0
        self.erasures = Erasures(found) if self.with_payloads else None

    def look_at_lines(self) -> "bool | None":
        """Tell from the first line whether facts were exported; None if there are no lines."""
        file = open_or_say(self.folder, "entries.jsonl", self.found)
        if file is None:
            return None
        with file:
            return b'","salt":' in file.readline(MOST_LINE)

    def check(self, jobs: int) -> None:
        self.compare(self.tree)
        tips: dict[bytes, tuple[int, bytes]] = {}
        begun, last = array("Q"), (b"", -1)
        for part in self.parts(jobs):
            self.found.join(part.findings.found, part.findings.left_off)
            if part.broken:
                # Hashes that are not there give no root: nothing that was signed is shown. And
                # a size that somebody made up must not keep us looking for ever.
                self.whole, self.covered = False, 0
                return
            self.join_lines(part)
            self.join_told(part)
            self.join_tree(part)
            join_streams(part, tips, self.found)
            last = join_requests(part, last, self.found)
            begun.extend(part.begun)
        self.finish_lines()
        if self.erasures is not None:
            self.erasures.finish()
        for level, (index, roots) in enumerate(self.upper, 1):
            if roots:
                check_tile(self.folder, level, index, roots, self.found)
        if has_twins(begun):
            self.find_repeated()

    def parts(self, jobs: int) -> "Iterator[Part]":
        """Yield the parts in order; some are checked ahead, in processes."""
        bundles = -(-self.size // WIDTH)
        work = (self.job(start, min(start + CHUNK, bundles)) for start in range(0, bundles, CHUNK))
        if jobs == 1 or bundles <= CHUNK:
            yield from map(check_part, work)
            return
        # Ctrl-C reaches all of them: this one answers it.
        quiet = (signal.SIGINT, signal.SIG_IGN)
        pool = concurrent.futures.ProcessPoolExecutor(jobs, None, signal.signal, quiet)
        try:
            ahead: deque[concurrent.futures.Future[Part]] = deque()
            for job in work:
                ahead.append(pool.submit(check_part, job))
                if len(ahead) > 2 * jobs:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def job(self, start: int, stop: int) -> "Job":
        first = bisect.bisect_right(self.sizes, start * WIDTH)
        last = bisect.bisect_left(self.sizes, min(stop * WIDTH, self.size))
        marks = sorted(set(self.sizes[first:last]))
        return self.folder, start, stop, self.size, marks, self.with_payloads

    def join_tree(self, part: Part) -> None:
        done = 0
        for _, roots, leaves in part.marks:
            for root in part.roots[done:roots]:
                self.add_root(root)
            done = roots
            tree = self.tree.copy()
            tree.grow(leaves)
            self.compare(tree)
        for root in part.roots[done:]:
            self.add_root(root)
        self.tree.grow(part.rest)
        self.compare(self.tree)

    def add_root(self, root: bytes) -> None:
        """Take in the root of a full tile of leaves."""
        self.tree.push(WIDTH, root)
        self.compare(self.tree)
        level = 0
        while True:
            if len(self.upper) == level:
                self.upper.append((0, []))
            index, roots = self.upper[level]
            roots.append(root)
            level += 1
            if len(roots) < WIDTH:
                return
            check_tile(self.folder, level, index, roots, self.found)
            root = full_root(roots)
            self.upper[level - 1] = (index + 1, [])

    def compare(self, tree: Tree) -> None:
        """Hold the root against what was signed for this size."""
        while self.waiting and self.waiting[0][0] <= tree.size:
            size, root = self.waiting.popleft()
            there = tree.root()
            if size == tree.size and root == there:
                self.covered = size
            else:
                expected, gives = root.hex(), there.hex()
                self.found.add(
                    "checkpoint_root_mismatch", size=size, expected=expected, found=gives
                )

    def join_lines(self, part: Part) -> None:
        """Parts of entries.jsonl stand one after the other, with nothing between them."""
        if self.with_payloads is None:
            return
        if part.lines and self.lines_end is not None and part.lines[0] != self.lines_end:
            line, reason = part.start + 1, "something stands before it"
            self.found.add("export_line_altered", file="entries.jsonl", line=line, reason=reason)
        self.lines_end = part.lines[1] if part.lines else None

    def join_told(self, part: Part) -> None:
        """Hold what was erased against who says so, while all lines are known."""
        if part.lines is None:
            self.erasures = None
        if self.erasures is not None:
            for index, data, facts in part.told:
                self.erasures.take(index, data, facts)

    def finish_lines(self) -> None:
        if self.with_payloads is None or self.lines_end is None:
            return
        if os.path.getsize(os.path.join(self.folder, "entries.jsonl")) > self.lines_end:
            self.found.add("export_file_extra", file="entries.jsonl")

    def find_repeated(self) -> None:
        """Look at the requests one by one: numbers of some are equal."""
        seen: set[bytes] = set()
        request = b""
        for index, row in enumerate(self.rows()):
            if row is None or not in_range(row):
                continue
            if row[3] != request or row[4] == b"0":
                if row[4] == b"0" and row[3] in seen:
                    self.found.add("request_repeated", index=index, request=row[3])
                seen.add(row[3])
            request = row[3]

    def rows(self) -> "Iterator[Row | None]":
        part = Part(0)
        for index in range(-(-self.size // WIDTH)):
            width = min(WIDTH, self.size - index * WIDTH)
            yield from map(parsed, read_bundle(self.folder, index, width, part) or ())


class Erasures:
    """Holds entries without facts against the entries that say who erased them, in their order."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.gone: dict[int, tuple[str, str, bool]] = {}
        """Stream and leaf of each entry without facts, and whether it tells of erasing itself."""
        self.excused: set[int] = set()
        self.seen = 0

    def take(self, index: int, data: bytes, facts: "bytes | None") -> None:
        entry = json.loads(data)
        redacts = entry["action"] == "redact"
        if facts is None:
            leaf = hashlib.sha256(b"\0" + data).hexdigest()
            self.gone[index] = entry["stream"], leaf, redacts
        if not redacts:
            return
        # What nothing may erase is gone: whatever it would have authorised is unproven.
        if facts is None:
            self.found.add("redaction_unreadable", index=index, reason="its own facts are gone")
            return
        try:
            claims = read_redaction(facts)
        except Unreadable as error:
            self.found.add("redaction_unreadable", index=index, reason=str(error))
            return
        erased = [one for one, leaf in claims if self.claimed(index, entry["stream"], one, leaf)]
        self.excused.update(erased)
        if erased:
            self.seen += 1
            if self.seen <= REDACTIONS_SHOWN:
                self.authorised(index, entry["actor"], erased)

    def claimed(self, index: int, stream: str, named: int, leaf: str) -> bool:
        """Tell whether an entry may have erased what it names; report what it may not."""
        gone = self.gone.get(named)
        if gone is None and named < index:
            self.found.add("redaction_unmet", index=index, named=named)
            return False
        if gone is None:
            reason = "it is not an earlier entry"
        elif gone[0] != stream:
            reason = "it is of another stream"
        elif gone[1] != leaf:
            reason = "its leaf is another one"
        elif gone[2]:
            reason = "it says itself what was erased"
        else:
            return True
        self.found.add("redaction_wrong", index=index, named=named, reason=reason)
        return False

    def authorised(self, index: int, actor: str, erased: "list[int]") -> None:
        names = ", ".join(map(str, erased))
        self.found.add("payload_erased", by=index, actor=actor, count=len(erased), indexes=names)

    def finish(self) -> None:
        for index, (_, _, redacts) in self.gone.items():
            if index not in self.excused and not redacts:
                self.found.add("payload_missing", index=index)
        if self.seen > REDACTIONS_SHOWN:
            self.found.add("redactions_more", count=self.seen - REDACTIONS_SHOWN)


def read_redaction(facts: bytes) -> "list[tuple[int, str]]":
    """Return index and leaf of what the facts of a redact entry name; they have one text only."""
    if len(facts) > MOST_REDACTION:
        raise Unreadable("its list of entries is empty or too long")
    try:
        said = json.loads(facts)
        claims = [(one["index"], one["leaf"]) for one in said["erased"]]
        texts = (said["authorised_by"], said["reason"])
        plain = {"authorised_by": texts[0], "erased": [], "reason": texts[1]}
        plain["erased"] = [{"index": index, "leaf": leaf} for index, leaf in claims]
        again = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
        good = all(
            type(index) is int and 0 <= index < MOST_INT and re.fullmatch(r"[0-9a-f]{64}", leaf)
            for index, leaf in claims
        )
        good = good and all(unicodedata.is_normalized("NFC", one) for one in texts)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unreadable("its facts are not those of erasing") from error
    if not good or again != facts or not 0 < len(claims) <= MOST_REDACTED:
        raise Unreadable("its facts are not those of erasing")
    return claims


def check_timestamps(folder: str, signed: Signed, names: "list[str]") -> None:
    numbers: dict[int, list[int]] = {}
    for match in map(STAMP.fullmatch, names):
        if match:
            numbers.setdefault(int(match[1]), []).append(int(match[2]))
    notes = signed.notes_of(set(numbers))
    held = 0
    for size in sorted(numbers):
        held += check_series(folder, signed, size, sorted(numbers[size]), notes.get(size))
    if held:
        signed.found.add("timestamps_unjudged", count=held)


def check_series(
    folder: str, signed: Signed, size: int, numbers: "list[int]", note: "Checkpoint | None"
) -> int:
    """Check the time-stamps of a checkpoint, each of which stamps the one before it too."""
    before = b""
    for place, number in enumerate(numbers):
        token = read_or_say(folder, f"timestamps/{size}-{number}.tsr", MOST_TOKEN, signed.found)
        if token is None:
            return place
        try:
            if place != number:
                raise Unreadable("the one before it is missing")
            if note is None:
                raise Unreadable("there is no such checkpoint")
            check_token(token, note.stamped(signed.key) + before)
        except Unreadable as error:
            reason = str(error)
            signed.found.add("timestamp_invalid", size=size, number=number, reason=reason)
            return place
        before = token
    return len(numbers)


def names_in(folder: str) -> "list[str]":
    """Return the names of all files and links; of a folder that can't be listed with a / after."""
    paths: list[str] = []
    unlisted: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=unlisted.append):
        links = [one for one in folders if os.path.islink(os.path.join(place, one))]
        if os.path.relpath(place, folder).count(os.sep) >= DEEPEST:
            links, folders[:] = folders[:], []  # named, and not looked into
        paths += [os.path.join(place, one) for one in [*files, *links]]
    paths += [os.path.join(error.filename, "") for error in unlisted]
    ends = ["/" if path.endswith(os.sep) else "" for path in paths]
    names = [os.path.relpath(path, folder).replace(os.sep, "/") for path in paths]
    return sorted(map("".join, zip(names, ends)))


def check_names(folder: str, size: int, names: "list[str]", found: Findings) -> None:
    """Name files that no export of this size has, and folders in which any might be."""
    for name in names:
        if name.endswith("/"):
            found.add("export_file_unreadable", file=name, reason="it cannot be listed")
        elif not (name in TOP_FILES or STAMP.fullmatch(name) or is_tile_of(name, size)):
            found.add("export_file_extra", file=name)
    read_or_say(folder, "README.txt", MOST_NOTE, found)
    theirs = read_or_say(folder, "verify_ledger.py", MOST_NOTE, found)
    mine = read_file(os.path.dirname(os.path.abspath(__file__)), "verify_ledger.py", MOST_NOTE)
    if theirs is not None and theirs != mine:
        found.add("export_program_differs")


def checkpoint_line(line: bytes) -> "tuple[int, bytes] | None":
    """Return size and note of a line of checkpoints.jsonl, which has one text only."""
    try:
        said = json.loads(line)
        size, note = said["size"], said["note"]
        again = f'{{"size":{size:d},"note":{json.dumps(note, ensure_ascii=False)}}}\n'
        if not isinstance(note, str) or isinstance(size, bool) or again.encode() != line:
            return None
        return int(size), note.encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def join_streams(part: Part, tips: "dict[bytes, tuple[int, bytes]]", found: Findings) -> None:
    for stream, (index, place, prev) in part.streams.items():
        tip = tips.get(stream, (0, b""))
        if tip != (place, prev):
            broken_stream(found, index, stream, tip, (place, prev))
    tips.update(part.tips)


def join_requests(part: Part, last: "tuple[bytes, int]", found: Findings) -> "tuple[bytes, int]":
    if part.first is None:
        return last
    index, request, ordinal = part.first
    if ordinal and (request, ordinal - 1) != last:
        found.add("request_repeated", index=index, request=request)
    return part.last


def has_twins(numbers: "array[int]") -> bool:
    """Tell whether two are equal, in memory that does not grow with them."""
    passes = len(numbers) // 2_000_000 + 1
    for rest in range(passes):
        some = numbers if passes == 1 else [one for one in numbers if one % passes == rest]
        if len(set(some)) != len(some):
            return True
    return False


# --- time-stamps (RFC 3161, CMS) --------------------------------------------------------------

OID_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
OID_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
OID_CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
OID_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
OID_SIGNING_CERTIFICATE = bytes.fromhex("2a864886f70d010910020c")
OID_SIGNING_CERTIFICATE_V2 = bytes.fromhex("2a864886f70d010910022f")
DIGESTS: dict[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("608648016503040201"): hashes.SHA256(),
    bytes.fromhex("608648016503040202"): hashes.SHA384(),
    bytes.fromhex("608648016503040203"): hashes.SHA512(),
    bytes.fromhex("608648016503040208"): hashes.SHA3_256(),
    bytes.fromhex("608648016503040209"): hashes.SHA3_384(),
    bytes.fromhex("60864801650304020a"): hashes.SHA3_512(),
}
SIGNATURES: "dict[bytes, tuple[str, hashes.HashAlgorithm | None]]" = {
    bytes.fromhex("2a864886f70d010101"): ("rsa", None),
    bytes.fromhex("2a864886f70d01010b"): ("rsa", hashes.SHA256()),
    bytes.fromhex("2a864886f70d01010c"): ("rsa", hashes.SHA384()),
    bytes.fromhex("2a864886f70d01010d"): ("rsa", hashes.SHA512()),
    bytes.fromhex("60864801650304030e"): ("rsa", hashes.SHA3_256()),
    bytes.fromhex("60864801650304030f"): ("rsa", hashes.SHA3_384()),
    bytes.fromhex("608648016503040310"): ("rsa", hashes.SHA3_512()),
    bytes.fromhex("2a864886f70d01010a"): ("pss", None),
    bytes.fromhex("2a8648ce3d0201"): ("ecdsa", None),
    bytes.fromhex("2a8648ce3d040302"): ("ecdsa", hashes.SHA256()),
    bytes.fromhex("2a8648ce3d040303"): ("ecdsa", hashes.SHA384()),
    bytes.fromhex("2a8648ce3d040304"): ("ecdsa", hashes.SHA512()),
    bytes.fromhex("60864801650304030a"): ("ecdsa", hashes.SHA3_256()),
    bytes.fromhex("60864801650304030b"): ("ecdsa", hashes.SHA3_384()),
    bytes.fromhex("60864801650304030c"): ("ecdsa", hashes.SHA3_512()),
    bytes.fromhex("2b6570"): ("ed25519", None),
}
"""Which key, and the digest if it is not the signer's."""


def tlv(data: bytes, at: int, end: int) -> "tuple[int, int, int]":
    """Return tag, begin and end of the contents of the DER value at ``at``."""
    if at + 2 > end:
        raise Unreadable("the token is cut off")
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or at + count > end:
            raise Unreadable("a length in the token is wrong")
        length = int.from_bytes(data[at : at + count], "big")
        if length < 1 << max(7, 8 * (count - 1)):
            raise Unreadable("a length in the token is wrong")
        at += count
    if at + length > end:
        raise Unreadable("the token is cut off")
    return tag, at, at + length


def children(data: bytes, at: int, end: int) -> "list[Der]":
    """Return (tag, start, begin, end) of the values in a constructed one."""
    found = []
    while at < end:
        tag, begin, stop = tlv(data, at, end)
        found.append((tag, at, begin, stop))
        at = stop
    return found


def contents(data: bytes, value: Der) -> bytes:
    return data[value[2] : value[3]]


def inside(data: bytes, value: Der) -> "list[Der]":
    return children(data, value[2], value[3])


def fields(data: bytes, value: Der, tags: str) -> "list[Der]":
    """Return the values in a constructed one, which are of just these tags (in hex)."""
    found = inside(data, value)
    if bytes(one[0] for one in found) != bytes.fromhex(tags):
        raise Unreadable("it is not built as a token is")
    return found


def check_token(token: bytes, stamped: bytes) -> None:
    """Raise Unreadable unless the token stamps these bytes, by the certificate that is in it."""
    try:
        check_signed_data(token, stamped)
    except (IndexError, ValueError, UnsupportedAlgorithm, TypeError, x509.InvalidVersion) as error:
        raise Unreadable("it is no token that can be read") from error


def check_signed_data(token: bytes, stamped: bytes) -> None:
    (outer,) = fields(token, (0, 0, 0, len(token)), "30")
    kind, wrapped = fields(token, outer, "06a0")
    if contents(token, kind) != OID_SIGNED_DATA:
        raise Unreadable("it is no signed data")
    (whole,) = fields(token, wrapped, "30")
    parts = fields(token, whole, "023130a0" + "a1" * (len(inside(token, whole)) - 5) + "31")
    content = fields(token, parts[2], "06a0")
    if contents(token, content[0]) != OID_TST_INFO:
        raise Unreadable("it is no time-stamp")
    info = contents(token, fields(token, content[1], "04")[0])
    # 1. It stamps these bytes.
    imprint = fields(info, inside(info, children(info, 0, len(info))[0])[2], "3004")
    digest = DIGESTS.get(contents(info, inside(info, imprint[0])[0]))
    if digest is None:
        raise Unreadable("its digest is of no kind that is known here")
    if hash_of(digest, stamped) != contents(info, imprint[1]):
        raise Unreadable("it stamps something else")
    # 2. It is signed by the certificate that it carries.
    (signer,) = fields(token, parts[-1], "30")
    check_signer(token, signer, info, [token[one[1] : one[3]] for one in inside(token, parts[3])])


def check_signer(token: bytes, value: Der, info: bytes, certificates: "list[bytes]") -> None:
    unsigned = "a1" * (len(inside(token, value)) - 6)
    signer = fields(token, value, "023030a03004" + unsigned)
    digest = DIGESTS.get(contents(token, inside(token, signer[2])[0]))
    if digest is None:
        raise Unreadable("its signature is of no kind that is known here")
    said: dict[bytes, Der] = {}
    for attribute in inside(token, signer[3]):
        name, values = fields(token, attribute, "0631")
        (said[contents(token, name)],) = inside(token, values)
    if said_by(token, said, OID_CONTENT_TYPE) != OID_TST_INFO:
        raise Unreadable("its signature is for something else")
    if said_by(token, said, OID_MESSAGE_DIGEST) != hash_of(digest, info):
        raise Unreadable("its signature is for another content")
    signed = b"\x31" + token[signer[3][1] + 1 : signer[3][3]]
    # Who can't sign could exchange the certificate for one of the same key: it is signed for, too.
    named = [one for one in certificates if is_named(token, said, one)]
    certificate = signer_of(token, signer[1], named)
    verify_by(certificate.public_key(), token, signer, digest, signed)


def said_by(token: bytes, said: "dict[bytes, Der]", name: bytes) -> "bytes | None":
    return contents(token, said[name]) if name in said else None


def is_named(token: bytes, said: "dict[bytes, Der]", certificate: bytes) -> bool:
    """Tell whether signing-certificate (RFC 5035, RFC 2634) is of this one."""
    attribute = said.get(OID_SIGNING_CERTIFICATE_V2)
    if attribute is None:
        attribute = said.get(OID_SIGNING_CERTIFICATE)
        if attribute is None:
            return False
        value = inside(token, inside(token, inside(token, attribute)[0])[0])[0]
        digest = hashlib.sha1(certificate, usedforsecurity=False).digest()
        return contents(token, value) == digest
    first, *rest = inside(token, inside(token, inside(token, attribute)[0])[0])
    if first[0] != 0x30:
        return contents(token, first) == hashlib.sha256(certificate).digest()
    algorithm = DIGESTS.get(contents(token, inside(token, first)[0]))
    return algorithm is not None and contents(token, rest[0]) == hash_of(algorithm, certificate)


def signer_of(token: bytes, identifier: Der, named: "list[bytes]") -> x509.Certificate:
    issuer, serial = fields(token, identifier, "3002")
    name, number = token[issuer[1] : issuer[3]], int.from_bytes(contents(token, serial), "big")
    for one in map(x509.load_der_x509_certificate, named[:1]):
        # Capitals make no other name (RFC 5280 §7.1).
        if one.issuer.public_bytes().lower() == name.lower() and one.serial_number == number:
            return one
    raise Unreadable("the certificate of its signer is not in it")


def verify_by(
    key: object, token: bytes, signer: "list[Der]", digest: hashes.HashAlgorithm, signed: bytes
) -> None:
    value = contents(token, signer[5])
    kind, other = SIGNATURES.get(contents(token, inside(token, signer[4])[0]), ("", None))
    digest = other or digest
    try:
        if kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, signed, padding.PKCS1v15(), digest)
        elif kind == "pss" and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, signed, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest)
        elif kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, signed, ec.ECDSA(digest))
        elif kind == "ed25519" and isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(value, signed)
        else:
            raise Unreadable("its signature is of no kind that is known here")
    except InvalidSignature as error:
        raise Unreadable("its signature is wrong") from error


def hash_of(digest: hashes.HashAlgorithm, data: bytes) -> bytes:
    made = hashes.Hash(digest)
    made.update(data)
    return made.finalize()


# --- the command ------------------------------------------------------------------------------


def main(arguments: "list[str] | None" = None) -> int:
    options = read_options(arguments)
    try:
        key = Key(text_or_file(options.key)) if options.key else None
        against = [read_old(path) for path in options.against or ()]
        witnesses = tuple(Witness(text_or_file(given)) for given in options.witness or ())
        if not os.path.isdir(options.folder):
            raise Unreadable(f"{options.folder} is no folder")
        checked = verify(options.folder, key, against, options.jobs, witnesses)
    except (Unreadable, OSError, BrokenProcessPool) as error:
        # A disk that fails, a process that is ended: what was to be checked is not known to be bad.
        print(f"verify_ledger: {printable(str(shown(str(error))))}", file=sys.stderr)
        return 5
    if options.format == "json":
        print(json.dumps(as_json(checked), ensure_ascii=True))
    else:
        say(checked)
    return EXITS[checked.conclusion]


def read_options(arguments: "list[str] | None") -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder",
        nargs="?",
        default=os.path.dirname(os.path.abspath(__file__)),
        metavar="DIR",
        help="the export; the folder of this program, if not given",
    )
    parser.add_argument(
        "--key",
        metavar="VKEY",
        help="the ledger's key as you got it another way: name+id+key, or a file",
    )
    parser.add_argument(
        "--against",
        metavar="OLD",
        action="append",
        help="a checkpoint, or an export, that you kept from before",
    )
    parser.add_argument(
        "--witness",
        metavar="KEY",
        action="append",
        help="the key of a witness whose cosignatures are checked, or a file",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        default=min(os.cpu_count() or 1, MOST_JOBS),
        help="processes to use; all cores, if not given",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args(arguments)
    if not 1 <= options.jobs <= MOST_JOBS:
        parser.error(f"--jobs is 1 to {MOST_JOBS}")
    return options


def text_or_file(given: str) -> str:
    # What is a key is no name of a file: whoever made the export may have laid one of that name.
    if KEY_TEXT.fullmatch(given.strip()) or not os.path.isfile(given):
        return given
    data = read_file(os.path.dirname(os.path.abspath(given)), os.path.basename(given), MOST_NOTE)
    try:
        return (data or b"").decode("ascii")
    except UnicodeDecodeError as error:
        raise Unreadable("the key cannot be read") from error


def read_old(path: str) -> bytes:
    if os.path.isdir(path):
        path = os.path.join(path, "checkpoint")
    folder, name = os.path.split(os.path.abspath(path))
    data = read_file(folder, name, MOST_NOTE)
    if data is None:
        raise Unreadable(f"{path} is not there")
    return data


def as_json(checked: Report) -> "dict[str, object]":
    found = checked.found
    return {
        "schema": "antin-ledger-report/1",
        "origin": checked.key.name if checked.key else "",
        "conclusion": checked.conclusion,
        "entries": checked.newest.size if checked.newest else 0,
        "root": checked.root.hex(),
        "checkpoints": checked.checkpoints,
        "covered": checked.covered,
        "findings": [
            {"code": code, "severity": severity, "detail": sentence(code, values), "values": values}
            for code, severity, values in found.found
        ],
        "left_off": found.left_off,
    }


def say(checked: Report) -> None:
    lines = [f"Ledger: {checked.key.name if checked.key else '?'}"]
    if checked.newest is not None and checked.key is not None:
        lines.append(
            f"Entries: {checked.newest.size}, under a signed checkpoint and "
            f"recomputed: {checked.covered}"
        )
        lines.append(f"Checkpoints: {checked.checkpoints}")
        known = checked.known | {(checked.key.name, checked.key.id)}
        others = sum((one[1], one[2]) not in known for one in checked.newest.signatures)
        if others:
            lines.append(f"Signature lines of others (witnesses), not checked: {others}")
    for code, severity, values in checked.found.found:
        lines.append(f"{severity}: {code}: {sentence(code, values)}")
    if checked.found.left_off:
        lines.append(f"and {checked.found.left_off} more findings")
    lines.append(f"{checked.conclusion}: {VERDICTS[checked.conclusion]}")
    encoding = sys.stdout.encoding or "ascii"
    for line in lines:
        clean = printable(line)
        for row in textwrap.wrap(clean, COLUMNS, subsequent_indent="  ", break_on_hyphens=False):
            print(row.encode(encoding, "replace").decode(encoding))


def printable(text: str) -> str:
    """Names of files may hold anything: nothing in them steers a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def sentence(code: str, values: "dict[str, int | str]") -> str:
    return SENTENCES[code].format(**values)


if __name__ == "__main__":
    os.environ["PYTHONSAFEPATH"] = "1"  # for its processes, too
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
