"""The folder that a ledger is exported into: durable files, and one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from antin.core.errors import InputError, RefusedError, UnavailableError
from antin.infra.durable import sync_folder
from antin.infra.ledger.export_reading import LedgerFolder
from antin.ledger.export import layout as export

_BLOCK: Final = 1 << 16


class ExportedFolder(LedgerFolder):
    """Implements :class:`antin.ledger.export.layout.ExportFolder`."""

    def write(self, name: str, data: bytes) -> None:
        path = self.path / name
        with _writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            with _opened(path, "wb") as file:
                file.write(data)
                file.flush()
                os.fdatasync(file.fileno())

    def replace(self, name: str, data: bytes) -> None:
        self.write(name + export.NEW, data)
        self._take_name(name)

    def cut_lines(self, name: str, line: bytes) -> bool:
        """Look for ``line`` from the end: what follows it is what an unfinished run wrote."""
        try:
            with _writing(), _opened(self.path / name, "r+b") as file:
                end = _end_of(file.fileno(), line)
                if end is not None:
                    file.truncate(end)
        except FileNotFoundError:
            return False
        return end is not None

    def append(self, name: str, data: bytes, *, anew: bool) -> None:
        with _writing(), _opened(self.path / name, "wb" if anew else "ab") as file:
            file.write(data)

    def finish(self, name: str, *, anew: bool) -> None:
        path = self.path / (name + export.NEW if anew else name)
        with _writing(), _opened(path, "ab") as file:
            os.fsync(file.fileno())
        if anew:
            self._take_name(name)

    def partial_tiles(self) -> Iterator[str]:
        yield from (name for name in self.names() if name.startswith("tile/") and ".p/" in name)

    def remove(self, name: str) -> None:
        path = self.path / name
        with _writing():
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()

    def _take_name(self, name: str) -> None:
        with _writing():
            (self.path / (name + export.NEW)).replace(self.path / name)
            sync_folder((self.path / name).parent)


@contextmanager
def open_export(path: Path) -> Iterator[ExportedFolder]:
    """Give a folder to export into, made if it is not there; nobody else writes it meanwhile.

    Error: ``export_refused`` if something stands in it that is of no export, or another process
    exports into it.
    """
    with _writing():
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            detail = "another process exports into it"
            raise RefusedError("export_refused", detail=detail) from error
        strangers = {one.name.removesuffix(export.NEW) for one in path.iterdir()} - export.NAMES
        if strangers:
            detail = f"there is {min(strangers)} in it, which is of no export"
            raise RefusedError("export_refused", detail=detail)
        yield ExportedFolder(path)
    finally:
        os.close(lock)


def _opened(path: Path, mode: str) -> BinaryIO:
    """Open a file of the export, through no link: others may write to the folder, too."""
    kept = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = open(path, mode, opener=lambda name, flags: os.open(name, flags | kept, 0o666))  # noqa: SIM115 — the caller closes it; Path.open knows no opener
    return cast("BinaryIO", file)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (NotADirectoryError, FileExistsError) as error:
        raise InputError("export_unreadable", detail=str(error.strerror)) from error
    except OSError as error:
        raise UnavailableError("storage_full", detail=str(error.strerror)) from error


def _end_of(fd: int, line: bytes) -> int | None:
    """Return where the last such line of a file ends, read backwards; None if there is none."""
    stop = os.fstat(fd).st_size
    kept = b""
    while stop:
        start = max(stop - _BLOCK, 0)
        # As much more of what follows that a line across the border is seen whole.
        kept = os.pread(fd, stop - start, start) + kept[: len(line)]
        at = kept.rfind(b"\n" + line)
        if at >= 0:
            return start + at + 1 + len(line)
        if start == 0 and kept.startswith(line):
            return len(line)
        stop = start
    return None
