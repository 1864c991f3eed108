"""Processes forked from this one, a few at a time, each in a process group and a folder of its own.

A child begins with everything that is imported here, and with nothing that was done. What it says
arrives in lines, each with the time in which something more has to happen. Whatever a child has
started and left behind is killed when it ends.
"""

import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from .limits import settle

Say = Callable[[str, Any, float], None]
"""Tells the parent a kind of thing and a value, and in how many seconds at most it hears more."""

_FIRST_WORD: Final = 120.0
"""Seconds until a child has to say something."""


@dataclass(frozen=True)
class Work:
    """What a child does: whatever comes of it, the child ends with it."""

    name: str
    do: Callable[[Say], None]


@dataclass(frozen=True)
class Ended:
    """How a child ended."""

    name: str
    said: tuple[tuple[str, Any], ...]
    """Kinds and values."""
    status: int
    """Its exit code, or a signal's number below zero."""
    overdue: bool
    """It was killed for its silence."""
    seconds: float
    """Processor time, with that of what it waited for."""

    def last(self, kind: str) -> Any:
        """Return what it said last of this kind; None if nothing."""
        return next((value for one, value in reversed(self.said) if one == kind), None)


@dataclass
class _Child:
    name: str
    process: int
    handle: int
    """Can be read from when the process has ended."""
    pipe: int
    folder: Path
    deadline: float = field(default_factory=lambda: time.monotonic() + _FIRST_WORD)
    said: list[tuple[str, Any]] = field(default_factory=list)
    unfinished: bytes = b""
    overdue: bool = False

    def listen(self) -> None:
        """Take what it has said since."""
        heard = self.unfinished
        with suppress(BlockingIOError):
            while part := os.read(self.pipe, 1 << 16):
                heard += part
        *lines, self.unfinished = heard.split(b"\n")
        for line in lines:
            kind, value, self.deadline = json.loads(line)
            self.said.append((kind, value))

    def kill_if_silent(self) -> None:
        if time.monotonic() > self.deadline:
            self.overdue = True
            self.kill()

    def kill(self) -> None:
        """Kill it and what it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)

    def end(self) -> Ended:
        """Clear up when it has ended: first its group, while the number is still its own."""
        self.kill()
        _, status, used = os.wait4(self.process, 0)
        self.listen()
        os.close(self.pipe)
        os.close(self.handle)
        shutil.rmtree(self.folder, ignore_errors=True)
        code, seconds = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        return Ended(self.name, tuple(self.said), code, self.overdue, seconds)


def forked(works: Iterator[Work], at_a_time: int) -> Generator[Ended]:
    """Do ``works`` in children, and return how each ended; the next is asked for when it begins."""
    alive: list[_Child] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        try:
            while True:
                while len(alive) < at_a_time and (work := next(works, None)):
                    alive.append(_fork(work, Path(place)))
                if not alive:
                    return
                for child in _ended(alive):
                    alive.remove(child)
                    yield child.end()
        finally:
            for child in alive:
                child.kill()
                child.end()


def _ended(alive: list[_Child]) -> list[_Child]:
    """Wait until something happens, and return the children that have ended."""
    wait = max(0.0, min(child.deadline for child in alive) - time.monotonic())
    sources = [source for child in alive for source in (child.pipe, child.handle)]
    ready, _, _ = select.select(sources, (), (), wait)
    ended = [child for child in alive if child.handle in ready]
    for child in alive:
        child.listen()
        child.kill_if_silent()
    return ended


def _fork(work: Work, place: Path) -> _Child:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    folder = Path(tempfile.mkdtemp(dir=place))
    parent = os.getpid()
    process = os.fork()
    if process == 0:
        os.close(reader)
        _live(work, writer, folder, parent)
    os.close(writer)
    with suppress(PermissionError, ProcessLookupError):  # one of us does it first
        os.setpgid(process, process)
    return _Child(work.name, process, os.pidfd_open(process), reader, folder)


def _live(work: Work, writer: int, folder: Path, parent: int) -> NoReturn:
    """Do ``work`` in the child, and end without anything that Python or pytest do at an end."""

    def say(kind: str, value: object, wait: float) -> None:
        line = json.dumps((kind, value, time.monotonic() + wait))
        os.write(writer, line.encode() + b"\n")

    try:
        settle(folder, parent)
        work.do(say)
    finally:
        os._exit(0 if sys.exception() is None else 1)
