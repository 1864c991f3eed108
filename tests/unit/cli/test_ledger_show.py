"""``antin ledger show``: filters, pages, times where the reader is."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from antin.cli import texts
from antin.cli.main import main
from antin.cli.session import acting
from antin.flows import filing
from antin.flows.audit import entries

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Ho_Chi_Minh")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: None) -> str:
    """An office with a record that has five changes; its id."""
    folder = tmp_path / "data"
    names = ("--origin", "ledger.example/test", "--agency-code", "MAU", "--agency-name", "UBND Mẫu")
    assert main(["init", "--data", str(folder), *names, "--admin", "Quản trị"]) == 0
    monkeypatch.setenv("ANTIN_DATA_DIR", str(folder))
    monkeypatch.setenv("ANTIN_API_KEY_FILE", str(folder / "admin.key"))
    texts.language.cache_clear()
    with acting(folder) as me:
        (agency,) = me.principal.agencies()
        new = filing.NewRecord(agency, code_notation="1", title="T", retention="1", creator="X")
        made = str(filing.open_record(me.services, me.call("open"), new)["id"])
        for n in range(5):
            filing.note_change(me.services, me.call("note"), made, "comment.added", {"n": n})
    return made


def shown(capsys: Captured, *arguments: str) -> tuple[list[dict[str, object]], str]:
    capsys.readouterr()
    assert main(["ledger", "show", *arguments, "--format", "json"]) == 0
    said = capsys.readouterr()
    return json.loads(said.out), said.err


def test_a_records_entries_page_by_page(record: str, capsys: Captured) -> None:
    first, said = shown(capsys, "--record", record, "--limit", "4")
    assert [row["n"] for row in first] == [0, 1, 2, 3]
    assert said == "antin: There may be more. Go on with: --from 7\n"
    rest, said = shown(capsys, "--record", record, "--limit", "4", "--from", "7")
    assert [row["n"] for row in rest] == [4, 5]
    assert said == ""


def test_all_filters_together(record: str, capsys: Captured) -> None:
    everything, _ = shown(capsys)
    actor = str(everything[3]["actor"])
    moment = str(everything[3]["time"])
    found, _ = shown(
        capsys, "--actor", actor, "--action", "external", "--since", moment, "--until", "2999-01-01"
    )
    assert [row["index"] for row in found] == [4, 5, 6, 7, 8]
    assert shown(capsys, "--until", moment, "--action", "external")[0] == []
    assert len(shown(capsys, "--agency", "MAU")[0]) == 3


def test_it_goes_on_to_the_end_of_a_long_ledger(
    record: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "LOOKED_AT", 2)
    found, said = shown(capsys, "--action", "external", "--limit", "2")
    assert [row["index"] for row in found] == [4, 5]
    assert "--from 6" in said
    found, said = shown(capsys, "--action", "external")
    assert [row["index"] for row in found] == [4, 5, 6, 7, 8]
    assert said == ""


def test_text_tells_the_time_where_the_reader_is(record: str, capsys: Captured) -> None:
    (row,), _ = shown(capsys, "--limit", "1")
    assert str(row["time"]).endswith("Z")
    assert main(["ledger", "show", "--limit", "1"]) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert "+07:00" in line


@pytest.mark.parametrize(
    ("arguments", "end", "code"),
    [
        (("--record", "a", "--agency", "MAU"), 1, "field_invalid"),
        (("--record", "a"), 1, "record_not_found"),
        (("--agency", "NO"), 1, "agency_not_found"),
        (("--since", "yesterday"), 2, "request_invalid"),
        (("--action", "Seal"), 1, "field_invalid"),
    ],
)
def test_what_cannot_be_asked(
    record: str, capsys: Captured, arguments: tuple[str, ...], end: int, code: str
) -> None:
    assert main(["ledger", "show", *arguments]) == end
    assert f"antin: {code}: " in capsys.readouterr().err
