"""What an export of the ledger is: names in its folder, and the lines of its JSON Lines files.

Tiles and entry bundles are those of c2sp.org/tlog-tiles; :mod:`antin.ledger.tree.tiles` names them.
"""

import json
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, Protocol

from antin.ledger.ports import Payload, TileSource

CHECKPOINT: Final = "checkpoint"
ENTRIES: Final = "entries.jsonl"
CHECKPOINTS: Final = "checkpoints.jsonl"
KEY: Final = "key.vkey"
README: Final = "README.txt"
VERIFIER: Final = "verify_ledger.py"
TIMESTAMPS: Final = "timestamps"
TILES: Final = "tile"
NEW: Final = ".new"
"""Ends the name of a file that is not finished."""
NAMES: Final = frozenset(
    {CHECKPOINT, ENTRIES, CHECKPOINTS, KEY, README, VERIFIER, TIMESTAMPS, TILES}
)
"""What stands at the top of an export."""


class ExportFiles(Protocol):
    """The files of an export, which a stranger may have made; names are relative, with ``/``."""

    def read(self, name: str, limit: int) -> bytes | None:
        """Return a file's bytes, None if it is not there. Error: ``export_unreadable``."""
        ...

    def open(self, name: str) -> BinaryIO | None:
        """Open a file to read lines of; None and errors as for :meth:`read`."""
        ...

    def names(self) -> Iterator[str]:
        """Yield the names of all files, and of whatever else is no folder.

        With ``/`` at the end those of folders that can't be listed: nobody knows what is in them.
        """
        ...

    def shipped(self) -> Sequence[tuple[str, bytes]]:
        """Return what goes along with every export."""
        ...


class ExportFolder(Protocol):
    """A folder that an export is written into; names are relative, with ``/``."""

    def read(self, name: str, limit: int) -> bytes | None:
        """Return a file's bytes, None if it is not there. Error: ``export_unreadable``."""
        ...

    def tiles(self) -> TileSource:
        """Return the tiles in the folder. Error of it: ``tile_missing``."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write a file durably; who reads meanwhile may see half of it."""
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Write a file durably and at once: whoever reads sees the old one or the new one."""
        ...

    def cut_lines(self, name: str, line: bytes) -> bool:
        """Cut a file after ``line``; return False, and leave it, if it has no such line."""
        ...

    def append(self, name: str, data: bytes, *, anew: bool) -> None:
        """Add to the end of a file; ``anew``: begin it, whatever is there."""
        ...

    def finish(self, name: str, *, anew: bool) -> None:
        """Make what was appended durable; ``anew``: take ``name`` for ``name.new``."""
        ...

    def partial_tiles(self) -> Iterator[str]:
        """Yield the names of tiles and bundles that are not full."""
        ...

    def remove(self, name: str) -> None: ...

    def shipped(self) -> Sequence[tuple[str, bytes]]:
        """Return what goes along with every export: the verifier and a text about it."""
        ...


def entry_line(index: int, data: bytes) -> bytes:
    """Return an entry's line: its index and its text."""
    text = data.replace(b'"', b'\\"')  # nothing else in an entry has to be escaped
    return b'{"index":%d,"entry":"%s"}\n' % (index, text)


def entry_lines(start: int, entries: Sequence[bytes]) -> bytes:
    """Return the lines of neighbours, of which ``start`` is the first; at least one."""
    joined = b"\n".join(entries)
    texts = joined.replace(b'"', b'\\"').split(b"\n")
    if len(texts) != len(entries):  # one of them holds a line end
        return b"".join([entry_line(index, data) for index, data in enumerate(entries, start)])
    parts = [b""] * (2 * len(texts))
    parts[0::2] = [b'"}\n{"index":%d,"entry":"' % n for n in range(start, start + len(texts))]
    parts[1::2] = texts
    return b"".join(parts).removeprefix(b'"}\n') + b'"}\n'


def entry_line_with_payload(index: int, data: bytes, payload: Payload | None) -> bytes:
    """Return an entry's line with what it commits to; null for what was erased."""
    salt, facts = ("null", "null")
    if payload is not None:
        salt = f'"{payload.salt.hex()}"'
        facts = json.dumps(payload.data.decode(errors="replace"), ensure_ascii=False)
    more = f'","salt":{salt},"payload":{facts}}}\n'.encode()
    return entry_line(index, data)[: -len(b'"}\n')] + more


def checkpoint_line(size: int, note: bytes) -> bytes:
    """Return a checkpoint's line."""
    text = json.dumps(note.decode(errors="replace"), ensure_ascii=False)
    return f'{{"size":{size},"note":{text}}}\n'.encode()


def timestamp_name(size: int, number: int) -> str:
    """Return the name of the file of a checkpoint's time-stamp."""
    return f"{TIMESTAMPS}/{size}-{number}.tsr"
