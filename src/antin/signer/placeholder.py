"""A revision with an empty signature container, and filling the container afterwards."""

import os
from dataclasses import dataclass
from pathlib import Path

from antin.core.bytesource import FileSource
from antin.core.errors import RefusedError
from antin.pdf.writer import Update
from antin.signer.files import Digest, storage_errors, write_at
from antin.signer.incremental import append


@dataclass(frozen=True)
class WrittenRevision:
    """A revision on disk whose /Contents still holds zeros."""

    digest: bytes
    """Over the byte range."""
    byte_range: tuple[int, int, int, int]


def write_revision(path: Path, update: Update, digest: Digest) -> WrittenRevision:
    """Append ``update``, which signs a field, to ``path``; return what is to be signed.

    ``digest`` has taken in what ``path`` holds so far.
    """
    appendix = append(path, update)
    if appendix.byte_range is None:
        raise AssertionError("the update holds no signature")
    _, start, end, _ = appendix.byte_range
    size = update.document.source.size
    digest.update(appendix.data[: start - size])
    digest.update(appendix.data[end - size :])
    return WrittenRevision(digest.digest(), appendix.byte_range)


def is_blank(source: FileSource, byte_range: tuple[int, int, int, int]) -> bool:
    """Tell whether the gap of ``byte_range`` is ``<000…>`` and the range ends with the file."""
    _, start, end, rest = byte_range
    if end + rest != source.size or end - start < 2:
        return False
    return source.pread(start, end - start) == b"<" + b"0" * (end - start - 2) + b">"


def fill(path: Path, byte_range: tuple[int, int, int, int], container: bytes) -> None:
    """Write ``container`` as hex into the gap of ``byte_range``, in place; nothing is synced.

    Error: ``container_too_small``, raised before anything is written.
    """
    _, start, end, _ = byte_range
    reserved = (end - start - 2) // 2
    if len(container) > reserved:
        raise RefusedError("container_too_small", needed=len(container), reserved=reserved)
    with storage_errors():
        handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            write_at(handle, container.hex().encode(), start + 1)
        finally:
            os.close(handle)
