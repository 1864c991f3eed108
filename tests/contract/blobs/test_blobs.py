"""What every blob store promises (antin.records.blobs)."""

import math
from pathlib import Path

import pytest

from antin.core.bytesource import MemorySource
from antin.core.digests import sha256_hex
from antin.core.errors import NotFoundError
from antin.infra.blobs import DirectoryBlobs
from antin.records.blobs import BlobStore
from tests.fakes.memory_blobs import MemoryBlobs

LARGE = bytes(range(256)) * (3 * 4096 + 1)


@pytest.fixture(params=["memory", "directory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return MemoryBlobs() if request.param == "memory" else DirectoryBlobs(tmp_path / "blobs")


def read(blobs: BlobStore, digest: str) -> bytes:
    with blobs.open(digest) as source:
        return source.pread(0, source.size)


@pytest.mark.parametrize("data", [b"", b"x", LARGE], ids=["empty", "small", "large"])
def test_what_goes_in_comes_out(blobs: BlobStore, data: bytes) -> None:
    digest = blobs.put(MemorySource(data))
    assert digest == sha256_hex(data)
    assert read(blobs, digest) == data
    assert blobs.exists(digest)
    assert blobs.check(digest)
    assert [name for name, _ in blobs.all()] == [digest]


def test_the_same_twice_is_once(blobs: BlobStore) -> None:
    assert blobs.put_bytes(b"same") == blobs.put(MemorySource(b"same"))
    assert len(list(blobs.all())) == 1


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "A" * 64, ""])
def test_what_is_not_there(blobs: BlobStore, name: str) -> None:
    with pytest.raises(NotFoundError) as caught, blobs.open(name):
        pass
    assert caught.value.code == "blob_not_found"
    with pytest.raises(NotFoundError):
        blobs.check(name)


def test_removing(blobs: BlobStore) -> None:
    digest = blobs.put_bytes(b"unnamed")
    assert blobs.remove(digest, math.inf)
    assert not blobs.remove(digest, math.inf)
    assert not blobs.exists(digest)
    assert list(blobs.all()) == []


def test_what_is_stored_again_is_young_again(blobs: BlobStore) -> None:
    digest = blobs.put_bytes(b"left by a crash")
    ((_, first),) = blobs.all()
    while dict(blobs.all())[digest] == first:
        blobs.put_bytes(b"left by a crash")
    ((_, again),) = blobs.all()
    assert again > first
    assert not blobs.remove(digest, again)
    assert blobs.exists(digest)


def test_scratch_goes_away_whatever_happens(blobs: BlobStore) -> None:
    folders: list[Path] = []

    def work() -> None:
        with blobs.scratch() as folder:
            folders.append(folder)
            (folder / "half").write_bytes(b"half a file")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert not folders[0].exists()
    assert list(blobs.all()) == []
