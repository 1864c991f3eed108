"""Reading a file of lines by processes: in order, with the errors that one process would tell."""

import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from antin.core.errors import AntinError, InputError, UnavailableError
from antin.core.limits import MAX_HISTORY_LINE_BYTES
from antin.infra.ledger import history as ledger_import
from antin.infra.ledger.rows_postgres import Copying
from antin.infra.ledger.rows_sqlite import Packing
from antin.ledger.history import Placing
from tests.histories import a_file, a_line, batches


@pytest.fixture(autouse=True)
def by_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches, and processes for all of them."""
    monkeypatch.setattr(ledger_import, "_BLOCK", 2000)
    monkeypatch.setattr(ledger_import, "_FOR_A_PROCESS", 1)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})


def test_batches_come_in_order(tmp_path: Path) -> None:
    file = a_file(tmp_path, [a_line(number) for number in range(300)])
    parts = list(batches(file))
    assert len(parts) > 10
    requests = [one for part in parts for one in part.requests]
    assert requests == [f"import/hoso/ev-{number}" for number in range(300)]
    firsts = [part.first_line for part in parts]
    assert firsts == [1 + sum(b.count for b in parts[:at]) for at in range(len(parts))]
    assert multiprocessing.active_children() == []


def test_a_bad_line_is_told_with_its_number(tmp_path: Path) -> None:
    lines = [a_line(number) for number in range(300)]
    lines[222]["at"] = "yesterday"
    with pytest.raises(InputError) as caught:
        list(batches(a_file(tmp_path, lines)))
    assert (caught.value.code, caught.value.values["line"]) == ("history_malformed", 223)
    assert multiprocessing.active_children() == []


def test_a_line_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = a_file(tmp_path, [a_line(1)])
    with file.path.open("ab") as more:
        more.write(b"x" * (2 * MAX_HISTORY_LINE_BYTES))
    for reading in (file.lines, lambda: list(batches(file))):
        with pytest.raises(InputError) as caught:
            reading()
        assert (caught.value.code, caught.value.values["line"]) == ("history_malformed", 2)


@pytest.mark.parametrize("how", [Copying, Packing])
def test_a_reader_loads_nothing_of_a_database(how: type) -> None:
    """It would take a twentieth of the time that half a million lines take."""
    program = (
        "import pickle, sys; import antin.infra.ledger.history;"
        f"pickle.loads({pickle.dumps(how(Placing(0, {}, 'admin', 1)))!r});"
        "print(sorted({'sqlalchemy', 'psycopg', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_reader_that_is_killed(tmp_path: Path) -> None:
    facts = {"text": "a" * 10_000}  # more than a pipe holds, in all
    reading = batches(a_file(tmp_path, [a_line(number, facts=facts) for number in range(300)]))
    next(reading)
    for child in multiprocessing.active_children():
        child.kill()
    with pytest.raises(UnavailableError) as caught:
        list(reading)
    assert caught.value.code == "history_reader_gone"


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_a_file_that_can_not_be_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    file = ledger_import.HistoryFile(path, "hoso")
    for reading in (file.lines, lambda: list(batches(file))):
        with pytest.raises(AntinError) as caught:
            reading()
        assert caught.value.code == "file_unreadable"


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    file = a_file(tmp_path, [])
    assert (file.lines(), list(batches(file))) == (0, [])
