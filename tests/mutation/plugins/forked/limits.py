"""What a forked process gives up before it does its work, and what ends it from outside."""

import ctypes
import os
import resource
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

_SET_PARENT_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG of linux/prctl.h."""
_MEMORY: Final = 1 << 30
"""Bytes of address space that a child may take beyond what it begins with."""


def settle(folder: Path, parent: int) -> None:
    """Begin as a child of ``parent``: a group and a folder of its own, no terminal, less memory."""
    with suppress(PermissionError):
        os.setpgid(0, 0)
    end_with_the_parent(signal.SIGKILL, parent)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * resource.getpagesize() + _MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def end_with_the_parent(how: signal.Signals, parent: int) -> None:
    """Have the kernel send this process a signal when ``parent``, which started it, ends."""
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, how)
    if os.getppid() != parent:
        os._exit(1)


def allow_processor_time(seconds: float) -> None:
    """Let the kernel end this process (SIGPROF) after so many seconds more of processor time.

    RLIMIT_CPU would not do: it counts from the process's beginning, by ticks, which are far off
    where others run too; what is counted too much would add up from test to test.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)
