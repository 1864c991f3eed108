"""What every place for the newest checkpoint promises (antin.ledger.ports)."""

from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.infra.checkpoint_file import CheckpointFile
from antin.ledger.checkpoint import parse_checkpoint
from antin.ledger.ports import CheckpointSink
from tests.fakes.memory_sink import MemorySink
from tests.ledgers import checkpoint_of


@pytest.fixture(params=["memory", "file"])
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> CheckpointSink:
    return MemorySink() if request.param == "memory" else CheckpointFile(tmp_path / "checkpoint")


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
