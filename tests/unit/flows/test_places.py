"""A database that was set back and went on is stopped by the one place that was not set back."""

from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.flows import audit
from antin.infra.ledger.checkpoint_sinks import ManySinks, NamedSink
from antin.infra.troubles import TroublesFile
from antin.ledger.checkpoints.checkpoint import sign_checkpoint
from antin.ledger.ports import StoredCheckpoint
from tests.fakes.memory_sink import MemorySink
from tests.office import Office


def test_every_place_is_asked_before_anything_is_signed(office: Office, tmp_path: Path) -> None:
    own, other = MemorySink(), MemorySink()
    troubles = TroublesFile(tmp_path / "troubles.json")
    sinks = ManySinks(own, [NamedSink("other disk", other)], troubles, office.clock)
    watched = office.without(checkpoint_sink=sinks)
    watched.upload()
    size = int(str(audit.take_checkpoint(watched.services)["size"]))
    audit.require_ledger_continued(watched.services)

    # The other disk has what was signed before the database was set back to less and went on.
    key, root = office.services.checkpoint_key, b"\x07" * 32
    before = sign_checkpoint(office.services.origin, size - 1, root, key)
    other.kept = StoredCheckpoint(size - 1, root, before, (), office.clock.moment)
    assert own.kept is not None
    assert own.kept.size > other.kept.size, "its own file is no longer behind"
    watched.upload()
    for step in (audit.take_checkpoint, audit.require_ledger_continued):
        with pytest.raises(AntinError) as caught:
            step(watched.services)
        assert caught.value.code == "history_forked"
    report = audit.check_ledger(watched.services)
    told = {
        one.code: dict(one.values)["size"] for one in report.findings if "size" in dict(one.values)
    }
    assert told["checkpoint_missing"] == size - 1
    missing = audit.find_missing(watched.services)
    assert missing is not None
    assert missing.note == before
