"""Zip files of strangers: what is in them, and one file of them, without unpacking to a folder."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from antin.core.bytesource import ByteSource, FileSource, MemorySource
from antin.core.errors import InputError, UnavailableError
from antin.core.limits import (
    MAX_ARCHIVE_BYTES,
    MAX_ARCHIVE_ENTRIES,
    MAX_ARCHIVE_RATIO,
    MAX_PDF_BYTES,
)

_MAX_DIRECTORY: Final = 64 << 20
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_MAX_COMMENT: Final = 0xFFFF
_LOCAL: Final = b"PK\x03\x04"
_LOCAL_BYTES: Final = 30
_RATIO_FROM: Final = 16 << 20
_IN_MEMORY: Final = 8 << 20
_CHUNK: Final = 1 << 20
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED: Final = 0x1


@dataclass(frozen=True)
class ZipEntry:
    """One file in a zip file, as the central directory has it."""

    name: str
    offset: int
    """Of its local header in the zip file."""
    packed: int
    size: int
    crc: int
    method: int
    encrypted: bool = False


def entries(path: Path) -> tuple[ZipEntry, ...]:
    """Return the files in the zip file at ``path``, in its order; folders are left out.

    Errors: ``archive_malformed``; ``archive_too_large`` for too many files, more bytes than
    anybody packs for reading, or files that share their packed bytes; those of files.
    """
    with FileSource(path) as source:
        # 1. A directory that no memory holds is not read.
        _check_directory(source)
    # 2. What the directory names, and no more files than anybody looks through.
    found = _listed(path)
    if len(found) > MAX_ARCHIVE_ENTRIES:
        raise _too_large(f"{len(found)} files")
    # 3. All together are not larger than what is worked through.
    size = sum(entry.size for entry in found)
    if size > MAX_ARCHIVE_BYTES:
        raise _too_large(f"{size} bytes unpacked")
    # 4. No packed bytes count for two files: that is how small bombs unpack to petabytes.
    in_order = sorted(found, key=lambda entry: entry.offset)
    for one, following in pairwise(in_order):
        if one.offset + _LOCAL_BYTES + one.packed > following.offset:
            raise _too_large("two of its files share their bytes")
    return found


def check(entry: ZipEntry) -> None:
    """Raise if ``entry`` is nothing to unpack: ``archive_too_large``, ``archive_unsupported``."""
    if entry.encrypted:
        raise InputError("archive_unsupported", detail="it is encrypted")
    if entry.method not in {_STORED, _DEFLATED}:
        raise InputError("archive_unsupported", detail=f"compression method {entry.method}")
    if entry.size > MAX_PDF_BYTES:
        raise _too_large(f"{entry.size} bytes unpacked")
    if entry.size > max(_RATIO_FROM, MAX_ARCHIVE_RATIO * entry.packed):
        raise _too_large(f"{entry.packed} bytes that unpack to {entry.size}")


@contextmanager
def opened(archive: ByteSource, entry: ZipEntry) -> Iterator[ByteSource]:
    """Give the content of ``entry``: as it lies, in memory, or in a file without a name.

    Errors: those of :func:`check`; ``archive_malformed`` where it is not what the directory says;
    ``storage_full``.
    """
    check(entry)
    start = _start_of(archive, entry)
    if entry.size <= _IN_MEMORY:
        yield MemorySource(b"".join(_content(archive, entry, start)))
        return
    with (
        _spooled(_content(archive, entry, start)) as file,
        FileSource(Path(f"/proc/self/fd/{file.fileno()}")) as source,
    ):
        yield source


@contextmanager
def _spooled(pieces: Iterator[bytes]) -> Iterator[IO[bytes]]:
    try:
        file = TemporaryFile()  # noqa: SIM115 — closed below; only its making is translated
    except OSError as error:
        raise UnavailableError("storage_full", detail=str(error.strerror)) from error
    with file:
        for piece in pieces:
            try:
                file.write(piece)
                file.flush()
            except OSError as error:
                raise UnavailableError("storage_full", detail=str(error.strerror)) from error
        yield file


def _check_directory(source: ByteSource) -> None:
    """Find the end record (APPNOTE 4.3.16) and see that its directory is of a readable size."""
    if source.size > MAX_ARCHIVE_BYTES:
        raise _too_large(f"{source.size} bytes")
    length = min(source.size, _END_BYTES + _MAX_COMMENT)
    tail = source.pread(source.size - length, length)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        raise InputError("archive_malformed", detail="it has no end record")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if size == 0xFFFFFFFF:
        size = _zip64_directory(source, source.size - length + at)
    if size > _MAX_DIRECTORY:
        raise _too_large(f"a directory of {size} bytes")


def _zip64_directory(source: ByteSource, end: int) -> int:
    """Return the directory's size as the zip64 end record has it (APPNOTE 4.3.14, 4.3.15)."""
    locator = source.pread(max(0, end - 20), 20)
    record = source.pread(int.from_bytes(locator[8:16], "little"), 56)
    if not locator.startswith(b"PK\x06\x07") or not record.startswith(b"PK\x06\x06"):
        raise InputError("archive_malformed", detail="its zip64 end record is missing")
    return int.from_bytes(record[40:48], "little")


def _listed(path: Path) -> tuple[ZipEntry, ...]:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(
                ZipEntry(
                    one.filename,
                    one.header_offset,
                    one.compress_size,
                    one.file_size,
                    one.CRC,
                    one.compress_type,
                    bool(one.flag_bits & _ENCRYPTED),
                )
                for one in archive.infolist()
                if not one.is_dir()
            )
    except MemoryError:
        raise
    except Exception as error:
        # The library raises what its bytes lead it to: struct.error, UnicodeDecodeError, …
        raise InputError("archive_malformed", detail=type(error).__name__) from error


def _start_of(archive: ByteSource, entry: ZipEntry) -> int:
    """Return where the packed bytes begin: after the local header (APPNOTE 4.3.7)."""
    header = archive.pread(max(0, entry.offset), _LOCAL_BYTES)
    if entry.offset < 0 or len(header) < _LOCAL_BYTES or not header.startswith(_LOCAL):
        raise InputError("archive_malformed", detail="a local header is missing")
    name, extra = header[26:28], header[28:30]
    lengths = int.from_bytes(name, "little") + int.from_bytes(extra, "little")
    return entry.offset + _LOCAL_BYTES + lengths


def _content(archive: ByteSource, entry: ZipEntry, start: int) -> Iterator[bytes]:
    """Yield what is unpacked, never more than the directory says; then see that it is right."""
    size = crc = 0
    packed = _pieces(archive, start, entry.packed)
    for piece in _inflated(packed, entry) if entry.method == _DEFLATED else packed:
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        if size > entry.size:
            break
        yield piece
    if size != entry.size or crc != entry.crc:
        raise InputError("archive_malformed", detail=f"{entry.name} is damaged")


def _pieces(archive: ByteSource, start: int, length: int) -> Iterator[bytes]:
    for offset in range(0, length, _CHUNK):
        yield archive.pread(start + offset, min(_CHUNK, length - offset))


def _inflated(packed: Iterator[bytes], entry: ZipEntry) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in packed:
            rest, full = piece, True
            # What one chunk can't take in waits in the packed bytes or within the decompressor.
            while not inflate.eof and (rest or full):
                out = inflate.decompress(rest, _CHUNK)
                yield out
                rest, full = inflate.unconsumed_tail, len(out) == _CHUNK
    except zlib.error as error:
        raise InputError("archive_malformed", detail=f"{entry.name} is damaged") from error


def _too_large(detail: str) -> InputError:
    return InputError("archive_too_large", detail=detail)
