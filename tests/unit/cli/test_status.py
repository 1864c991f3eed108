"""``antin status`` on a database that was set back."""

import json
from pathlib import Path

import pytest

from antin.cli.main import main
from tests.notekey import ORIGIN

MADE = ("--origin", ORIGIN, "--agency-code", "MAU", "--agency-name", "UBND Mẫu", "--admin", "A")
AHEAD = f"{ORIGIN}\n900\n{'A' * 43}=\n\n— {ORIGIN} AAAAAAAAAAAA\n"


def test_a_database_that_was_set_back_is_not_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    assert main(["init", "--data", str(data), *MADE]) == 0
    monkeypatch.setenv("ANTIN_DATA_DIR", str(data))
    capsys.readouterr()
    assert main(["status", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["refused"] is None

    (data / "checkpoint").write_text(AHEAD)
    assert main(["status"]) == 1
    shown = capsys.readouterr()
    assert "entries: " in shown.out, "what there is to say is said all the same"
    assert shown.err.startswith("antin: checkpoint_ahead: ")
    assert main(["status", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["refused"] == "checkpoint_ahead"
