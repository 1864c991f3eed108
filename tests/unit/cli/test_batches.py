"""Many files at once: order, what is known from before, what an interruption leaves."""

import os
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest

from antin.cli import many
from antin.cli.signed_before import SignedBefore, open_state
from antin.core.errors import ConflictError
from antin.flows.loose import appearing_anew
from tests.unit.cli.batch_program import work

ROOT = Path(__file__).parents[3]


def make_inputs(folder: Path, seconds: list[float]) -> list[Path]:
    paths = [folder / f"{number:02}.in" for number in range(len(seconds))]
    for path, pause in zip(paths, seconds, strict=True):
        path.write_text(f"{pause} {path.name}")
    return paths


def work_anew(path: Path, target: Path) -> tuple[many.Remark, ...]:
    with appearing_anew(target) as part:
        part.write_bytes(path.read_bytes())
    return ()


def begin(state: Path, out: Path, jobs: int, inputs: list[Path]) -> subprocess.Popen[str]:
    arguments = [str(one) for one in (state, out, jobs, *inputs)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.cli.batch_program", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_here(state: Path, out: Path, inputs: list[Path]) -> int:
    with open_state(state, "always the same") as kept:
        batch = many.Batch(1, "Working", earlier=SignedBefore(kept), several=True)
        return many.run(inputs, out, work, batch)


def test_lines_stand_in_the_order_of_the_files(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, [0.5, 0, 0, 0.2, 0, 0])
    process = begin(tmp_path / "state", tmp_path / "out", 2, inputs)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    names = [Path(line.split(": ")[1]).name for line in out.splitlines()[:-1]]
    assert names == [path.name for path in inputs]


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, jobs: int) -> None:
    inputs = make_inputs(tmp_path, [0.3] * 16)
    out, state = tmp_path / "out", tmp_path / "state"
    process = begin(state, out, jobs, inputs)
    until = time.monotonic() + 60
    while not (out.is_dir() and len(list(out.glob("*.in"))) > 2) and time.monotonic() < until:
        time.sleep(0.02)
    # As a terminal does it: to all processes of the command.
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    made = {path.name for path in out.iterdir()}
    assert 2 < len(made) < len(inputs)
    assert all(path.read_bytes().endswith(b"signed") for path in out.iterdir())
    # All that was made is known: nothing of it would be overwritten, so nothing may be refused.
    make_quick(inputs, made)
    assert run_here(state, out, inputs) == 0
    assert {path.name for path in out.iterdir()} == {path.name for path in inputs}


def test_a_worker_that_is_killed_ends_the_run_by_a_code(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, [0.3] * 16)
    out, state = tmp_path / "out", tmp_path / "state"
    process = begin(state, out, 2, inputs)
    until = time.monotonic() + 60
    while not (out.is_dir() and len(list(out.glob("*.in"))) > 2) and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    told, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("antin: key_process_died: ")
    assert "Traceback" not in err
    assert "of 16" not in told, "there is no total of what was not done"
    # What appeared is whole; a part that the dead one left is not taken for a result.
    assert all(path.read_bytes().endswith(b"signed") for path in out.glob("*.in"))
    make_quick(inputs, {path.name for path in out.glob("*.in")})
    assert run_here(state, out, inputs) == 0
    assert {path.name for path in out.glob("*.in")} == {path.name for path in inputs}


def test_what_appeared_before_its_worker_was_killed_is_known(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, [0.0] * 8)
    inputs[5].write_text("0.0 killed")
    out, state = tmp_path / "out", tmp_path / "state"
    process = begin(state, out, 2, inputs)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert (out / "05.in").read_bytes().endswith(b"signed")
    assert run_here(state, out, inputs) == 0
    assert {path.name for path in out.glob("*.in")} == {path.name for path in inputs}


def test_what_was_there_before_a_worker_was_killed_is_nothing_that_it_made(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, [0.3] * 8)
    out, state = tmp_path / "out", tmp_path / "state"
    out.mkdir()
    (out / "07.in").write_text("somebody's")
    inputs[0].write_text("0.0 killed")
    process = begin(state, out, 2, inputs)
    process.communicate(timeout=60)
    make_quick(inputs, {"00.in"})
    assert run_here(state, out, inputs[1:]) == 2
    assert (out / "07.in").read_text() == "somebody's"


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the worker processes of a run."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [
        int(one) for one in listed if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()
    ]


def make_quick(inputs: list[Path], but: set[str]) -> None:
    """Let no file take any time that is not one of ``but``; its date stays."""
    for path in inputs:
        date = path.stat().st_mtime_ns
        if path.name not in but:
            path.write_text(path.read_text().replace("0.3", "0.0"))
        os.utime(path, ns=(date, date))


