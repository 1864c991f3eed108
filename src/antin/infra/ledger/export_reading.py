"""An export of a ledger as files in a folder, read with suspicion."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import BinaryIO, Final

from antin.core.errors import InputError, IntegrityError
from antin.ledger.export import layout as export
from antin.ledger.ports import TileSource
from antin.ledger.tree.merkle import HASH_BYTES
from antin.ledger.tree.tiles import TILE_WIDTH, Tile

_DEEPEST: Final = 12
"""Folders within folders: more than any tile has."""
_SHIPPED: Final = (export.VERIFIER, export.README)


class LedgerFolder:
    """The files of an export."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str, limit: int) -> bytes | None:
        """Return a file's bytes, None if it is not there.

        Error: ``export_unreadable`` for what is no plain file, or longer than ``limit``.
        """
        fd = self._open(name)
        if fd is None:
            return None
        try:
            size = os.fstat(fd).st_size
            if size > limit:
                detail = f"{name} has more than {limit} bytes"
                raise InputError("export_unreadable", detail=detail)
            return _read_all(fd, size)
        finally:
            os.close(fd)

    def open(self, name: str) -> BinaryIO | None:
        """Open a file, None if it is not there; ``export_unreadable`` for what is no plain one."""
        fd = self._open(name)
        return None if fd is None else os.fdopen(fd, "rb")

    def _open(self, name: str) -> int | None:
        try:
            # A link leads out of the export; a named pipe would wait for its other end.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            fd = os.open(f"{self.path}/{name}", flags)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            detail = "it is a link" if error.errno == errno.ELOOP else str(error.strerror)
            raise InputError("export_unreadable", detail=f"{name}: {detail}") from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise InputError("export_unreadable", detail=f"{name} is no plain file")
        return fd

    def shipped(self) -> Sequence[tuple[str, bytes]]:
        """Return what goes along with every export."""
        folder = resources.files("antin.ledger.export.single_file")
        return [(name, folder.joinpath(name).read_bytes()) for name in _SHIPPED]

    def names(self) -> Iterator[str]:
        """Yield the name of everything that is no folder, and of too deep ones, in no order.

        A folder that can't be listed is named with a ``/`` at its end.
        """
        top, unlisted = os.fspath(self.path), list[OSError]()
        for place, folders, files in os.walk(top, onerror=unlisted.append):
            below = place[len(top) :].lstrip("/")
            links = [one for one in folders if os.path.islink(f"{place}/{one}")]  # noqa: PTH114 — called for each of very many
            if below.count("/") >= _DEEPEST:
                links, folders[:] = folders[:], []  # named, and not looked into
            for name in [*files, *links]:
                yield f"{below}/{name}" if below else name
        for error in unlisted:
            yield f"{error.filename[len(top) :].lstrip('/') or '.'}/"

    def tiles(self) -> TileSource:
        """Return the tiles in the folder."""
        return FolderTiles(self)


def _read_all(fd: int, size: int) -> bytes:
    data = os.read(fd, size)
    while len(data) < size and (more := os.read(fd, size - len(data))):
        data += more
    return data


class FolderTiles:
    """Implements :class:`antin.ledger.ports.TileSource`."""

    def __init__(self, folder: LedgerFolder) -> None:
        self._folder = folder

    def get(self, level: int, index: int, width: int) -> bytes:
        """Return a tile's hashes, or the beginning of the full tile's.

        Errors: ``tile_missing``, ``export_unreadable``.
        """
        tile = Tile(level, index, width)
        limit = TILE_WIDTH * HASH_BYTES
        data = self._folder.read(tile.path, limit)
        if data is None:
            data = self._folder.read(Tile(level, index).path, limit)
            if data is None:
                raise IntegrityError("tile_missing", tile=tile.path)
            data = data[: width * HASH_BYTES]
        return data
