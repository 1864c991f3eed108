"""What every place for the newest checkpoint promises (antin.ledger.ports)."""

from pathlib import Path

import pytest

from antin.core.clock import FixedClock
from antin.core.errors import AntinError
from antin.infra.ledger.checkpoint_file import CheckpointFile
from antin.infra.ledger.checkpoint_sinks import CheckpointFolder, ManySinks, NamedSink
from antin.infra.troubles import TroublesFile
from antin.ledger.checkpoints.checkpoint import parse_checkpoint
from antin.ledger.ports import CheckpointSink, Timestamp
from tests.fakes.memory_sink import MemorySink
from tests.ledgers import checkpoint_of
from tests.rows import NOW


@pytest.fixture(params=["memory", "file", "folder", "many"])
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> CheckpointSink:
    if request.param == "memory":
        return MemorySink()
    if request.param == "file":
        return CheckpointFile(tmp_path / "checkpoint")
    folder = CheckpointFolder(tmp_path)
    if request.param == "folder":
        return folder
    others = [NamedSink("disk", folder), NamedSink("gone", CheckpointFile(tmp_path / "no" / "c"))]
    troubles = TroublesFile(tmp_path / "troubles.json")
    return ManySinks(CheckpointFile(tmp_path / "own"), others, troubles, FixedClock(NOW))


def kept_size(sink: CheckpointSink) -> int:
    note = sink.newest()
    assert note is not None
    return parse_checkpoint(note).size


def test_at_first_there_is_none(sink: CheckpointSink) -> None:
    assert sink.newest() is None


def test_a_larger_one_replaces_a_smaller_one_never_the_reverse(sink: CheckpointSink) -> None:
    for size, expected in ((2, 2), (5, 5), (3, 5), (5, 5), (6, 6)):
        sink.write(checkpoint_of(size))
        assert kept_size(sink) == expected


def test_two_histories_of_one_size_are_told(sink: CheckpointSink) -> None:
    sink.write(checkpoint_of(5))
    with pytest.raises(AntinError) as caught:
        sink.write(checkpoint_of(5, b"\x02" * 32))
    assert caught.value.code == "ledger_inconsistent"


def test_a_time_stamp_disturbs_nothing(sink: CheckpointSink) -> None:
    stamped = checkpoint_of(4)
    sink.write(checkpoint_of(5))
    for _ in range(2):
        sink.keep_timestamp(stamped, Timestamp(4, 0, b"a token", NOW))
    assert kept_size(sink) == 5


def test_what_is_put_aside_is_kept_and_is_the_newest_no_more(sink: CheckpointSink) -> None:
    assert sink.put_asides() == ()
    for size in (3, 4, 9):
        sink.write(checkpoint_of(size))
    lost = sink.newest()
    assert lost is not None
    sink.put_aside(b"another", 0)
    assert sink.newest() == lost, "only what is the newest is put aside"
    for _ in range(2):
        sink.put_aside(lost, 3)
        assert (sink.newest(), sink.put_asides()) == (None, (lost,))
    # Of the lost history, and of another: what is in the way of those to come is aside, too.
    sink.write(checkpoint_of(4, b"\x02" * 32))
    assert kept_size(sink) == 4, "a smaller one may follow now"
    sink.put_aside(lost, 3)
    assert kept_size(sink) == 4


def test_nothing_that_was_put_aside_is_written_over(sink: CheckpointSink) -> None:
    notes = []
    for root in (b"\x01" * 32, b"\x02" * 32):
        sink.write(checkpoint_of(5, root))
        newest = sink.newest()
        assert newest is not None
        notes.append(newest)
        sink.put_aside(newest, 0)
    assert sorted(sink.put_asides()) == sorted(notes)


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.lost-1").mkdir()
    (tmp_path / "checkpoint").mkdir()
    for step in (
        CheckpointFile(tmp_path / "checkpoint").put_asides,
        CheckpointFile(tmp_path / "checkpoint").newest,
    ):
        with pytest.raises(AntinError) as caught:
            step()
        assert caught.value.code == "storage_full"