def in_group(group: int) -> set[int]:
    """Return the processes of a process group that still are at work."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            state, _, number = (entry / "stat").read_text().rpartition(") ")[2].split()[:3]
        except (OSError, ValueError):
            continue  # it is no process, or has ended
        if int(number) == group and state != "Z":
            found.add(int(entry.name))
    return found


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    ("jobs", "told", "whom"),
    [
        *product((1, 2), (signal.SIGTERM, signal.SIGHUP), ("the command", "all of its processes")),
        # Else nobody is left who could clear anything away.
        (2, signal.SIGKILL, "the command"),
    ],
)
def test_who_is_ended_leaves_no_process_and_nothing_half_made(
    tmp_path: Path, jobs: int, told: signal.Signals, whom: str
) -> None:
    inputs = make_inputs(tmp_path, [0.3] * 40)
    out = tmp_path / "out"
    process = begin(tmp_path / "state", out, jobs, inputs)
    until = time.monotonic() + 60
    while not (out.is_dir() and len(list(out.glob("*.in"))) > 1) and time.monotonic() < until:
        time.sleep(0.02)
    (os.kill if whom == "the command" else os.killpg)(process.pid, told)
    process.communicate(timeout=60)
    assert process.returncode in {128 + told, -told}
    while in_group(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert in_group(process.pid) == set()
    made = {path.name for path in out.iterdir()}
    assert made < {path.name for path in inputs}
    assert all((out / name).read_bytes().endswith(b"signed") for name in made)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_ignores_hanging_up_goes_on(tmp_path: Path, jobs: int) -> None:
    """As ``nohup`` has it."""
    inputs = make_inputs(tmp_path, [0.3] * 8)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = begin(tmp_path / "state", tmp_path / "out", jobs, inputs)
    finally:
        signal.signal(signal.SIGHUP, before)
    until = time.monotonic() + 60
    while not list(tmp_path.glob("out/*.in")) and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGHUP)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


def test_what_is_there_already_is_not_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = make_inputs(tmp_path, [0] * 4)
    out, state = tmp_path / "out", tmp_path / "state"
    assert run_here(state, out, inputs) == 0
    (out / "01.in").unlink()
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    capsys.readouterr()
    assert run_here(state, out, inputs) == 0
    told = capsys.readouterr()
    assert "4 of 4" in told.out
    assert "3 of them known" in told.err
    assert {name: (out / name).stat().st_mtime_ns for name in before} == before
    assert (out / "01.in").exists()


@pytest.mark.parametrize("changed", ["input", "result"])
def test_what_is_not_as_it_was_is_never_taken_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: str
) -> None:
    inputs = make_inputs(tmp_path, [0] * 2)
    out, state = tmp_path / "out", tmp_path / "state"
    assert run_here(state, out, inputs) == 0
    other = inputs[0] if changed == "input" else out / inputs[0].name
    date = other.stat().st_mtime_ns
    data = other.read_bytes()
    other.write_bytes(data.replace(b"00.in", b"xx.in"))
    os.utime(other, ns=(date, date))
    assert run_here(state, out, inputs) == 2
    told = capsys.readouterr()
    assert f"{inputs[0]}: output_exists" in told.out
    assert "1 of them known" in told.err


def test_a_run_that_signs_otherwise_is_another_run(tmp_path: Path) -> None:
    state = tmp_path / "state"
    open_state(state, ("officer-1", "B-B")).__exit__(None, None, None)
    with pytest.raises(ConflictError) as refused:
        open_state(state, ("officer-1", "B-T"))
    assert refused.value.code == "state_of_another_run"


@pytest.mark.parametrize("name", ["a\nb.in: c", "a\x1b[2Jb.in", "a\u202eb.in", "a\udcffb.in"])
@pytest.mark.parametrize("several", [True, False])
def test_no_name_of_a_file_steers_a_terminal_or_makes_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, *, several: bool
) -> None:
    source = tmp_path / name
    source.write_text("0")
    output = tmp_path / "out" if several else tmp_path / f"{name}.out"
    batch = many.Batch(1, "Working", several=several)
    assert many.run([source], output, work, batch) == 0
    if several:
        assert many.run([source], output, work, batch) == 2, "it is there already"
    lines = capsys.readouterr().out.splitlines()
    assert all(line.isprintable() for line in lines)
    assert len(lines) == (4 if several else 1), "a line for the file, and one for the total"


def test_a_defect_in_one_file_does_not_hold_up_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = make_inputs(tmp_path, [0] * 3)
    inputs[1].write_text("no number")
    batch = many.Batch(1, "Working")
    assert many.run(inputs, tmp_path / "out", work, batch) == 70
    told = capsys.readouterr()
    assert f"{inputs[1]}: defect" in told.out
    assert "ValueError" in told.err
    assert "2 of 3" in told.out


def test_a_result_whose_name_is_too_long_does_not_hold_up_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = [*make_inputs(tmp_path, [0]), tmp_path / ("x" * 252)]
    inputs[1].write_text("0")
    batch = many.Batch(1, "Working", named=lambda path: f"{path.name}.p7s")
    assert many.run(inputs, tmp_path / "out", work_anew, batch) == 5
    told = capsys.readouterr()
    assert f"{inputs[1]}: file_unreadable" in told.out
    assert "1 of 2" in told.out
