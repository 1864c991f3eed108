"""``antin init`` makes a data directory once; ``antin fsck`` says what is wrong in it."""

import dataclasses
import re
from pathlib import Path

import pytest

from antin.cli import fsck, texts
from antin.cli.main import main
from antin.flows.audit import FsckReport
from antin.ledger.checking.report import LedgerReport

MADE = ("--origin", "ledger.example/test", "--agency-code", "MAU", "--agency-name", "UBND Mẫu")
SOUND = FsckReport(LedgerReport("ledger.example/test", 1, bytes(32), 1, 1, ()), (), (), (), 0, 0)


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTIN_DATA_DIR", "ANTIN_TRUST_DIR", "ANTIN_API_KEY_FILE", "ANTIN_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTIN_LANGUAGE", "en")
    texts.language.cache_clear()


def init(folder: Path, *more: str) -> int:
    return main(["init", "--data", str(folder), *MADE, "--admin", "Quản trị", *more])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_data_directory_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    assert init(data) == 0
    secret = (data / "admin.key").read_text().strip()
    assert secret not in capsys.readouterr().out
    before = contents(data)
    assert init(data) == 2
    assert capsys.readouterr().err.startswith("antin: data_directory_exists: ")
    assert contents(data) == before


def test_what_fails_leaves_nothing_but_what_was_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    assert init(data, "--trust", str(tmp_path / "gone")) != 0
    assert not data.exists()
    data.mkdir()
    (data / "notes.txt").write_text("mine")
    assert init(data, "--trust", str(tmp_path / "gone")) != 0
    assert contents(data) == {"notes.txt": b"mine"}
    assert re.fullmatch(r"(antin: \w+: .*\n){2}", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("what", "code"), [("corrupt_blobs", "blob_corrupt"), ("missing_blobs", "blob_not_found")]
)
def test_fsck_names_each_file_that_is_not_what_it_was(
    what: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fsck.fsck_code(SOUND) == 0
    report = dataclasses.replace(SOUND, **{what: ("1f" * 32,)})  # type: ignore[arg-type]  # blobs
    assert fsck.fsck_code(report) == 1
    fsck._say(report)
    assert f"{code}: {'1f' * 32}\n" in capsys.readouterr().out
