"""Incremental updates (ISO 32000-2 §7.5.6): what is new goes behind what is there.

The bytes of the file are never touched, and nothing is written but the objects that were asked
for: no document information, no metadata, no version.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from antin.core.errors import InputError
from antin.pdf.document import PdfDocument
from antin.pdf.history import Unreadable, View
from antin.pdf.objects import Dictionary, Ref, Value, dictionary_of, integer
from antin.pdf.serialise import NewStream, serialised, serialised_entries
from antin.pdf.verbatim import with_entries
from antin.pdf.xref_write import MAX_GENERATION, Entry, stream_section, table_section

MAX_OBJECTS: Final = 8_388_607
"""ISO 32000-1 annex C: the largest number of indirect objects."""
_ID_BYTES: Final = 16
_LINE_ENDS: Final = b"\r\n"
_RANGE: Final = b"[0 %d %d %d]"
_RANGE_WIDTH: Final = len(_RANGE % ((10**10 - 1,) * 3))
_OF_A_SECTION: Final = frozenset({"Size", "Prev", "XRefStm", "ID"})
_OF_A_STREAM: Final = frozenset(
    {"Type", "W", "Index", "Length", "Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL"}
)
"""What stands in trailers, but says nothing of the document: never carried over."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A dictionary that will hold a signature over all bytes around its /Contents."""

    entries: Dictionary
    reserved: int
    """Bytes of DER that /Contents have room for."""


@dataclass(frozen=True)
class Appendix:
    """The bytes of an update, from the end of the file on."""

    data: bytes
    byte_range: tuple[int, int, int, int] | None
    """Of the :class:`Signed` dictionary, if there is one; its gap holds ``<000…>``."""


_Object = Value | NewStream | Signed


