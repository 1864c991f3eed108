"""Whoever ends the checking of an export in several processes ends all of it, without a word."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from antin.ledger.export.single_file import verify_ledger
from tests.exports import VKEY, export
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.ledgers import append
from tests.unit.cli.test_batches import in_group

_PARTS = 3
_SLOW = """
def slow(*given):
    made = quick(*given)
    mark = {marks!r} + "/" + str(part_of(given).start)
    open(mark, "w").close()
    while mark.endswith("/0") and os.path.exists(mark):  # the other worker soon has nothing to do
        time.sleep(0.02)
    return made
"""
_ANTIN = """
import os, sys, time
from antin.cli.main import main
from antin.ledger.export import verify
verify.PART = verify._SMALLEST = 1
part_of, quick = (lambda given: given[1]), verify.check_part
{slow}
verify.check_part = slow
sys.exit(main(["ledger", "verify", *sys.argv[1:]]))
"""


def of_antin(marks: Path) -> str:
    return _ANTIN.format(slow=_SLOW.format(marks=str(marks)))


def of_the_single_file(marks: Path) -> str:
    """Return the program that goes along with an export, with a slow part."""
    source = Path(str(verify_ledger.__file__)).read_text()
    assert "\nCHUNK = 64\n" in source
    source = source.replace("\nCHUNK = 64\n", "\nCHUNK = 1\n")
    before, main, after = source.rpartition("\nif __name__")
    job = "import time, types\nquick = check_part\n"
    job += "part_of = lambda given: types.SimpleNamespace(start=given[0][1])"
    return f"{before}\n{job}{_SLOW.format(marks=str(marks))}\ncheck_part = slow\n{main}{after}"


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    work = MemoryUnitOfWork()
    append(work, *["agency/a"] * 600)
    export(work, tmp_path / "export")
    return tmp_path / "export"


def begin(exported: Path, program: Callable[[Path], str], tmp_path: Path) -> subprocess.Popen[str]:
    """Return a process of which one worker is busy, and the other one idle."""
    marks, source = tmp_path / "marks", tmp_path / "program.py"
    marks.mkdir()
    source.write_text(program(marks))
    process = subprocess.Popen(
        [sys.executable, str(source), str(exported), "--key", VKEY, "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while len(list(marks.iterdir())) < _PARTS and time.monotonic() < until:
        time.sleep(0.02)
    assert process.poll() is None
    return process


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("program", [of_antin, of_the_single_file])
def test_ctrl_c_ends_it_without_a_word(
    exported: Path, program: Callable[[Path], str], tmp_path: Path
) -> None:
    process = begin(exported, program, tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    (tmp_path / "marks" / "0").unlink()
    told = process.communicate(timeout=60)
    assert (process.returncode, *told) == (130, "", "")
    assert in_group(process.pid) == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_of_what_is_ended(
    exported: Path, number: signal.Signals, tmp_path: Path
) -> None:
    process = begin(exported, of_antin, tmp_path)
    process.send_signal(number)
    process.communicate(timeout=60)
    until = time.monotonic() + 60
    while in_group(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert in_group(process.pid) == set()
