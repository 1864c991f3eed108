"""``antin ledger import``: an old change log into an installation."""

import json
from pathlib import Path

import pytest

from antin.cli.main import main
from tests.histories import a_file, a_line

MADE = ("--origin", "ledger.example/test", "--agency-code", "MAU", "--agency-name", "UBND Mẫu")


@pytest.fixture
def agency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """The agency of an installation in ``data``."""
    monkeypatch.delenv("ANTIN_API_KEY_FILE", raising=False)
    data = str(tmp_path / "data")
    assert main(["init", "--data", data, *MADE, "--admin", "Quản trị"]) == 0
    monkeypatch.setenv("ANTIN_DATA_DIR", data)
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
