"""Makes system calls of running processes fail, as a full, protected or broken disk makes them.

strace answers in the kernel's place. What is tested is the program as it is, on a file as it is.
"""

import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def failing(processes: Iterable[int], call: str, error: str, *only: Path) -> Iterator[None]:
    """Let ``call`` of these ``processes`` end in ``error``, on the files ``only`` if any are named.

    A process may end meanwhile, by itself or because of it.
    """
    pids = list(processes)
    named = [part for path in only for part in ("-P", str(path))]
    whom = [part for pid in pids for part in ("-p", str(pid))]
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}"]
    command = ["strace", "-f", "-qq", "-o", "/dev/null", *inject, *named, *whom]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        while not all(_is_held(pid) for pid in pids):
            assert strace.poll() is None, strace.stderr and strace.stderr.read()
            time.sleep(0.01)
        yield
    finally:
        strace.terminate()  # it lets go of them, and they go on by themselves
        strace.communicate(timeout=30)


def _is_held(pid: int) -> bool:
    """Tell whether every thread of a process is watched, or has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            if "\nTracerPid:\t0\n" in (thread / "status").read_text():
                return False
    return True