class Update:
    """New and changed objects on top of a document; all reading here sees them.

    In an encrypted file they are encrypted as the rest of it is (ISO 32000-2 §7.6.2).

    Errors of the constructor: ``pdf_malformed`` (no catalog that could be rewritten),
    ``pdf_too_complex`` (no numbers left).
    """

    def __init__(self, document: PdfDocument) -> None:
        self.document = document
        self.view: View = document.final_view
        self._objects: dict[int, _Object] = {}
        self._texts: dict[int, bytes] = {}
        """Of objects that are not written in words of our own."""
        self._next = _first_free(document)
        self._cipher = document.history.parser.cipher
        self._root = self.number_of(self.view.trailer.get("Root"))
        if self._root is None or not self.catalog:
            raise InputError("pdf_malformed", detail="its document catalog is no object of its own")

    @property
    def catalog(self) -> Dictionary:
        """The document catalog."""
        return self.dictionary(self.view.trailer.get("Root"))

    @property
    def changed(self) -> frozenset[int]:
        """The numbers of the objects that are written, new ones included."""
        return frozenset(self._objects)

    def reserve(self) -> Ref:
        """Return a number that nothing in the file uses; :meth:`replace` gives it its object."""
        if self._next > MAX_OBJECTS:
            raise InputError("pdf_too_complex", detail=f"object number {self._next}")
        self._next += 1
        return Ref(self._next - 1)

    def add(self, value: _Object) -> Ref:
        """Add a new object."""
        ref = self.reserve()
        self.replace(ref.number, value)
        return ref

    def replace(self, number: int, value: _Object) -> None:
        """Let object ``number``, an existing or a reserved one, be ``value`` from now on.

        Error: ``pdf_malformed`` where programs read an existing one in different ways, and more is
        changed than entries added: in our words it would show some of them what it did not before.
        """
        if isinstance(value, Ref):
            raise TypeError("an object can't be a reference to another one")
        place = self.view.place(number)
        if place is not None and self._odd(number):
            self._texts[number] = with_entries(self.document.history, number, place, value)
        self._objects[number] = value

    def set_catalog_entry(self, key: str, value: Value) -> None:
        """Let the document catalog say ``value`` under ``key``."""
        if self._root is None:
            raise AssertionError("the constructor saw a catalog")
        self.replace(self._root, {**self.catalog, key: value})

    def ref(self, number: int) -> Ref:
        """Return the reference to an object, of the generation that it has."""
        return Ref(number, self._generation(number))

    def resolve(self, value: Value) -> Value:
        """Return ``value``, or what it refers to; null for what does not exist.

        Error: ``pdf_malformed`` for what can't be read: it must not pass for nothing here, since
        what is written in its stead would hide it for good.
        """
        return self._follow(value)[1]

    def number_of(self, value: Value) -> int | None:
        """Return the number of the object that ``value`` leads to; None if direct or null."""
        number, found = self._follow(value)
        return None if found is None else number

    def dictionary(self, value: Value) -> Dictionary:
        """Return the dictionary that ``value`` leads to, empty for null; else ``pdf_malformed``."""
        found = self.resolve(value)
        if found is not None and not isinstance(found, Mapping):
            raise InputError("pdf_malformed", detail="something else stands for a dictionary")
        return found or {}

    def array(self, value: Value) -> tuple[Value, ...]:
        """Return the array that ``value`` leads to, empty for null; else ``pdf_malformed``."""
        found = self.resolve(value)
        if found is not None and not isinstance(found, tuple):
            raise InputError("pdf_malformed", detail="something else stands for an array")
        return found or ()

    def items(self, value: Value) -> tuple[Value, ...]:
        """Return the items of an array that are to stand in another one, in words of our own.

        Error, besides those of :meth:`array`: ``pdf_malformed`` for one that programs read in
        different ways.
        """
        found = self.array(value)
        if isinstance(value, Ref) and value.number not in self._objects and self._odd(value.number):
            raise InputError("pdf_malformed", detail=f"object {value.number} is odd")
        return found

    def appendix(self) -> Appendix:
        """Return the update: objects by number, cross-reference, trailer, in the file's form.

        The same document and the same changes always give the same bytes, unless it is encrypted
        by AES: each string and stream has a random start then.
        """
        size = self.document.source.size
        body = bytearray(_separator(self.document))
        entries: dict[int, Entry] = {}
        gap: _Gap | None = None
        for number in sorted(self._objects):
            generation = self._generation(number)
            value = self._sealed(number, generation, self._objects[number])
            entries[number] = Entry(generation, size + len(body))
            body += b"%d %d obj\n" % (number, generation)
            if isinstance(value, Signed):
                if gap is not None:
                    raise AssertionError("two signatures can't leave each other out")
                gap = _Gap(body, value)
            else:
                body += self._texts.get(number) or serialised(value)
            body += b"\nendobj\n"
        body += self._section(entries, bytes(body))
        byte_range = gap.close(body, size) if gap else None
        return Appendix(bytes(body), byte_range)

    def _sealed(self, number: int, generation: int, value: _Object) -> _Object:
        """Return ``value`` as it stands in the file: encrypted, where that is."""
        cipher = self._cipher
        if cipher is None:
            return value
        match value:
            case Signed(entries, reserved):
                sealed = cipher.encrypt(number, generation, entries)
                return Signed(dictionary_of(sealed) or {}, reserved)
            case NewStream(entries, data):
                sealed = cipher.encrypt(number, generation, entries)
                coded = cipher.sealed(number, generation, entries, data)
                return NewStream(dictionary_of(sealed) or {}, coded)
            case _:
                return cipher.encrypt(number, generation, value)

    def _follow(self, value: Value) -> tuple[int | None, Value]:
        """Return the number of the object that ``value`` refers to, and what it is.

        An object that is a mere reference to another one (ISO 32000-2 §7.3.10 knows none) is what
        that is to some programs, and nothing to others.
        """
        if not isinstance(value, Ref):
            return None, value
        found = self._object(value)
        if isinstance(found, Ref):
            detail = f"object {value.number} is a mere reference"
            raise InputError("pdf_malformed", detail=detail)
        return value.number, found

    def _odd(self, number: int) -> bool:
        """Tell whether programs may read an object of the file in different ways."""
        place = self.view.place(number)
        return place is not None and bool(self.document.history.oddities(number, place))

    def _object(self, ref: Ref) -> Value:
        if ref.number in self._objects:
            found = self._objects[ref.number]
            return found.entries if isinstance(found, NewStream | Signed) else found
        place = self.view.place(ref.number)
        if place is None or place.generation != ref.generation:
            return None
        held = self.view.object(ref.number)
        if isinstance(held, Unreadable):
            raise InputError("pdf_malformed", detail=f"object {ref.number} cannot be read")
        return held

    def _generation(self, number: int) -> int:
        place = self.view.place(number)
        generation = place.generation if place else 0
        if not 0 <= generation <= MAX_GENERATION:
            raise InputError("pdf_malformed", detail=f"object {number} has no proper generation")
        return generation

    def _section(self, entries: dict[int, Entry], body: bytes) -> bytes:
        head = self.document.newest_section
        start = self.document.source.size + len(body)
        trailer = self._trailer(head.declared, body)
        if head.kind == "stream":
            number = self._next
            entries[number] = Entry(0, start)
            section = stream_section(entries, {**trailer, "Size": number + 1}, number)
        else:
            section = table_section(entries, {**trailer, "Size": self._next})
        return b"%bstartxref\n%d\n%%%%EOF\n" % (section, start)

    def _trailer(self, previous: int, body: bytes) -> Dictionary:
        """Carry over what the trailer said of the document (ISO 32000-2 §7.5.6)."""
        dropped = _OF_A_SECTION | _OF_A_STREAM
        carried = {k: v for k, v in self.view.trailer.items() if k not in dropped}
        identifiers = self.view.trailer.get("ID")
        match self.view.resolve(identifiers):
            case (bytes() as first, bytes() as second):
                seed = hashlib.sha256(b"%d %b" % (self.document.source.size, first + second))
                seed.update(body)
                carried["ID"] = (first, seed.digest()[:_ID_BYTES])
            case None:
                pass
            case _:
                carried["ID"] = identifiers
        return {**carried, "Prev": previous}


