"""A process of its own that answers questions, a line of JSON each.

Whoever reads hostile files may crash, hang or fill the memory: that ends its process, not the
comparison. The next question goes to a new one.
"""

import json
import os
import resource
import selectors
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_ROOT: Final = Path(__file__).resolve().parents[2]
_SECONDS: Final = 60
_MEMORY: Final = 4 << 30


class NoAnswerError(Exception):
    """A question was too much for the process; says how it ended."""


class Answering:
    """A module that calls :func:`answer_all`, run with ``arguments``."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = (sys.executable, "-m", module, *arguments)
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, question: Any) -> Any:
        """Return the answer; error: :class:`NoAnswerError`."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(question).encode() + b"\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            answered = waiting.select(_SECONDS)
        line = process.stdout.readline() if answered else b""
        if not line:
            self._stop()
            raise NoAnswerError("it crashed" if answered else "it did not end")
        return json.loads(line)

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=_ROOT
        )
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()


def answer_all(answer: Callable[[Any], Any]) -> None:
    """Answer every question on standard input by a line on standard output, with little memory."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=answers, flush=True)
