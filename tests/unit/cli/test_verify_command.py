"""``antin verify`` on files that need no key: formats, several files, worker processes."""

import json
import shutil
from pathlib import Path

import pytest

from antin.cli.main import main
from antin.verifier.policy import SHIPPED, shipped_text
from tests.smallpki import make_root

LETTER = Path(__file__).parents[3] / "examples" / "letter.pdf"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "below").mkdir(parents=True)
    shutil.copy(LETTER, folder / "a.pdf")
    shutil.copy(LETTER, folder / "below" / "b.PDF")
    (folder / "note.txt").write_text("no PDF, and not asked for")
    return folder


def test_nothing_to_check_is_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(LETTER), "--offline"]) == 4
    assert "not signed" in capsys.readouterr().out


@pytest.mark.requirement("CRY-6")
def test_the_report_reads_in_vietnamese(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(LETTER), "--offline", "--lang", "vi"]) == 4
    assert "chưa ký" in capsys.readouterr().out


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_folder_gives_a_line_per_pdf_and_a_total(
    files: Path, capsys: pytest.CaptureFixture[str], jobs: str
) -> None:
    assert main(["verify", str(files), "--offline", "--jobs", jobs]) == 4
    *lines, total = capsys.readouterr().out.splitlines()
    assert sorted(lines) == [
        f"{files}/a.pdf: NO-SIGNATURE",
        f"{files}/below/b.PDF: NO-SIGNATURE",
    ]
    assert total == "2 files: NO-SIGNATURE 2"


def test_json_lines_and_an_unreadable_file(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = files / "bad.pdf"
    bad.write_bytes(b"")
    gone = files / "gone.pdf"
    arguments = [str(files / "a.pdf"), str(bad), str(gone), "--offline", "--format", "json"]
    assert main(["verify", *arguments]) == 5
    shown = capsys.readouterr()
    conclusions = [json.loads(line)["conclusion"] for line in shown.out.splitlines()]
    assert conclusions == ["NO-SIGNATURE", "UNREADABLE"]
    assert shown.err.startswith("antin: file_not_found: ")


def test_a_report_is_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.json"
    assert main(["verify", str(LETTER), "--offline", "--format=json", "-o", str(target)]) == 4
    assert json.loads(target.read_text())["schema"] == "antin-report/1"
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == [target]


def test_the_time_of_checking_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--at", "2026-01-01T07:00:00+07:00", "--offline", "--format", "json"]
    main(["verify", str(LETTER), *arguments])
    assert json.loads(capsys.readouterr().out)["checked_at"] == "2026-01-01T00:00:00Z"


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"]


def test_trust_that_is_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(LETTER), "--trust", "/nonexistent"]) == 5
    assert capsys.readouterr().err.startswith("antin: trust_malformed: ")


def test_a_policy_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.toml").write_text("= nonsense")
    assert main(["verify", str(LETTER), "--policy", str(tmp_path / "policy.toml")]) == 5
    assert capsys.readouterr().err.startswith("antin: policy_malformed: ")


def policy_id(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["verify", str(LETTER), "--offline", "--format", "json", *arguments]) == 4
    return str(json.loads(capsys.readouterr().out)["policy"]["id"])


def test_a_policy_by_its_name_or_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert policy_id([], capsys) == "vn-office"
    for name in SHIPPED:
        assert policy_id(["--policy", name], capsys) == name
    own = shipped_text("strict").replace(b'id = "strict"', b'id = "ours"')
    for place in ("strict", "policy.toml"):
        (tmp_path / place).write_bytes(own)
    assert policy_id(["--policy", "policy.toml"], capsys) == "ours"
    assert policy_id(["--policy", "./strict"], capsys) == "ours"
    assert policy_id(["--policy", "strict"], capsys) == "strict"


def test_a_policy_that_nobody_ships(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(LETTER), "--policy", "laxest"]) == 2
    assert capsys.readouterr().err.startswith("antin: policy_unknown: ")
    assert main(["verify", "--print-policy", "laxest"]) == 2
    assert capsys.readouterr().err.startswith("antin: policy_unknown: ")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_policy_is_printed_to_begin_with(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--print-policy", name]) == 0
    own = tmp_path / "own.toml"
    own.write_text(capsys.readouterr().out)
    assert own.read_bytes() == shipped_text(name)
    assert policy_id(["--policy", str(own)], capsys) == name


def test_anchors_by_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust, policy = tmp_path / "trust", tmp_path / "policy.toml"
    (trust / "groups" / "old").mkdir(parents=True)
    (trust / "groups" / "file.pem").write_bytes(b"in no group")
    for place in (trust / "root.crt", trust / "groups" / "old" / "root.crt"):
        place.write_bytes(make_root().der)
    for group, code in (("old", 4), ("young", 5)):
        text = shipped_text("strict").replace(
            b"[anchors]", b'[anchors]\nsign = ["%b"]' % group.encode()
        )
        policy.write_bytes(text)
        arguments = ["--trust", str(trust), "--policy", str(policy), "--offline"]
        assert main(["verify", str(LETTER), str(LETTER), *arguments]) == code
    told = capsys.readouterr().err.splitlines()
    shown = [line for line in told if " a second" not in line]  # of the runs that went through
    assert len(shown) == 1  # an error of the whole command, not of every file
    assert shown[0].startswith("antin: policy_malformed: ")
    assert "anchors.sign names young" in shown[0]
