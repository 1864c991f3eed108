"""One reader in a process of its own: paths come in, facts go out."""

import sys
from pathlib import Path
from typing import Final

from antin.pdf.document import Manner
from tests.corpus.answering import Answering, NoAnswerError, answer_all
from tests.corpus.structure.facts import Facts, from_json

READERS: Final = {
    "pyhanko": Manner.STRICT,
    "qpdf": Manner.STRICT,
    "qpdf recovering": Manner.TOLERANT,
    "pdfium": Manner.TOLERANT,
}
"""Other readers, and the manner of ours that does as they do."""


class Reader(Answering):
    """A reader by its name."""

    def __init__(self, name: str) -> None:
        super().__init__(__name__, name)
        self.name = name

    def read(self, path: Path) -> Facts:
        """Return what the reader sees in the file, or how it ended."""
        try:
            return from_json(self.ask(str(path)))
        except NoAnswerError as error:
            return Facts(error=str(error))


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


if __name__ == "__main__":
    answer_all(lambda path: _read(sys.argv[1], Path(path)).as_json())
