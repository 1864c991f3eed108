"""Several places for checkpoints: each gets every one, whatever happens to the others."""

import base64
import fcntl
import json
import os
from pathlib import Path

import pytest

from antin.core.clock import FixedClock
from antin.core.errors import AntinError, UnavailableError
from antin.infra.ledger import checkpoint_file
from antin.infra.ledger.checkpoint_file import CheckpointFile
from antin.infra.ledger.checkpoint_sinks import CheckpointFolder, ManySinks, NamedSink
from antin.infra.settings import parse_settings
from antin.infra.troubles import TroublesFile
from antin.infra.wiring import ledger_of, sink_of
from antin.ledger.checkpoints.checkpoint import parse_checkpoint, sign_checkpoint
from antin.ledger.ports import CheckpointSink, StoredCheckpoint, Timestamp
from tests.fakes.memory_sink import MemorySink
from tests.ledgers import checkpoint_of
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.rows import NOW

KEY = MemoryNoteKey()
OTHER = b"\x02" * 32


class Away(MemorySink):
    """A place that can't be written to or read."""

    def write(self, checkpoint: StoredCheckpoint) -> None:
        raise UnavailableError("storage_full", detail="not mounted")

    def keep_timestamp(self, checkpoint: StoredCheckpoint, timestamp: Timestamp) -> None:
        raise UnavailableError("storage_full", detail="not mounted")

    def newest(self) -> bytes | None:
        raise UnavailableError("storage_full", detail="not mounted")


def many(folder: Path, own: CheckpointSink, *others: CheckpointSink) -> ManySinks:
    named = [NamedSink(f"place {number}", one) for number, one in enumerate(others)]
    return ManySinks(own, named, TroublesFile(folder / "troubles.json"), FixedClock(NOW))


def troubles(folder: Path) -> dict[str, str]:
    told = TroublesFile(folder / "troubles.json").all()
    return {what: str(one["code"]) for what, one in told.items()}


def code_of(sink: CheckpointSink, checkpoint: StoredCheckpoint) -> str:
    with pytest.raises(AntinError) as caught:
        sink.write(checkpoint)
    return caught.value.code


def size_of(note: bytes | None) -> int:
    assert note is not None
    return parse_checkpoint(note).size


def test_one_that_is_away_hides_no_other(tmp_path: Path) -> None:
    own, here = MemorySink(), MemorySink()
    sinks = many(tmp_path, own, Away(), here)
    sinks.write(checkpoint_of(3))
    sinks.keep_timestamp(checkpoint_of(3), Timestamp(3, 0, b"token", NOW))
    assert [one.kept and one.kept.size for one in (own, here)] == [3, 3]
    assert own.stamped == here.stamped == [(3, b"token")]
    assert troubles(tmp_path) == {"checkpoints in place 0": "storage_full"}
    assert size_of(sinks.newest()) == 3


def test_one_that_is_back_is_no_trouble_any_more(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    sinks = many(tmp_path, MemorySink(), CheckpointFolder(disk))
    sinks.write(checkpoint_of(3))
    assert troubles(tmp_path) == {"checkpoints in place 0": "storage_full"}
    assert not disk.exists(), "a disk that is not mounted is not made up"
    disk.mkdir()
    sinks.write(checkpoint_of(4))
    assert troubles(tmp_path) == {}
    assert [one.name for one in disk.glob("*.checkpoint")] == ["0000000000000000004.checkpoint"]


def test_our_own_that_fails_is_an_error_and_the_others_are_written(tmp_path: Path) -> None:
    here = MemorySink()
    assert code_of(many(tmp_path, Away(), here), checkpoint_of(3)) == "storage_full"
    assert here.kept is not None


def test_whichever_holds_another_history_is_heard(tmp_path: Path) -> None:
    """Database and own file were rolled back together: the one on the other disk was not."""
    other, third = MemorySink(), MemorySink()
    other.write(checkpoint_of(5, OTHER))
    sinks = many(tmp_path, MemorySink(), other, third)
    assert code_of(sinks, checkpoint_of(5)) == "ledger_inconsistent"
    assert third.kept is not None
    assert troubles(tmp_path) == {"checkpoints in place 0": "ledger_inconsistent"}


def test_the_newest_of_all_counts(tmp_path: Path) -> None:
    own, other = MemorySink(), MemorySink()
    sinks = many(tmp_path, own, Away(), other)
    assert sinks.newest() is None
    own.write(checkpoint_of(3))
    other.write(checkpoint_of(9))
    assert size_of(sinks.newest()) == 9


def test_each_place_has_a_say(tmp_path: Path) -> None:
    own, other, third = MemorySink(), MemorySink(), MemorySink()
    sinks = many(tmp_path, own, other, Away(), third)
    own.write(checkpoint_of(3))
    other.write(checkpoint_of(9))
    assert [size_of(note) for note in sinks.each_newest()] == [9, 3]
    third.kept = own.kept
    assert [size_of(note) for note in sinks.each_newest()] == [9, 3], "the same one once"


def test_garbage_in_another_place_is_told_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"garbage")
    sinks = many(tmp_path, MemorySink(), CheckpointFile(tmp_path / "other"))
    assert sinks.newest() is None
    assert troubles(tmp_path) == {"checkpoints in place 0": "checkpoint_malformed"}
    sinks.write(checkpoint_of(3))
    assert (tmp_path / "other").read_bytes() == b"garbage", "it may be evidence"


