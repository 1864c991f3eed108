"""Blobs in memory."""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from antin.core.bytesource import ByteSource, MemorySource
from antin.core.errors import NotFoundError


class MemoryBlobs:
    """Implements the port :class:`antin.records.blobs.BlobStore`."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._stored: dict[str, float] = {}

    def put(self, source: ByteSource) -> str:
        return self.put_bytes(source.pread(0, source.size))

    def put_bytes(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self._files[digest] = data
        self._stored[digest] = time.time()
        return digest

    @contextmanager
    def open(self, sha256: str) -> Iterator[ByteSource]:
        yield MemorySource(self._content(sha256))

    def exists(self, sha256: str) -> bool:
        return sha256 in self._files

    def check(self, sha256: str) -> bool:
        return hashlib.sha256(self._content(sha256)).hexdigest() == sha256

    def all(self) -> Iterator[tuple[str, float]]:
        return iter([(digest, self._stored[digest]) for digest in self._files])

    def remove(self, sha256: str, older_than: float) -> bool:
        if self._stored.get(sha256, older_than) >= older_than:
            return False
        return self._files.pop(sha256, None) is not None

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)

    def clean_temporary(self, older_than: float) -> int:
        del older_than
        return 0  # a process that died took its memory with it

    def _content(self, sha256: str) -> bytes:
        if sha256 not in self._files:
            raise NotFoundError("blob_not_found", digest=sha256)
        return self._files[sha256]
