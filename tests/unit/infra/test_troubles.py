"""What fails outside is remembered until it works again, and is nobody's reason to stop."""

from datetime import timedelta
from pathlib import Path

from antin.core.errors import RefusedError, UnavailableError
from antin.infra.troubles import TroublesFile
from tests.rows import NOW

AWAY = UnavailableError("witness_unavailable", witness="w", detail="it took too long")
LATER = timedelta(hours=1)


def test_the_first_and_the_last_time_are_kept(tmp_path: Path) -> None:
    troubles = TroublesFile(tmp_path / "troubles.json")
    assert troubles.all() == {}
    troubles.note("witness w", AWAY, NOW)
    troubles.note("witness w", AWAY, NOW + LATER)
    told = troubles.all()["witness w"]
    assert told["code"] == "witness_unavailable"
    assert told["since"] != told["last"]
    other = RefusedError("witness_refused", witness="w", detail="no")
    troubles.note("witness w", other, NOW + LATER)
    told = troubles.all()["witness w"]
    assert (told["code"], told["since"]) == ("witness_refused", told["last"])


def test_what_works_again_is_forgotten(tmp_path: Path) -> None:
    troubles = TroublesFile(tmp_path / "troubles.json")
    troubles.note("witness w", AWAY, NOW)
    troubles.note("witness v", AWAY, NOW)
    TroublesFile(tmp_path / "troubles.json").note("witness w", None, NOW)
    assert set(troubles.all()) == {"witness v"}


def test_what_never_failed_writes_nothing(tmp_path: Path) -> None:
    TroublesFile(tmp_path / "troubles.json").note("witness w", None, NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_unreadable_or_unwritable_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "troubles.json"
    for text in ("", "[]", "[" * 100_000, '{"a": 5}', '{"a": {"code": "x"}}'):
        path.write_text(text)
        assert TroublesFile(path).all() == {}
    TroublesFile(path).note("witness w", AWAY, NOW)
    assert set(TroublesFile(path).all()) == {"witness w"}
    TroublesFile(tmp_path / "gone" / "troubles.json").note("witness w", AWAY, NOW)
