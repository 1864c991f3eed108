"""``antin verify`` with forms that are documents: ETSI XML, HTML, PDF."""

import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from antin.cli.main import main
from antin.cli.reports import sink
from antin.infra.judging import Item, Judged
from antin.infra.report_forms import Form
from tests.etsischema import valid

LETTER = Path(__file__).parents[3] / "examples" / "letter.pdf"
BEGINS = {
    "etsi-xml": b'<?xml version="1.0" encoding="UTF-8"?>\n<ValidationReport',
    "html": b"<!DOCTYPE html>",
    "pdf": b"%PDF-1.7",
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "below").mkdir(parents=True)
    shutil.copy(LETTER, folder / "a.pdf")
    shutil.copy(LETTER, folder / "below" / "A.pdf")
    return folder


def test_every_form_that_the_command_offers_is_tried_here() -> None:
    assert {*BEGINS, "text", "json"} == set(Form)


@pytest.mark.parametrize("form", BEGINS)
def test_one_file_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    target = tmp_path / "report"
    assert main(["verify", str(LETTER), "--offline", "--format", form, "-o", str(target)]) == 4
    assert target.read_bytes().startswith(BEGINS[form])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", BEGINS)
def test_one_file_to_stdout(capfdbinary: pytest.CaptureFixture[bytes], form: str) -> None:
    assert main(["verify", str(LETTER), "--offline", "--format", form]) == 4
    assert capfdbinary.readouterr().out.startswith(BEGINS[form])


@pytest.mark.parametrize(
    ("language", "verdict"), [("vi", "<h1>Chưa ký</h1>"), ("en", "<h1>Not signed</h1>")]
)
def test_the_language_is_asked_for(tmp_path: Path, language: str, verdict: str) -> None:
    target = tmp_path / "report.html"
    arguments = ["--offline", "--format=html", "--lang", language, "-o", str(target)]
    assert main(["verify", str(LETTER), *arguments]) == 4
    assert verdict in target.read_text()


def test_several_files_to_a_folder(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "reports" / "new"
    gone = files / "gone.pdf"
    arguments = [str(files), str(gone), "--offline", "--format=etsi-xml", "-o", str(target)]
    assert main(["verify", *arguments]) == 5
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        f"{files}/a.pdf: NO-SIGNATURE ({target}/a.pdf.xml)",
        f"{files}/below/A.pdf: NO-SIGNATURE ({target}/A.pdf-2.xml)",
        "3 files: NO-SIGNATURE 2, UNREADABLE 1",
    ]
    assert shown.err.startswith("antin: file_not_found: ")
    assert sorted(path.name for path in target.iterdir()) == ["A.pdf-2.xml", "a.pdf.xml"]
    for path in target.iterdir():
        valid(path.read_text())


@pytest.mark.parametrize("form", BEGINS)
def test_several_files_need_a_folder(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert main(["verify", str(files), "--offline", "--format", form]) == 2
    assert capsys.readouterr().err.startswith("antin: request_invalid: ")
    (tmp_path / "taken").write_text("a file, no folder")
    arguments = ["--offline", "--format", form, "-o", str(tmp_path / "taken")]
    assert main(["verify", str(files), *arguments]) == 2
    assert capsys.readouterr().err.startswith("antin: request_invalid: ")


def test_no_pdf_to_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["verify", str(LETTER), "--offline", "--format", "pdf"]) == 2
    assert capsys.readouterr().err.startswith("antin: request_invalid: ")


def test_json_of_several_files_stays_json_lines(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "reports.jsonl"
    assert main(["verify", str(files), "--offline", "--format=json", "-o", str(target)]) == 4
    lines = target.read_text().splitlines()
    assert [json.loads(line)["conclusion"] for line in lines] == ["NO-SIGNATURE"] * 2
    assert capsys.readouterr().out == ""


def test_names_of_strangers_neither_end_a_run_nor_steer_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    shutil.copy(LETTER, files / f"{'a' * 251}.pdf")
    shutil.copy(LETTER, files / "\x1b]0;owned\x07.pdf")
    with zipfile.ZipFile(files / "z.zip", "w") as archive:
        archive.write(LETTER, 150 * "\U00020000" + ".pdf")
        archive.write(LETTER, f"in/{'ạ' * 150}.pdf")
    target = tmp_path / "reports"
    assert main(["verify", str(files), "--offline", "--format", "html", "-o", str(target)]) == 4
    shown = capsys.readouterr().out
    assert "NO-SIGNATURE 4" in shown
    assert all(map(str.isprintable, shown.splitlines()))
    assert len(list(target.iterdir())) == 4


def test_a_report_to_a_file_with_the_longest_name(tmp_path: Path) -> None:
    target = tmp_path / ("r" * 255)
    assert main(["verify", str(LETTER), "--offline", "-o", str(target)]) == 4
    assert target.exists()


def test_many_files_by_one_name_are_named_in_linear_time(tmp_path: Path) -> None:
    taker = sink(Form.HTML, tmp_path / "new", several=True)
    items = (Item(f"{number}/a.pdf", Path(str(number), "a.pdf")) for number in range(50_000))
    targets = [taker.placed(item).target for item in items]
    assert targets[0] == str(tmp_path / "new" / "a.pdf.html")
    assert targets[-1] == str(tmp_path / "new" / "a.pdf-50000.html")
    assert len(set(targets)) == 50_000


def test_a_worker_that_was_taken_over_does_not_steer_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    judged = Judged("NO-SIGNATURE", "00", document="a\n\x1b]0;owned\x07\u202eb".encode())
    sink(Form.TEXT, None, several=False).add(Item("a", Path("a")), judged)
    assert capsys.readouterr().out == "a\n?]0;owned??b\n"
