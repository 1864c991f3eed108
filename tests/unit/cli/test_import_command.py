"""``antin ledger import``: an old change log into an installation."""

import json
import os
from pathlib import Path

import pytest

from antin.cli.main import main
from antin.infra.database_roles import RoleNames, roles_sql
from tests.histories import a_file, a_line
from tests.postgres import PostgresServer, database_of, postgres_server

__all__ = ["postgres_server"]
MADE = ("--origin", "ledger.example/test", "--agency-code", "MAU", "--agency-name", "UBND Mẫu")


@pytest.fixture
def agency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """The agency of an installation in ``data``."""
    monkeypatch.delenv("ANTIN_API_KEY_FILE", raising=False)
    monkeypatch.setenv("ANTIN_DATA_DIR", str(tmp_path / "data"))
    return made(capsys)


def made(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["init", *MADE, "--admin", "Quản trị"]) == 0
    assert main(["agency", "list", "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out.splitlines()[-1])
    return f"agency/{found['id']}"


def imported(path: Path, *more: str) -> int:
    return main(["ledger", "import", str(path), "--source", "hoso", *more])


def test_a_log_is_taken_over_once(
    agency: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = a_file(tmp_path, [a_line(number, agency) for number in range(50)])
    assert imported(file.path) == 0
    assert "50 lines, 50 appended, 0 were there before" in capsys.readouterr().out
    assert imported(file.path, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == {"lines": 50, "appended": 0}
    assert main(["ledger", "show", "--limit", "1000", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert sum(row["action"] == "history.imported" for row in rows) == 50


def test_a_pipe_is_not_said_to_be_taken_over(
    agency: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its lines could be counted, and were gone when they were to be appended."""
    reader, writer = os.pipe()
    os.write(
        writer, a_file(tmp_path, [a_line(number, agency) for number in range(5)]).path.read_bytes()
    )
    os.close(writer)
    assert imported(Path(f"/dev/fd/{reader}")) == 5
    os.close(reader)
    told = capsys.readouterr()
    assert told.err.startswith("antin: file_unreadable: ")
    assert "appended" not in told.out


@pytest.mark.parametrize(
    ("change", "exit_code", "code"),
    [
        ({"at": "yesterday"}, 5, "history_malformed"),
        ({"stream": "record/none"}, 1, "history_not_yours"),
    ],
)
def test_what_can_not_be_taken_over_leaves_nothing(
    agency: str,
    change: dict[str, object],
    exit_code: int,
    code: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = [a_line(number, agency) for number in range(50)]
    file = a_file(tmp_path, [*good, a_line(50, agency) | change])
    assert imported(file.path) == exit_code
    assert capsys.readouterr().err.startswith(f"antin: {code}: ")
    assert main(["ledger", "show", "--limit", "1000", "--format", "json"]) == 0
    assert "history.imported" not in capsys.readouterr().out


def test_a_file_that_is_not_there(
    agency: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del agency
    assert imported(tmp_path / "none") == 5
    assert capsys.readouterr().err.startswith("antin: file_unreadable: ")


def test_a_source_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "import", "x", "--source", "Hồ sơ"]) == 2
    assert capsys.readouterr().err.startswith("antin: usage: ")


@pytest.mark.real("postgres")
def test_with_roles_of_production_it_is_the_owners_work(
    postgres_server: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = postgres_server.new_database()
    monkeypatch.delenv("ANTIN_API_KEY_FILE", raising=False)
    monkeypatch.setenv("ANTIN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ANTIN_DATABASE_URL", url)
    agency = made(capsys)
    name, roles = database_of(url), RoleNames()
    postgres_server.execute(roles_sql(roles).encode(), name)
    postgres_server.execute("CREATE ROLE importer LOGIN IN ROLE antin_owner")

    file = a_file(tmp_path, [a_line(number, agency) for number in range(50)])
    monkeypatch.setenv("ANTIN_DATABASE_URL", postgres_server.url(name, roles.service))
    assert imported(file.path) == 1
    assert "antin: history_needs_owner: " in capsys.readouterr().err
    monkeypatch.setenv("ANTIN_DATABASE_URL", postgres_server.url(name, "importer"))
    assert imported(file.path) == 0
    assert "50 lines, 50 appended" in capsys.readouterr().out
    more = a_file(tmp_path, [a_line(number, agency) for number in range(60)], "more")
    assert main(["ledger", "import", str(more.path), "--source", "hoso"]) == 0
    assert "60 lines, 10 appended" in capsys.readouterr().out
    # The service goes on with what the owner made again.
    monkeypatch.setenv("ANTIN_DATABASE_URL", postgres_server.url(name, roles.service))
    assert main(["agency", "add", "HAI", "UBND Hai"]) == 0
    assert main(["ledger", "show", "--limit", "1000", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert sum(row["action"] == "history.imported" for row in rows) == 60