class _Gap:
    """The part of an update that a signature leaves out: the hexadecimal string it comes into."""

    def __init__(self, body: bytearray, value: Signed) -> None:
        body += b"<<%b /Contents " % serialised_entries(value.entries)
        self._start = len(body)
        body += b"<%b>" % (b"00" * value.reserved)
        self._end = len(body)
        body += b" /ByteRange "
        self._range = len(body)
        body += b" " * _RANGE_WIDTH + b">>"

    def close(self, body: bytearray, size: int) -> tuple[int, int, int, int]:
        """Write the byte range, now that all lengths are known, and return it."""
        start, end = size + self._start, size + self._end
        rest = len(body) - self._end
        written = (_RANGE % (start, end, rest)).ljust(_RANGE_WIDTH)
        body[self._range : self._range + _RANGE_WIDTH] = written
        return 0, start, end, rest


def _first_free(document: PdfDocument) -> int:
    """Return the lowest number that no section ever named, freed ones included.

    /Size alone does not tell: objects beyond it do not exist by ISO 32000-2 §7.5.5, but readers
    show them, and so do the files of some popular programs. New objects would replace them.
    """
    declared = integer(document.final_view.trailer.get("Size")) or 1
    number = max(declared, document.highest_number + 1)
    if number > MAX_OBJECTS:
        raise InputError("pdf_too_complex", detail=f"object number {number - 1}")
    return number


def _separator(document: PdfDocument) -> bytes:
    """Return the line end that the file lacks: what follows ``%%EOF`` on its line is comment."""
    size = document.source.size
    return b"" if document.source.pread(size - 1, 1) in _LINE_ENDS else b"\n"
