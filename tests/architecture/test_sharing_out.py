"""Two processes share out a run by whole files; what a machine has once stays in one of them."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEST = """
import os
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(5))
def test_who(number):
    with open(os.environ["TOLD"], "a") as told:
        told.write(f"{Path(__file__).parent.name} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""
FILES = ("contract/hsm/test_one.py", "contract/hsm/test_two.py", "a/test_a.py", "b/test_b.py")


def test_whole_files_go_to_one_process(tmp_path: Path) -> None:
    for name in FILES:
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    told = tmp_path / "told.txt"
    sharing = ("-p", "tests.sharing_out", "-n", "2", "--dist", "loadfile")
    quickly = ("-q", "-p", "no:randomly", "-p", "no:hypothesispytest", "tests")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *sharing, *quickly],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "TOLD": str(told), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    who: dict[str, list[str]] = defaultdict(list)
    for line in told.read_text().splitlines():
        folder, process = line.split()
        who[folder].append(process)
    assert {folder: (len(tests), len(set(tests))) for folder, tests in who.items()} == {
        "hsm": (10, 1),
        "a": (5, 1),
        "b": (5, 1),
    }
    assert {process for tests in who.values() for process in tests} == {"gw0", "gw1"}
