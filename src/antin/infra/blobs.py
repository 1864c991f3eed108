"""Files by the SHA-256 of their content, in a folder: ``ab/cd/abcd…``, never changed.

A file is complete and durable before its name exists: it is written under ``tmp/``, fsynced,
renamed, and the folder fsynced. A crash leaves temporary files only, which nothing lists and
:meth:`DirectoryBlobs.clean_temporary` removes.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from antin.core.bytesource import ByteSource, FileSource, MemorySource
from antin.core.digests import CHUNK, digest_source
from antin.core.errors import InputError, NotFoundError, UnavailableError
from antin.infra.durable import sync_folder

_NAME: Final = re.compile(r"[0-9a-f]{64}")


class DirectoryBlobs:
    """Implements :class:`antin.records.blobs.BlobStore` under ``root``; safe among processes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / "tmp"
        with _storing():
            self._temporary.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, source: ByteSource) -> str:
        with _storing(), self.scratch() as folder:
            unnamed = folder / "blob"
            digest = _copy(source, unnamed)
            self._name(unnamed, digest)
        return digest

    def put_bytes(self, data: bytes) -> str:
        return self.put(MemorySource(data))

    @contextmanager
    def open(self, sha256: str) -> Iterator[ByteSource]:
        path = self._path(sha256)
        try:
            source = FileSource(path)
        except InputError as error:
            if error.code == "file_not_found":
                raise NotFoundError("blob_not_found", digest=sha256) from error
            raise
        with source:
            yield source

    def exists(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def check(self, sha256: str) -> bool:
        with self.open(sha256) as source:
            return digest_source(source).hex() == sha256

    def all(self) -> Iterator[tuple[str, float]]:
        for path in self._root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            if _NAME.fullmatch(path.name) and path == self._path(path.name):
                with suppress(FileNotFoundError):
                    yield path.name, path.stat().st_mtime

    def remove(self, sha256: str, older_than: float) -> bool:
        path = self._path(sha256)
        with _storing():
            try:
                if path.stat().st_mtime >= older_than:
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
            sync_folder(path.parent)
        return True

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with _storing():
            folder = Path(tempfile.mkdtemp(dir=self._temporary))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def clean_temporary(self, older_than: float) -> int:
        removed = 0
        for folder in self._temporary.iterdir():
            with suppress(FileNotFoundError):
                if folder.stat().st_mtime < older_than:
                    shutil.rmtree(folder, ignore_errors=True)
                    removed += 1
        return removed

    def _path(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):  # never a path of somebody's making
            raise NotFoundError("blob_not_found", digest=sha256)
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _name(self, unnamed: Path, digest: str) -> None:
        path = self._path(digest)
        for folder in (path.parent.parent, path.parent):
            if not folder.is_dir():
                folder.mkdir(exist_ok=True, mode=0o700)
                sync_folder(folder.parent)
        try:
            os.utime(path)  # as good as written now: its old age must not get it cleared
        except FileNotFoundError:
            unnamed.replace(path)
        # Also when it was there: whoever renamed it may not have come to this line yet.
        sync_folder(path.parent)


def _copy(source: ByteSource, path: Path) -> str:
    """Copy ``source`` durably to a new file; return its SHA-256, of what was written."""
    state = hashlib.sha256()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440), "wb") as file:  # noqa: PTH123 — pathlib can't set the mode
        offset = 0
        while chunk := source.pread(offset, CHUNK):
            state.update(chunk)
            file.write(chunk)
            offset += len(chunk)
        if offset != source.size:
            raise InputError("file_unreadable", path="the source", reason="its size changed")
        file.flush()
        os.fsync(file.fileno())
    return state.hexdigest()


@contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError("storage_full", detail=str(error.strerror)) from error
