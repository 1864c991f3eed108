"""Copies of files that are whole, or an error that says why they are not."""

import hashlib
from pathlib import Path

import pytest

from antin.core.bytesource import MemorySource
from antin.core.digests import CHUNK
from antin.core.errors import InputError, UnavailableError
from antin.signer.files import copy_source, copy_sources

LONG = bytes(range(256)) * (CHUNK // 128) + b"end"
"""More than two reads take."""


class Dripping(MemorySource):
    """Gives less than it is asked for, as a file on a network may."""

    def pread(self, offset: int, length: int) -> bytes:
        return super().pread(offset, min(length, CHUNK // 3))


class Shrinking(MemorySource):
    """Has lost its end since its size was read."""

    def pread(self, offset: int, length: int) -> bytes:
        return super().pread(offset, length)[: max(0, self.size - 10 - offset)]


@pytest.mark.parametrize("kind", [MemorySource, Dripping])
def test_what_is_copied_is_whole(tmp_path: Path, kind: type[MemorySource]) -> None:
    target, digest = tmp_path / "copy", hashlib.sha256()
    target.write_bytes(LONG * 3)
    copy_sources((kind(LONG), MemorySource(b""), kind(b"tail")), target, digest)
    assert target.read_bytes() == LONG + b"tail"
    assert digest.digest() == hashlib.sha256(LONG + b"tail").digest()


def test_a_source_that_becomes_shorter_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        copy_sources((MemorySource(b"head"), Shrinking(LONG)), tmp_path / "copy")
    assert caught.value.code == "file_unreadable"


def test_a_full_disk_is_told() -> None:
    with pytest.raises(UnavailableError) as caught:
        copy_source(MemorySource(b"letter"), Path("/dev/full"))
    assert caught.value.code == "storage_full"
