"""Files that appear whole or not at all."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Protocol

from antin.core.bytesource import ByteSource
from antin.core.digests import CHUNK
from antin.core.errors import InputError, UnavailableError, UsageError


@contextmanager
def storage_errors() -> Iterator[None]:
    """Translate a refusal of the file system into ``storage_full``."""
    try:
        yield
    except OSError as error:
        raise UnavailableError("storage_full", detail=error.strerror or str(error)) from error


class Digest(Protocol):
    """What hashlib's states do that is needed here."""

    def update(self, data: bytes, /) -> None:
        """Take in further bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""
        ...


def copy_source(source: ByteSource, target: Path, digest: Digest | None = None) -> None:
    """Write all bytes of ``source`` to ``target``, replacing what is there.

    ``digest`` takes in what was written, so that nobody has to read it again for that.
    """
    copy_sources((source,), target, digest)


def copy_sources(sources: Iterable[ByteSource], target: Path, digest: Digest | None = None) -> None:
    """Write ``sources`` to ``target``, one after the other, as :func:`copy_source` does one."""
    with storage_errors(), target.open("wb", buffering=0) as out:
        for source in sources:
            _copy(source, out, target.name, digest)


def _copy(source: ByteSource, out: FileIO, name: str, digest: Digest | None) -> None:
    offset = 0
    while offset < source.size:
        chunk = source.pread(offset, CHUNK)
        if not chunk:
            raise InputError("file_unreadable", path=name, reason="it became shorter")
        written = 0
        while written < len(chunk):
            written += out.write(chunk[written:])
        if digest is not None:
            digest.update(chunk)
        offset += len(chunk)


def write_at(handle: int, data: bytes, offset: int) -> None:
    """Write all of ``data`` at ``offset`` of an open file; OSError where that fails."""
    while data:
        written = os.pwrite(handle, data, offset)
        data, offset = data[written:], offset + written


def fsync_path(path: Path) -> None:
    """Make the content of a file, or the names in a folder, survive a power cut."""
    with storage_errors():
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def appearing(output: Path, *, anew: bool = False) -> Iterator[Path]:
    """Hand out a temporary path beside ``output``; rename it to ``output`` when all went well.

    After any error, ``KeyboardInterrupt`` included, nothing is left behind and an older
    ``output`` is untouched. Both the file and its folder are synced. ``anew``: what has come to lie
    there meanwhile is not replaced (``output_exists``).
    """
    # Not by the name of what it becomes: together they may be longer than a name may be.
    part = output.with_name(f".antin.{secrets.token_hex(8)}.part")
    try:
        with storage_errors():
            # O_EXCL: never write through a name that somebody else planted.
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666))
        yield part
        fsync_path(part)
        with storage_errors():
            if not (anew and _linked(part, output)):
                part.replace(output)
        fsync_path(output.parent)
    finally:
        part.unlink(missing_ok=True)


def _linked(part: Path, output: Path) -> bool:
    """Give ``part`` the name ``output``, if that is free; False where there are no links.

    Looking first and renaming then would replace what somebody else made in between.
    """
    try:
        os.link(part, output)
    except FileExistsError as error:
        raise UsageError("output_exists", path=str(output)) from error
    except OSError:
        if os.path.lexists(output):
            raise UsageError("output_exists", path=str(output)) from None
        return False
    return True
