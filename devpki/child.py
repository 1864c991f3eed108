"""Child processes that a test owns: spoken to by lines of JSON, gone when it is.

A child reads its orders from standard input and ends when that closes, so that it outlives its
parent by nothing; what it starts itself ends with it.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).resolve().parent.parent
_STOP_SECONDS: Final = 10

_SYSTEM_FOLDERS: Final = "/usr/sbin:/sbin"

Order = dict[str, Any]


class ChildError(Exception):
    """The child did not start, or could not carry out an order; the message is its own."""


def program(name: str) -> str | None:
    """Return the path of a program, daemons included: not everybody's PATH leads to those."""
    return shutil.which(name) or shutil.which(name, path=_SYSTEM_FOLDERS)


class Child:
    """A running child, ready for orders."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        before: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start ``python -m module arguments``, run by ``before``; return once it is ready."""
        self._process = subprocess.Popen(
            [*before, sys.executable, "-m", module, *arguments],
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            self._answer()
        except BaseException:
            self.stop()
            raise

    def order(self, **order: Any) -> Any:
        """Have the child carry out ``order``; return its answer. Error: ``ChildError``."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def stop(self) -> None:
        """End the child; kill it when it does not end by itself."""
        try:
            self._process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            raise ChildError(self._process.stderr.read().strip() or "the child ended silently")
        answer = json.loads(line)
        if "error" in answer:
            raise ChildError(answer["error"])
        return answer["answer"]


def obey(carry_out: Callable[[Order], Any]) -> None:
    """Say that this child is ready, then carry out orders until standard input closes."""
    _say({"answer": "ready"})
    for line in sys.stdin:
        try:
            _say({"answer": carry_out(json.loads(line))})
        except Exception as error:  # noqa: BLE001 — whatever it is, the parent is told and goes on
            _say({"error": f"{type(error).__name__}: {error}"})


def _say(message: Mapping[str, Any]) -> None:
    print(json.dumps(message), flush=True)
