"""Which objects may be inner nodes of a page tree, told from the text without reading them.

A node says /Kids or /Pages. Whatever holds neither word, in no way to write it, is none.
"""

from collections.abc import Iterator
from typing import Final

from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pdf.history import History, View
from antin.pdf.large_streams import text_parts
from antin.pdf.reference_index import ReferenceIndex

_WORDS: Final = (b"/Kids", b"/Pages")
_ESCAPED: Final = tuple(
    form for code in sorted({*b"KidsPages"}) for form in {b"%02x" % code, b"%02X" % code}
)
"""What stands behind the # of an escaped letter of these words."""
_OVERLAP: Final = 8
_Version = tuple[int, int]
"""An object stream: its number, and the section that has it."""


class PossibleNodes:
    """The objects of one file that may be nodes."""

    def __init__(self, history: History, index: ReferenceIndex) -> None:
        self._history = history
        starts = {*index.reaching}.union(*map(index.owners, _hits(history)))
        found = map(history.parser.number_at, starts)
        self._in_text = frozenset(number for number in found if number is not None)
        self._in_streams: dict[_Version, frozenset[int]] = {}

    def of(self, view: View) -> frozenset[int]:
        """Return the numbers of all objects in ``view`` that may be nodes, and perhaps others.

        Error: ``pdf_too_complex``.
        """
        places = ((n, view.place(n)) for n in self._history.parser.index.containers)
        versions = [(n, place.section) for n, place in places if place is not None]
        return self._in_text.union(*map(self._in_stream, versions))

    def _in_stream(self, version: _Version) -> frozenset[int]:
        if version not in self._in_streams:
            self._in_streams[version] = self._search(version)
        return self._in_streams[version]

    def _search(self, version: _Version) -> frozenset[int]:
        try:
            container = self._history.parser.container(*version)
        except InputError as error:
            if error.code == "pdf_too_complex":
                raise
            return frozenset()  # nothing in it can be read
        is_possible = next(_hits_in(container.data), None) is not None
        return frozenset(container.numbers) if is_possible else frozenset()


def _hits(history: History) -> Iterator[int]:
    source = history.parser.source
    for start, end in text_parts(history):
        for low in range(start, end, CHUNK):
            for at in _hits_in(source.pread(low, min(CHUNK, end - low) + _OVERLAP)):
                yield low + at


def _hits_in(data: bytes) -> Iterator[int]:
    for word in _WORDS:
        at = data.find(word)
        while at >= 0:
            yield at
            at = data.find(word, at + 1)
    at = data.find(b"#")
    while at >= 0:
        if data.startswith(_ESCAPED, at + 1):
            yield at
        at = data.find(b"#", at + 1)
