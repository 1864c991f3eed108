"""``antin ledger verify DIR``: an export, checked in no office, with no database."""

import json
import sys
from pathlib import Path

import pytest

from antin.cli.main import main
from tests.exports import VKEY, export
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.ledgers import append


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = MemoryUnitOfWork()
    append(work, *["agency/a", "record/b"] * 150)
    export(work, tmp_path / "x")
    return tmp_path / "x"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["ledger", "verify", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_by_a_key_that_was_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, folder, "--key", VKEY, "--jobs", 1)
    assert (code, out.split("\n")[0]) == (0, "Ledger test.example/log: TOTAL-PASSED")
    assert max(map(len, out.split("\n"))) <= 80
    kept = folder.parent / "ledger.vkey"
    kept.write_text(VKEY)
    against = ("--against", folder, "--against", folder / "checkpoint")
    assert run(capsys, folder, "--key", kept, *against)[0] == 0


def test_without_a_key_nothing_is_passed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, folder, "--format", "json")
    report = json.loads(out)
    assert (code, report["conclusion"]) == (3, "INDETERMINATE")
    assert [one["code"] for one in report["findings"]] == ["key_unconfirmed"]


def test_what_was_altered_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tile = folder / "tile/0/001.p/44"
    tile.write_bytes(bytes(len(tile.read_bytes())))
    code, out, _ = run(capsys, folder, "--key", VKEY)
    assert code == 1
    assert "tile_altered" in out
    assert "tile/0/001.p/44" in out


def test_what_cannot_be_checked(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, tmp_path / "none", "--key", VKEY)[0] == 5
    assert run(capsys, folder, "--key", "no key")[0] == 5
    assert run(capsys, folder, "--against", tmp_path / "none")[0] == 5
    code, _, err = run(capsys, "--key", VKEY)
    assert code == 2
    assert "--key, --against and --witness are for an export" in err


def test_neither_server_nor_database_is_loaded(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sqlalchemy", "pydantic_settings", "fastapi"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run(capsys, folder, "--key", VKEY)[0] == 0
