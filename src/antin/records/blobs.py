"""Port to immutable, content-addressed files."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from antin.core.bytesource import ByteSource


class BlobStore(Protocol):
    """Files by the SHA-256 of their content (64 lower-case hex digits); never changed."""

    def put(self, source: ByteSource) -> str:
        """Store ``source`` durably (file and folder fsynced) and return its SHA-256.

        Storing the same content again is harmless. Error: ``storage_full``.
        """
        ...

    def put_bytes(self, data: bytes) -> str:
        """Store small ``data`` as :meth:`put` does."""
        ...

    def open(self, sha256: str) -> AbstractContextManager[ByteSource]:
        """Open a stored file for reading. Error: ``blob_not_found``."""
        ...

    def exists(self, sha256: str) -> bool:
        """Tell whether the file is stored; its content is not checked."""
        ...

    def check(self, sha256: str) -> bool:
        """Read the file whole and tell whether its content still has this digest."""
        ...

    def all(self) -> Iterator[tuple[str, float]]:
        """Yield (SHA-256, POSIX seconds when it was stored last) of every stored file."""
        ...

    def remove(self, sha256: str, older_than: float) -> bool:
        """Remove a file that no row names (for ``fsck`` only); tell whether it was removed.

        One that was stored, or stored again, since ``older_than`` (POSIX seconds) stays: a row
        may be about to name it.
        """
        ...

    def scratch(self) -> AbstractContextManager[Path]:
        """Give a temporary folder on the same disk, removed with all it holds at the end."""
        ...

    def clean_temporary(self, older_than: float) -> int:
        """Remove temporary folders that crashes left before ``older_than`` (POSIX seconds).

        Returns how many (for ``fsck`` only).
        """
        ...
