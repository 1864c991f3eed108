"""A document written anew, as a file of one revision: all that it still says, and nothing else.

What reading tolerantly repaired in memory becomes a file that needs no repair. No object keeps its
number, and nothing is left of earlier revisions: signatures do not survive this.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.core.limits import MAX_PDF_BYTES
from antin.pdf.budget import MAX_STREAM
from antin.pdf.document import PdfDocument
from antin.pdf.history import Unreadable
from antin.pdf.objects import Dictionary, Ref, Span, Stream, Value, dictionary_of, name
from antin.pdf.serialise import serialised
from antin.pdf.xref_write import whole_table

_HEAD: Final = 1024
_VERSION: Final = re.compile(rb"%PDF-([12]\.\d)")
_USUAL_VERSION: Final = b"1.7"
_NOT_TEXT: Final = b"%\xe2\xe3\xcf\xd3\n"
"""A comment that tells programs not to take the file for text (ISO 32000-2 §7.5.2)."""
_ID_BYTES: Final = 16
_TABLES: Final = frozenset({"ObjStm", "XRef"})
"""Types of streams that hold a file together: this one has none of them."""


@dataclass(frozen=True)
class Rewritten:
    """What the new file does not show as the old one did to every program."""

    lost: int
    """Objects that could not be read: they are null."""
    odd: frozenset[str]
    """Codes of what in the others was read as well as it could be."""


def rewrite(document: PdfDocument, put: Callable[[bytes], object]) -> Rewritten:
    """Hand the new file to ``put``, piece by piece; return what may look otherwise in it.

    What is a mere reference to another object, which some programs do not follow, stays so. An
    encrypted file stays encrypted as it is. Errors: ``pdf_malformed``, ``pdf_too_complex`` where
    more would be written than a file can sensibly hold.
    """
    writer = _Rewriter(document, put)
    writer.write()
    return Rewritten(writer.lost, frozenset(writer.odd))


class _Rewriter:
    """Writes one document; all it holds of it are numbers and offsets."""

    def __init__(self, document: PdfDocument, put: Callable[[bytes], object]) -> None:
        self.lost = 0
        self.odd: set[str] = set()
        self._view = document.final_view
        self._source = document.source
        self._parser = document.history.parser
        self._sink = put
        self._size = 0
        self._digest = hashlib.sha256()
        self._stream_bytes = 0
        self._numbers: dict[int, int] = {}
        self._reached: list[int] = []

    def write(self) -> None:
        """Write the file: what the trailer reaches, in the order in which it is referred to."""
        root = self._view.trailer.get("Root")
        if not isinstance(root, Ref) or not isinstance(self._view.resolve(root), Mapping):
            detail = "its document catalog is no object of its own"
            raise InputError("pdf_malformed", detail=detail)
        self._put(self._header())
        top = {key: self._moved(self._view.trailer.get(key)) for key in ("Root", "Info")}
        offsets: list[int] = []
        while len(offsets) < len(self._reached):
            old = self._reached[len(offsets)]
            offsets.append(self._size)
            self._object(old, len(offsets))
        trailer = {key: ref for key, ref in top.items() if isinstance(ref, Ref)}
        start = self._size
        self._put(whole_table(offsets, {**trailer, **self._security()}))
        self._put(b"startxref\n%d\n%%%%EOF\n" % start)

    def _header(self) -> bytes:
        found = _VERSION.search(self._source.pread(0, _HEAD))
        return b"%%PDF-%b\n%b" % (found[1] if found else _USUAL_VERSION, _NOT_TEXT)

    def _object(self, old: int, number: int) -> None:
        value = self._read(old)
        self._put(b"%d 0 obj\n" % number)
        if isinstance(value, Stream):
            self._stream(old, number, value)
        else:
            self._put(serialised(self._sealed(number, self._moved(value))))
        self._put(b"\nendobj\n")

    def _read(self, number: int) -> Value:
        """Return an object of the old file, without what a new one must not hold."""
        found = self._view.object(number)
        if isinstance(found, Unreadable):
            self.lost += 1
            return None
        place = self._view.place(number)
        if place is not None:
            self.odd.update(note.code for note in self._view.history.oddities(number, place))
        if isinstance(found, Stream):
            return None if name(found.dictionary.get("Type")) in _TABLES else found
        root = self._view.trailer.get("Root")
        if isinstance(root, Ref) and number == root.number and isinstance(found, Mapping):
            # Rights that a signature over the whole file gave end with it (§12.8.2.3).
            return {key: value for key, value in found.items() if key != "Perms"}
        return found

    def _stream(self, old: int, number: int, stream: Stream) -> None:
        # No two streams share their data in a file that is what it seems: there is a bound.
        self._stream_bytes += len(stream.raw)
        if self._stream_bytes > self._source.size:
            raise InputError("pdf_too_complex", detail="its streams overlap")
        moved = {k: self._moved(v) for k, v in stream.dictionary.items() if k != "Length"}
        entries = dictionary_of(self._sealed(number, moved)) or {}
        if self._parser.cipher is None:
            self._open_stream(entries, len(stream.raw))
            self._copy(stream.raw)
        else:
            data = self._recoded(old, number, stream)
            self._open_stream(entries, len(data))
            self._put(data)
        self._put(b"\nendstream")

    def _open_stream(self, entries: Dictionary, length: int) -> None:
        self._put(b"%b\nstream\n" % serialised({**entries, "Length": length}))

    def _copy(self, raw: Span) -> None:
        for start in range(raw.start, raw.end, CHUNK):
            self._put(raw.source.pread(start, min(CHUNK, raw.end - start)))

    def _recoded(self, old: int, number: int, stream: Stream) -> bytes:
        """Return the data of a stream as the new number has them encrypted."""
        cipher, place = self._parser.cipher, self._view.place(old)
        if cipher is None or place is None or len(stream.raw) > MAX_STREAM:
            raise InputError("pdf_too_complex", detail="a stream is too long to be encrypted anew")
        data = cipher.stream(old, place.generation, stream.dictionary, stream.raw.read())
        return cipher.sealed(number, 0, stream.dictionary, data)

    def _sealed(self, number: int, value: Value) -> Value:
        cipher = self._parser.cipher
        return value if cipher is None else cipher.encrypt(number, 0, value)

    def _moved(self, value: Value) -> Value:
        """Return ``value`` with new numbers; what refers to nothing is null."""
        match value:
            case Ref():
                return self._new(value)
            case tuple():
                return tuple(self._moved(item) for item in value)
            case Mapping():
                return {key: self._moved(item) for key, item in value.items()}
            case _:
                return value

    def _new(self, ref: Ref) -> Ref | None:
        if ref.number not in self._numbers:
            place = self._view.place(ref.number)
            if place is None or place.generation != ref.generation:
                return None
            self._reached.append(ref.number)
            self._numbers[ref.number] = len(self._reached)
        return Ref(self._numbers[ref.number])

    def _security(self) -> Dictionary:
        """Return the trailer's identifiers and encryption (ISO 32000-2 §14.4, §7.6.2)."""
        made = self._digest.digest()[:_ID_BYTES]
        listed = self._view.array(self._view.trailer.get("ID"))
        first = self._view.resolve(listed[0]) if listed else None
        identifiers: dict[str, Value] = {"ID": (first if isinstance(first, bytes) else made, made)}
        if self._parser.encryption is not None:
            identifiers["Encrypt"] = self._parser.encryption
        return identifiers

    def _put(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > MAX_PDF_BYTES:
            raise InputError("pdf_too_complex", detail="rewritten it would be too large")
        self._digest.update(data)
        self._sink(data)
