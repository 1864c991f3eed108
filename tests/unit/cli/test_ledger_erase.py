"""``antin ledger erase``: asks, erases, says what it did, and leaves nothing in the files."""

import io
import re
from pathlib import Path

import pytest

from antin.cli import texts
from antin.cli.main import main
from antin.cli.session import acting
from antin.flows import filing
from antin.infra.unit_of_work_sqlite import SqliteUnitOfWork

MARKER = "zq7-nguyen-van-a-4411"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An office whose administrator is at the keyboard."""
    folder = tmp_path / "data"
    names = ("--origin", "ledger.example/test", "--agency-code", "MAU", "--agency-name", "UBND Mẫu")
    assert main(["init", "--data", str(folder), *names, "--admin", "Quản trị"]) == 0
    monkeypatch.setenv("ANTIN_DATA_DIR", str(folder))
    monkeypatch.setenv("ANTIN_API_KEY_FILE", str(folder / "admin.key"))
    texts.language.cache_clear()
    return folder


def record(data: Path) -> tuple[str, list[bytes]]:
    """Open a record about somebody; return its id and the salts of its entries."""
    with acting(data) as me:
        (agency,) = me.principal.agencies()
        new = filing.NewRecord(
            agency, code_notation="01.VP", title=MARKER, retention="06", creator="VP"
        )
        made = str(filing.open_record(me.services, me.call("open"), new)["id"])
        filing.note_change(me.services, me.call("note"), made, "comment.added", {"text": MARKER})
        filing.amend_record(me.services, me.call("amend"), made, {"title": "Pension 12"})
        work = me.services.work
        rows = work.read(lambda s: s.ledger.of_stream(f"record/{made}"))
        payloads = [work.read(lambda s: s.ledger.payload(row.index)) for row in rows]  # noqa: B023 — it runs at once
    return made, [payload.salt for payload in payloads if payload]


def holding(folder: Path, secret: bytes) -> list[str]:
    return [
        path.name for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()
    ]


def test_nothing_of_a_record_is_left_in_the_data_directory(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, salts = record(data)
    assert len(salts) == 3
    assert holding(data, MARKER.encode())
    assert all(holding(data, salt) for salt in salts)
    capsys.readouterr()
    assert main(["ledger", "erase", "--record", made, "--reason", "Request 12", "--yes"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^Erased the facts of 3 entries; entry \d+ tells of it\.$", out, re.MULTILINE)
    assert "none of the database's own files" in out
    assert holding(data, MARKER.encode()) == []
    assert not any(holding(data, salt) for salt in salts)
    assert main(["ledger", "erase", "--record", made, "--reason", "again", "--yes"]) == 1
    assert "nothing_to_erase" in capsys.readouterr().err


def test_later_leaves_it_to_vacuum(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, salts = record(data)
    arguments = ["--reason", "Request 12", "--yes", "--later"]
    assert main(["ledger", "erase", "--record", made, *arguments]) == 0
    assert "own files" not in capsys.readouterr().out
    assert main(["ledger", "vacuum"]) == 0
    assert "own files" in capsys.readouterr().out
    assert not any(holding(data, secret) for secret in (MARKER.encode(), *salts))


def test_what_a_vacuum_did_not_reach_is_said(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(SqliteUnitOfWork, "vacuum", lambda _: ("it is archived",))
    capsys.readouterr()
    assert main(["ledger", "vacuum"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("antin: wal_not_overwritten: ")
    assert "it is archived" in said.err
    assert said.out == ""


def test_without_a_person_or_yes_it_only_shows(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, _ = record(data)
    capsys.readouterr()
    assert main(["ledger", "erase", "--record", made, "--reason", "Request 12"]) == 2
    said = capsys.readouterr()
    assert said.out.count(MARKER) == 3
    assert "INDEX" in said.out
    assert "antin: confirmation_missing: " in said.err
    assert "no backup" in said.err
    assert holding(data, MARKER.encode())


@pytest.mark.parametrize(("typed", "code", "left"), [("y\n", 0, False), ("n\n", 1, True)])
def test_a_person_is_asked(
    data: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, *, left: bool
) -> None:
    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    made, _ = record(data)
    monkeypatch.setattr("sys.stdin", Keyboard(typed))
    assert main(["ledger", "erase", "--record", made, "--reason", "Request 12"]) == code
    assert bool(holding(data, MARKER.encode())) is left


def test_entries_are_named_by_index_and_range(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(data)
    capsys.readouterr()
    assert main(["ledger", "erase", "3-4", "5", "--reason", "Request 12", "--yes"]) == 0
    assert "the facts of 3 entries; entry 6 tells" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        ((), 2, "request_invalid"),
        (("x",), 2, "request_invalid"),
        (("3-",), 2, "request_invalid"),
        (("0-99999999999999",), 1, "field_invalid"),
        (("99",), 1, "entry_not_found"),
        (("--document", "nothing"), 1, "document_not_found"),
    ],
)
def test_what_cannot_be_erased(
    data: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    word: str,
) -> None:
    assert main(["ledger", "erase", *arguments, "--reason", "Request 12", "--yes"]) == code
    assert f"antin: {word}: " in capsys.readouterr().err
