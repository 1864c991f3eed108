"""One reader in a process of its own: paths come in, facts go out, a line each.

A reader that crashes, hangs or fills the memory takes its process with it, not the comparison.
"""

import json
import os
import resource
import selectors
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from antin.pdf.document import Manner
from tests.corpus.structure.facts import Facts, from_json

READERS: Final = {
    "pyhanko": Manner.STRICT,
    "qpdf": Manner.STRICT,
    "qpdf recovering": Manner.TOLERANT,
    "pdfium": Manner.TOLERANT,
}
"""Other readers, and the manner of ours that does as they do."""
_SECONDS: Final = 60
_MEMORY: Final = 4 << 30
_ROOT: Final = Path(__file__).resolve().parents[3]


class Reader:
    """A reader by its name, restarted whenever a file was too much for it."""

    def __init__(self, name: str, seconds: float = _SECONDS) -> None:
        self.name = name
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, path: Path) -> Facts:
        """Return what the reader sees in the file, or how it ended."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{path}\n".encode())
        process.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            answered = waiting.select(self._seconds)
        line = process.stdout.readline() if answered else b""
        if not line:
            self._stop()
            return Facts(error="it crashed" if answered else "it did not end")
        return from_json(json.loads(line))

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.corpus.structure.worker", self.name]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=_ROOT
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


def _read(name: str, path: Path) -> Facts:
    match name:
        case "pyhanko":
            from tests.corpus.structure import by_pyhanko

            return by_pyhanko.read(path)
        case "pdfium":
            from tests.corpus.structure import by_pdfium

            return by_pdfium.read(path)
        case _:
            from tests.corpus.structure import by_qpdf

            return by_qpdf.read(path, recovery=name == "qpdf recovering")


def main(name: str) -> None:
    """Answer every path on standard input by a line on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    for line in sys.stdin:
        print(json.dumps(_read(name, Path(line.rstrip("\n"))).as_json()), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
