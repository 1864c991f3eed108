"""``antin verify`` on many files: zip files, lists, runs that go on, files that run away."""

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from antin.cli import verifying
from antin.cli.main import main
from antin.infra import judging
from antin.infra.judging import Judged
from antin.infra.worker_pool import WorkerPool
from antin.verifier.policy import shipped_text
from tests.hungrypdf import hungry_pdf
from tests.signedpdf import blank_pdf
from tests.smallpki import make_root

LETTER = Path(__file__).parents[3] / "examples" / "letter.pdf"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with three files."""
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "f"
    made.mkdir()
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        shutil.copy(LETTER, made / name)
    return made


def verify(*arguments: str | Path) -> int:
    return main(["verify", "--offline", *map(str, arguments)])


def zipped(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def reports(text: str) -> dict[str, dict[str, object]]:
    return {one["file"]: one for one in map(json.loads, text.splitlines())}


def test_files_in_a_zip_file_are_judged_one_by_one(folder: Path, capsys: Capture) -> None:
    zipped(Path("inner.zip"), {"x.pdf": b""})
    inner = Path("inner.zip").read_bytes()
    Path("inner.zip").unlink()
    zipped(
        folder / "d.zip",
        {
            "../../up.pdf": LETTER.read_bytes(),
            "deep/bad.pdf": b"no PDF",
            "note.txt": b"not asked for",
            "inner.zip": inner,
        },
    )
    assert verify("f", "--format", "json") == 5
    found = reports(capsys.readouterr().out)
    assert {name: one["conclusion"] for name, one in found.items()} == {
        "f/a.pdf": "NO-SIGNATURE",
        "f/b.pdf": "NO-SIGNATURE",
        "f/c.pdf": "NO-SIGNATURE",
        "f/d.zip!/../../up.pdf": "NO-SIGNATURE",
        "f/d.zip!/deep/bad.pdf": "UNREADABLE",
        "f/d.zip!/inner.zip": "UNREADABLE",
    }
    assert found["f/d.zip!/inner.zip"]["error"]["code"] == "archive_unsupported"  # type: ignore[index]  # a dict
    assert found["f/d.zip!/../../up.pdf"]["sha256"] == found["f/a.pdf"]["sha256"]


def test_a_damaged_zip_file_stops_nothing(folder: Path, capsys: Capture) -> None:
    (folder / "aa.zip").write_bytes(b"no zip file")
    zipped(folder / "bb.zip", {"bomb.pdf": bytes(64 << 20)})
    assert verify("f", "--format", "json") == 5
    found = reports(capsys.readouterr().out)
    assert len(found) == 5
    assert found["f/aa.zip"]["error"]["code"] == "archive_malformed"  # type: ignore[index]  # a dict
    assert found["f/bb.zip!/bomb.pdf"]["error"]["code"] == "archive_too_large"  # type: ignore[index]  # a dict


def test_names_in_a_zip_file_reach_no_other_folder(folder: Path, capsys: Capture) -> None:
    zipped(
        Path("z.zip"),
        {name: blank_pdf() for name in ("../up.pdf", "/abs.pdf", "c\\d.pdf", "..\\.pdf")},
    )
    assert verify("z.zip", "--format", "html", "-o", "out/in") == 4
    made = sorted(str(path) for path in Path().rglob("*.html"))
    assert made == [f"out/in/{name}.html" for name in ("abs.pdf", "d.pdf", "pdf", "up.pdf")]
    assert "\x1b" not in capsys.readouterr().out


def test_a_name_twice_in_a_zip_file_is_two_files(folder: Path, capsys: Capture) -> None:
    zipped(Path("z.zip"), {"a.pdf": b"one", "b.pdf": b"other"})
    Path("z.zip").write_bytes(Path("z.zip").read_bytes().replace(b"b.pdf", b"a.pdf"))
    assert verify("z.zip", "--format", "json") == 5
    assert list(reports(capsys.readouterr().out)) == ["z.zip!/a.pdf", "z.zip!/a.pdf (2)"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\0"])
def test_names_come_from_a_list(folder: Path, capsys: Capture, end: str) -> None:
    Path("list").write_bytes(end.join(["f/a.pdf", "", "f/gone.pdf", "f/b.pdf"]).encode())
    null = ["--null"] if end == "\0" else []
    assert verify("--files-from", "list", *null) == 5
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "f/a.pdf: NO-SIGNATURE",
        "f/b.pdf: NO-SIGNATURE",
        "3 files: NO-SIGNATURE 2, UNREADABLE 1",
    ]
    assert shown.err.startswith("antin: file_not_found: ")


def test_a_list_that_makes_no_sense(folder: Path, capsys: Capture) -> None:
    Path("list").write_bytes(b"x" * 100_000)
    assert verify("--files-from", "list") == 2
    Path("list").write_bytes(b"a\0b\n")
    assert verify("--files-from", "list") == 2
    errors = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in errors] == ["request_invalid"] * 2
    assert verify("--files-from", "gone") == 5
    assert capsys.readouterr().err.startswith("antin: file_unreadable: ")


def test_names_from_standard_input_are_worked_on_as_they_come(folder: Path) -> None:
    command = [sys.executable, "-m", "antin.cli", "verify", "--offline", "--files-from", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write("f/a.pdf\n")
        program.stdin.flush()
        assert program.stdout.readline() == "f/a.pdf: NO-SIGNATURE\n"
        program.stdin.write("f/b.pdf")
        program.stdin.close()
        assert program.stdout.readline() == "f/b.pdf: NO-SIGNATURE\n"
        assert program.wait() == 4


def test_a_line_has_80_columns(folder: Path, capsys: Capture) -> None:
    long = folder / f"{'a' * 100}.pdf"
    long.write_bytes(b"")
    (folder / "d.pdf").write_bytes(b"%PDF-1.7 cut")
    assert verify("f", "--lang", "vi") == 5
    lines = capsys.readouterr().out.splitlines()
    assert [len(line) for line in lines if line.startswith("f/d")] == [80]
    assert f"f/{long.name}: UNREADABLE" in lines


def test_details_are_shown_when_asked_for(folder: Path, capsys: Capture) -> None:
    assert verify("f", "-v") == 4
    shown = capsys.readouterr().out
    assert shown.count("not signed (NO-SIGNATURE)") == 3
    assert "Policy" in shown


def test_the_end_says_how_long_it_took_and_what_did_not_pass(folder: Path, capsys: Capture) -> None:
    for number in range(12):
        (folder / f"bad-{number:02}.pdf").write_bytes(b"")
    assert verify("f") == 5
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("antin: 15 files in ")
    assert told[1:] == [
        *(f"antin: f/bad-{number:02}.pdf: UNREADABLE" for number in range(10)),
        "antin: and 2 more",
    ]


def test_a_closed_folder_is_told(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "closed").mkdir()
    scan = os.scandir

    def guarded(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert verify("f") == 5
    shown = capsys.readouterr()
    assert shown.out.endswith("4 files: NO-SIGNATURE 3, UNREADABLE 1\n")
    assert "antin: file_unreadable: f/closed" in shown.err


def test_one_file_that_runs_away_is_stopped_alone(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (folder / "b.pdf").open("wb") as file:
        file.truncate(1 << 30)  # hashing it takes longer than what it gets

    def seconds(*arguments: object) -> float:
        items = [one for one in arguments if isinstance(one, judging.Item)]
        return 0.01 if any(item.name == "f/b.pdf" for item in items) else 10.0

    monkeypatch.setattr(judging, "seconds", seconds)
    assert verify("f", "--format", "json", "--jobs", "2") == 5
    found = reports(capsys.readouterr().out)
    assert found["f/b.pdf"]["error"]["code"] == "verify_time_exceeded"  # type: ignore[index]  # a dict
    assert found["f/b.pdf"]["size"] == 1 << 30
    assert {found[name]["conclusion"] for name in ("f/a.pdf", "f/c.pdf")} == {"NO-SIGNATURE"}


def test_one_file_that_needs_too_much_memory_is_stopped_alone(
    folder: Path, capsys: Capture
) -> None:
    (folder / "b.pdf").write_bytes(hungry_pdf())
    assert verify("f", "--format", "json", "--memory", "32") == 5
    found = reports(capsys.readouterr().out)
    assert found["f/b.pdf"]["error"]["code"] == "verify_memory_exceeded"  # type: ignore[index]  # a dict
    assert {found[name]["conclusion"] for name in ("f/a.pdf", "f/c.pdf")} == {"NO-SIGNATURE"}


def test_a_run_goes_on_where_it_ended(folder: Path, capsys: Capture) -> None:
    arguments = ["--format", "json", "--resume", "state"]
    assert verify("f/a.pdf", "f/b.pdf", *arguments) == 4
    first = reports(capsys.readouterr().out)
    assert verify("f", *arguments) == 4
    shown = capsys.readouterr()
    found = reports(shown.out)
    assert {name: found[name] for name in first} == first
    assert len({one["checked_at"] for one in found.values()}) == 1
    assert "antin: 2 of them known from before" in shown.err


def test_a_changed_file_is_judged_again(folder: Path, capsys: Capture) -> None:
    arguments = ["f", "--format", "json", "--resume", "state"]
    assert verify(*arguments) == 4
    capsys.readouterr()
    changed = folder / "b.pdf"
    before, data = changed.stat(), bytearray(changed.read_bytes())
    data[-10] ^= 1
    changed.write_bytes(data)
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    verify(*arguments)
    shown = capsys.readouterr()
    assert reports(shown.out)["f/b.pdf"]["sha256"] != reports(shown.out)["f/a.pdf"]["sha256"]
    assert "antin: 2 of them known from before" in shown.err


def test_documents_of_an_earlier_part_are_kept_if_they_are_there(
    folder: Path, capsys: Capture
) -> None:
    arguments = ["f", "--format", "html", "-o", "out", "--resume", "state"]
    assert verify(*arguments) == 4
    kept, lost, spoilt = (Path("out") / f"{name}.pdf.html" for name in "abc")
    before, age = lost.read_bytes(), kept.stat().st_mtime_ns
    lost.unlink()
    spoilt.write_text("something else")
    first = capsys.readouterr().out
    assert verify(*arguments) == 4
    shown = capsys.readouterr()
    assert shown.out == first
    assert "antin: 1 of them known from before" in shown.err
    assert kept.stat().st_mtime_ns == age
    assert lost.read_bytes() == before
    assert b"something else" not in spoilt.read_bytes()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "other", [["--at", "2026-01-01"], ["--policy", "policy.toml"], ["--lang", "vi"], ["-v"]]
)
def test_a_state_is_of_one_question(capsys: Capture, other: list[str]) -> None:
    Path("policy.toml").write_bytes(shipped_text("vn-office") + b"\n# another\n")
    assert verify("f", "--resume", "state") == 4
    assert verify("f", "--resume", "state", *other) == 1
    assert "antin: state_of_another_run: " in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "place", ["other.crt", "intermediates/other.crt", "groups/old/other.crt", "groups/new/root.crt"]
)
def test_a_state_is_of_one_trust(capsys: Capture, place: str) -> None:
    """An anchor that somebody took out must not go on vouching by way of an earlier result."""
    here = Path("trust", place)
    for path in (Path("trust/groups/old/root.crt"), here):
        path.parent.mkdir(parents=True, exist_ok=True)
    for path in (Path("trust/root.crt"), Path("trust/groups/old/root.crt")):
        path.write_bytes(make_root("Root").der)
    here.write_bytes(make_root("Another root").der)
    assert verify("f", "--trust", "trust", "--resume", "state") == 4
    here.unlink()
    assert verify("f", "--trust", "trust", "--resume", "state") == 1
    assert "antin: state_of_another_run: " in capsys.readouterr().err


def test_a_broken_state_is_told(folder: Path, capsys: Capture) -> None:
    Path("state").write_text("nonsense\n")
    assert verify("f", "--resume", "state") == 5
    assert capsys.readouterr().err.startswith("antin: state_malformed: ")


@pytest.mark.usefixtures("signals")
def test_ctrl_c_leaves_a_state_to_go_on_from(folder: Path, capsys: Capture) -> None:
    os.mkfifo("names")
    command = [sys.executable, "-m", "antin.cli", "verify", "--offline", "--resume", "state"]
    with subprocess.Popen(
        [*command, "--files-from", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write("f/a.pdf\nf/b.pdf\n")
        program.stdin.flush()
        assert [program.stdout.readline() for _ in range(2)]
        os.killpg(program.pid, signal.SIGINT)
        assert program.wait(60) == 130
        assert program.stderr
        assert "Traceback" not in program.stderr.read()
    assert verify("f", "--resume", "state") == 4
    assert "antin: 2 of them known from before" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lie", "shown"),
    [
        (Judged(None, "00"), ["antin: verify_worker_died"]),
        ("TOTAL-PASSED", ["antin: verify_worker_died"]),
        (None, ["antin: verify_worker_died"]),
        (Judged("TOTAL-PASSED", "00", document=b"\xff"), ["TOTAL-PASSED", "\ufffd"]),
    ],
)
def test_a_worker_that_was_taken_over_does_not_end_the_run(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, lie: object, shown: list[str]
) -> None:
    class Lying(WorkerPool):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            if fn is judging.digest_of:
                return super().submit(fn, *args, **kwargs)
            found: Future[Any] = Future()
            found.set_result(lie)
            return found

    monkeypatch.setattr(verifying, "WorkerPool", Lying)
    zipped(folder / "d.zip", {})
    (folder / "d.zip").rename("d.zip")
    for asked in ("f", "d.zip"):
        assert verify(asked) == (5 if "verify_worker_died" in shown[0] else 0)
        printed = capsys.readouterr()
        for text in shown:
            assert text in printed.out + printed.err


def test_nothing_to_check_is_not_everything_passed(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "note.txt").write_text("not asked for")
    (tmp_path / "list").write_text("\n")
    for arguments in ((tmp_path,), ("--files-from", tmp_path / "list")):
        assert verify(*arguments) == 4
        told = capsys.readouterr()
        assert told.out.startswith("There was nothing to check: no PDF, .p7s or")
        assert "a second" not in told.err
    assert verify(tmp_path, "--format", "json") == 4
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("named", "workers"), [("f", 2), ("f/a.pdf", 1)])
@pytest.mark.usefixtures("folder")
def test_all_workers_that_are_needed_start_at_once(
    monkeypatch: pytest.MonkeyPatch, named: str, workers: int
) -> None:
    asked: list[object] = []

    class Noting(WorkerPool):
        def submit(self, fn: Callable[..., Any], /, *args: Any) -> "Future[Any]":  # type: ignore[override]  # no keywords
            asked.append(fn)
            return super().submit(fn, *args)

    monkeypatch.setattr(verifying, "WorkerPool", Noting)
    assert verify(named, "--jobs", "2") == 4
    assert asked[:workers] == [judging.digest_of] * workers
    assert judging.digest_of not in asked[workers:]


def test_preparing_loads_what_judging_needs() -> None:
    script = """if True:
        import sys
        from antin.infra import judging
        judging.prepare(judging.Question())
        print("antin.verifier.verify" in sys.modules, "antin.infra.page_looks" in sys.modules)
    """
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "True"]
