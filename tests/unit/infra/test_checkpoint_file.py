"""The checkpoint outside the database: never set back, never silently replaced."""

import errno
import os
from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.infra.ledger.checkpoint_file import CheckpointFile
from tests.ledgers import checkpoint_of


@pytest.fixture
def sink(tmp_path: Path) -> CheckpointFile:
    return CheckpointFile(tmp_path / "checkpoint")


def test_what_is_no_checkpoint_is_kept_as_evidence(sink: CheckpointFile, tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_bytes(b"junk")
    with pytest.raises(AntinError) as caught:
        sink.write(checkpoint_of(5))
    assert caught.value.code == "checkpoint_malformed"
    assert sink.newest() == b"junk"


def test_nothing_is_left_beside_it(sink: CheckpointFile, tmp_path: Path) -> None:
    sink.write(checkpoint_of(5))
    assert {file.name for file in tmp_path.iterdir()} == {"checkpoint", "checkpoint.lock"}


def test_what_a_failed_write_left_is_cleared_by_the_next(
    sink: CheckpointFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        for _ in range(3):
            with pytest.raises(AntinError) as caught:
                sink.write(checkpoint_of(5))
            assert caught.value.code == "storage_full"
    assert len(list(tmp_path.iterdir())) <= 2
    sink.write(checkpoint_of(5))
    assert {file.name for file in tmp_path.iterdir()} == {"checkpoint", "checkpoint.lock"}
    assert (tmp_path / "checkpoint").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AntinError) as caught:
        CheckpointFile(tmp_path / "nowhere" / "checkpoint").write(checkpoint_of(5))
    assert caught.value.family == "unavailable"
