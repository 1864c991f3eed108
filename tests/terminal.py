"""A person at a terminal: what a command asks them there, and what they type."""

import os
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Final

_SECONDS: Final = 120
_MOST: Final = 4096


class Terminal:
    """A command that runs with a terminal of its own, and all that has been shown there."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ours, theirs = os.openpty()
        self.shown = ""
        self._answered = 0
        self._until = time.monotonic() + _SECONDS
        try:
            self._process = subprocess.Popen(
                ["setsid", "--ctty", *command],
                env=environment,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
            )
        finally:
            os.close(theirs)

    def answer(self, question: str, text: str) -> None:
        """Type ``text`` once ``question`` was asked (again) and what is typed is not shown."""
        while self.shown.count(question) == self._answered or self._echoes():
            assert self._read(0.05), self.shown
        self._answered += 1
        os.write(self._ours, f"{text}\n".encode())

    def wait(self, question: str, seconds: float) -> str:
        """Return all that is shown within ``seconds`` of the time when ``question`` was asked."""
        while question not in self.shown:
            assert self._read(0.05), self.shown
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self._read(0.05), self.shown
        return self.shown.partition(question)[2]

    def end(self) -> int:
        """Read on to the end and return the exit code."""
        while self._read(1):
            pass
        code = self._process.wait(_SECONDS)
        os.close(self._ours)
        return code

    def _echoes(self) -> bool:
        return bool(termios.tcgetattr(self._ours)[3] & termios.ECHO)

    def _read(self, seconds: float) -> bool:
        """Take in what is shown within so many seconds; False: nobody has the terminal open."""
        if time.monotonic() > self._until:
            self._process.kill()
        ready, _, _ = select.select([self._ours], [], [], seconds)
        if not ready:
            return True
        try:
            self.shown += os.read(self._ours, _MOST).decode()
        except OSError:  # EIO: how Linux says it
            return False
        return True
