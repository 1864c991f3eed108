"""The directory of blobs: what a crash, a full disk or an editor leaves behind."""

import errno
import os
from pathlib import Path

import pytest

from antin.core.bytesource import MemorySource
from antin.core.errors import InputError, UnavailableError
from antin.infra.blobs import DirectoryBlobs


class Crash(BaseException):
    """Ends a put as a power failure would: nothing is cleaned up."""


class ShrinkingSource(MemorySource):
    """Promises more bytes than it gives."""

    @property
    def size(self) -> int:
        return super().size + 1


@pytest.fixture
def blobs(tmp_path: Path) -> DirectoryBlobs:
    return DirectoryBlobs(tmp_path / "blobs")


def file_of(tmp_path: Path, digest: str) -> Path:
    return tmp_path / "blobs" / digest[:2] / digest[2:4] / digest


def test_an_altered_file_is_noticed(blobs: DirectoryBlobs, tmp_path: Path) -> None:
    digest = blobs.put_bytes(b"letter")
    path = file_of(tmp_path, digest)
    path.chmod(0o600)
    path.write_bytes(b"Letter")
    assert blobs.exists(digest)
    assert not blobs.check(digest)


def test_files_are_private_and_not_writable(blobs: DirectoryBlobs, tmp_path: Path) -> None:
    path = file_of(tmp_path, blobs.put_bytes(b"letter"))
    assert path.stat().st_mode & 0o227 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_file_is_synced_before_it_is_named(
    blobs: DirectoryBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def watched_fsync(fd: int) -> None:
        steps.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        fsync(fd)

    def watched_replace(self: Path, target: Path) -> Path:
        steps.append("named")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    digest = blobs.put_bytes(b"letter")
    named = steps.index("named")
    assert any(step.endswith("/blob") for step in steps[:named])
    assert steps[named + 1 :] == [str(blobs._path(digest).parent)]


def test_a_crash_before_naming_leaves_nothing_that_is_listed(
    blobs: DirectoryBlobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("antin.infra.blobs.shutil.rmtree", lambda *_, **__: None)

    def crash(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(Crash):
        blobs.put_bytes(b"letter")
    monkeypatch.undo()
    assert list(blobs.all()) == []
    left = list((tmp_path / "blobs" / "tmp").iterdir())
    assert len(left) == 1
    assert blobs.clean_temporary(left[0].stat().st_mtime - 1) == 0, "it may be in use"
    assert blobs.clean_temporary(left[0].stat().st_mtime + 1) == 1
    assert list((tmp_path / "blobs" / "tmp").iterdir()) == []


def test_a_full_disk_is_told(blobs: DirectoryBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnavailableError) as caught:
        blobs.put_bytes(b"letter")
    assert caught.value.code == "storage_full"
    assert list(blobs.all()) == []


def test_a_source_that_changes_is_not_stored(blobs: DirectoryBlobs) -> None:
    with pytest.raises(InputError) as caught:
        blobs.put(ShrinkingSource(b"letter"))
    assert caught.value.code == "file_unreadable"
    assert list(blobs.all()) == []


def test_other_files_are_not_listed(blobs: DirectoryBlobs, tmp_path: Path) -> None:
    digest = blobs.put_bytes(b"letter")
    folder = file_of(tmp_path, digest).parent
    (folder / "README").write_text("not a blob")
    (folder / ("f" * 64)).write_text("a blob's name in the wrong folder")
    assert [name for name, _ in blobs.all()] == [digest]