def test_a_folder_keeps_every_checkpoint_and_its_time_stamps(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    made = [checkpoint_of(size) for size in (3, 20, 7)]
    for one in made:
        folder.write(one)
    folder.keep_timestamp(made[1], Timestamp(20, 0, b"first", NOW))
    folder.keep_timestamp(made[1], Timestamp(20, 1, b"second", NOW))
    folder.keep_timestamp(made[1], Timestamp(20, 0, b"another", NOW))
    for one in made:
        assert (tmp_path / f"{one.size:019d}.checkpoint").read_bytes() == one.note
    tokens = sorted((one.name, one.read_bytes()) for one in tmp_path.glob("*.tst"))
    assert tokens == [(f"{20:019d}.0.tst", b"first"), (f"{20:019d}.1.tst", b"second")]
    assert size_of(folder.newest()) == 20
    assert code_of(folder, checkpoint_of(7, OTHER)) == "ledger_inconsistent"


def test_the_file_keeps_the_newest_time_stamp_beside_it(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoint")
    made = checkpoint_of(3)
    file.keep_timestamp(made, Timestamp(3, 0, b"token", NOW))
    told = json.loads((tmp_path / "checkpoint.stamped").read_text())
    assert told == {
        "checkpoint": made.note.decode(),
        "timestamp": base64.b64encode(b"token").decode(),
    }


def test_places_are_named_in_the_settings(tmp_path: Path) -> None:
    text = """
[ledger]
origin = "o"
credential = "x"
sinks = [{ file = "usb/checkpoint" }, { folder = "nas" }]
"""
    for name in ("usb", "nas"):
        (tmp_path / name).mkdir()
    settings = parse_settings(tmp_path, text.encode())
    sink = sink_of(settings, ledger_of(settings), TroublesFile(tmp_path / "troubles.json"), KEY)
    sink.write(checkpoint_of(3))
    found = [tmp_path / "checkpoint", tmp_path / "usb" / "checkpoint", tmp_path / "nas" / "newest"]
    assert [size_of(one.read_bytes()) for one in found] == [3, 3, 3]


@pytest.mark.parametrize("wrong", ["{}", "{ file = 'a', folder = 'b' }", "{ url = 'http://a' }"])
def test_a_place_is_a_file_or_a_folder(tmp_path: Path, wrong: str) -> None:
    text = f"[ledger]\norigin = 'o'\ncredential = 'x'\nsinks = [{wrong}]\n"
    with pytest.raises(AntinError) as caught:
        parse_settings(tmp_path, text.encode())
    assert caught.value.code == "settings_invalid"


def signed(size: int, key: MemoryNoteKey) -> StoredCheckpoint:
    return StoredCheckpoint(size, OTHER, sign_checkpoint(ORIGIN, size, OTHER, key), (), NOW)


def placed(folder: Path) -> CheckpointSink:
    """Return our own place, and one of somebody else's."""
    text = f"""
[ledger]
origin = "{ORIGIN}"
credential = "x"
sinks = [{{ folder = "theirs" }}]
"""
    (folder / "theirs").mkdir()
    settings = parse_settings(folder, text.encode())
    return sink_of(settings, ledger_of(settings), TroublesFile(folder / "troubles.json"), KEY)


def test_a_place_cannot_stop_us_by_what_we_never_signed(tmp_path: Path) -> None:
    sink = placed(tmp_path)
    forged = signed(10**18, MemoryNoteKey()).note
    (tmp_path / "theirs" / "newest").write_bytes(forged)
    told = {f"checkpoints in {tmp_path / 'theirs'}": "checkpoint_malformed"}
    assert sink.each_newest() == ()
    assert troubles(tmp_path) == told
    sink.write(signed(3, KEY))
    assert troubles(tmp_path) == told, "it stands in the way of ours"
    assert [size_of(note) for note in sink.each_newest()] == [3]
    (tmp_path / "theirs" / "newest").write_bytes(signed(9, KEY).note)
    assert [size_of(note) for note in sink.each_newest()] == [9, 3], "ours is heard"


def test_a_link_in_a_place_leads_to_no_file_of_ours(tmp_path: Path) -> None:
    sink = placed(tmp_path)
    (tmp_path / "database").write_bytes(b"all that we have")
    for name in ("newest.new", f"{3:019d}.checkpoint.new"):
        (tmp_path / "theirs" / name).symlink_to(tmp_path / "database")
    sink.write(signed(3, KEY))
    assert (tmp_path / "database").read_bytes() == b"all that we have"
    assert size_of((tmp_path / "theirs" / "newest").read_bytes()) == 3
    assert troubles(tmp_path) == {}


def test_a_pipe_in_a_place_is_not_waited_for(tmp_path: Path) -> None:
    sink = placed(tmp_path)
    os.mkfifo(tmp_path / "theirs" / "newest")
    sink.write(signed(3, KEY))
    assert [size_of(note) for note in sink.each_newest()] == [3]
    assert list(troubles(tmp_path).values()) == ["storage_full"]


def test_a_place_that_is_locked_for_good_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = placed(tmp_path)
    monkeypatch.setattr(checkpoint_file, "LOCK_SECONDS", 0.0)
    with (tmp_path / "theirs" / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sink.write(signed(3, KEY))
        assert list(troubles(tmp_path).values()) == ["storage_full"]
    sink.write(signed(4, KEY))
    assert troubles(tmp_path) == {}
