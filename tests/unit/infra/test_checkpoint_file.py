"""The checkpoint outside the database: never set back, never silently replaced."""

from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.infra.checkpoint_file import CheckpointFile
from antin.ledger.checkpoint import parse_checkpoint, sign_checkpoint
from antin.ledger.ports import StoredCheckpoint
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.rows import NOW

KEY = MemoryNoteKey()


def made(size: int, root: bytes = b"\x01" * 32) -> StoredCheckpoint:
    return StoredCheckpoint(size, root, sign_checkpoint(ORIGIN, size, root, KEY), (root,), NOW)


@pytest.fixture
def sink(tmp_path: Path) -> CheckpointFile:
    return CheckpointFile(tmp_path / "checkpoint")


def kept_size(sink: CheckpointFile) -> int:
    note = sink.newest()
    assert note is not None
    return parse_checkpoint(note).size


def test_at_first_there_is_none(sink: CheckpointFile) -> None:
    assert sink.newest() is None


def test_a_larger_one_replaces_a_smaller_one_never_the_reverse(sink: CheckpointFile) -> None:
    for size, expected in ((2, 2), (5, 5), (3, 5), (5, 5), (6, 6)):
        sink.write(made(size))
        assert kept_size(sink) == expected


def test_two_histories_of_one_size_are_told(sink: CheckpointFile) -> None:
    sink.write(made(5))
    with pytest.raises(AntinError) as caught:
        sink.write(made(5, b"\x02" * 32))
    assert caught.value.code == "ledger_inconsistent"


def test_what_is_no_checkpoint_is_kept_as_evidence(sink: CheckpointFile, tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_bytes(b"junk")
    with pytest.raises(AntinError) as caught:
        sink.write(made(5))
    assert caught.value.code == "checkpoint_malformed"
    assert sink.newest() == b"junk"


def test_nothing_is_left_beside_it(sink: CheckpointFile, tmp_path: Path) -> None:
    sink.write(made(5))
    assert {file.name for file in tmp_path.iterdir()} == {"checkpoint", "checkpoint.lock"}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AntinError) as caught:
        CheckpointFile(tmp_path / "nowhere" / "checkpoint").write(made(5))
    assert caught.value.family == "unavailable"
