"""The adapter to pyHanko's parser: sections and objects go out as our own values.

Nothing above this module sees an object of pyHanko's, so that another parser can take its place.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.xref import ObjStreamRef, XRefSectionData, XRefSectionType

from antin.core.bytesource import ByteSource, MemorySource
from antin.core.errors import InputError
from antin.core.limits import MAX_REVISIONS
from antin.pdf.bounded_reader import BoundedReader
from antin.pdf.foreign import translated
from antin.pdf.objects import MAX_DEPTH, Dictionary, Name, Ref, Span, Stream, Value

_MAX_CONSISTENCY_WORK: Final = 5_000_000
_SMALL: Final = 128 << 10
_generic: Any = generic
"""The same module, for what of it has no types."""

# pyHanko warns about odd files with tracebacks; what matters of it becomes a finding.
logging.getLogger("pyhanko").addHandler(logging.NullHandler())
logging.getLogger("pyhanko").propagate = False


@dataclass(frozen=True)
class Place:
    """Where a cross-reference section says that an object lies; None: it is freed there."""

    section: int
    generation: int
    where: int | tuple[int, int] | None
    """A byte offset, or (object stream, index)."""


@dataclass(frozen=True)
class Section:
    """One cross-reference section, oldest first in its chain."""

    start: int
    declared: int
    """The offset by which startxref or /Prev named it."""
    end: int
    """Where its trailer (or its stream object) ends."""


class Parser:
    """An opened file: its sections, their entries, and objects at any of them."""

    def __init__(self, reader: BoundedReader, leniency: str | None) -> None:
        self._reader = reader
        self.leniency = leniency
        """Why strict reading failed; None if the file was read strictly."""
        count = reader.xrefs.total_revisions
        self.sections = tuple(self._section(i) for i in range(count))

    def entries(self, section: int) -> Mapping[int, Place]:
        """Return what ``section`` says of each object number that it names."""
        return _entries(self._reader.xrefs.get_xref_data(section), section)

    def trailer(self, section: int) -> Dictionary:
        """Return the trailer as it stood at ``section``."""
        with translated("the trailer"):
            flat = self._reader.trailer.flatten(section)
            return {str(k)[1:]: _convert(v, None) for k, v in flat.items()}

    def read(self, number: int, place: Place) -> Value:
        """Return the object at ``place``; InputError when it can't be read."""
        with translated(f"object {number}"):
            found = self._raw(number, place)
            if isinstance(found, generic.DecryptedObjectProxy):
                return _convert(found.raw_object, found.handler)
            return _convert(found, None)

    def check_strictly(self, sections: range) -> None:
        """Raise InputError unless what ``sections`` brought reads strictly, trailers included.

        Of a dictionary that names a key twice one reader takes the first value, another the last.
        """
        reader, before = self._reader, self._reader.strict
        reader.strict = True
        try:
            for index in sections:
                with translated("the cross-reference"):
                    self._section(index)
                for number, place in self.entries(index).items():
                    if place.where is not None:
                        self.read(number, place)
        finally:
            reader.strict = before

    def stream_data(self, number: int, place: Place, purpose: DecodePurpose) -> bytes:
        """Return the decoded data of the stream at ``place``, within the limits of ``purpose``."""
        with translated(f"stream {number}"):
            found = self._raw(number, place)
            if isinstance(found, generic.DecryptedObjectProxy):
                found = found.decrypted
            if not isinstance(found, generic.StreamObject):
                raise PdfReadError("it is no stream")
            return bytes(found.read_data(purpose))

    def end_of(self, number: int, place: Place) -> int:
        """Return the offset after the object at ``place``, which lies in the file itself."""
        with translated(f"object {number}"):
            self._raw(number, place)
            return int(self._reader.stream.tell())

    def _raw(self, number: int, place: Place) -> Any:
        if place.where is None:
            raise PdfReadError("it does not exist")
        return self._reader.object_at(number, place.generation, place.where)

    def _section(self, index: int) -> Section:
        meta = self._reader.xrefs.get_xref_container_info(index)
        end = meta.end_location
        if meta.xref_section_type in {XRefSectionType.STANDARD, XRefSectionType.HYBRID_MAIN}:
            self._reader.stream.seek(end)
            _generic.DictionaryObject.read_from_stream(
                self._reader.stream, _generic.TrailerReference(self._reader)
            )
            end = self._reader.stream.tell()
        return Section(meta.start_location, meta.declared_startxref, end)


def open_parser(source: ByteSource) -> Parser:
    """Open ``source`` strictly, else leniently; decrypt it by the empty password if need be.

    Errors: ``pdf_malformed``, ``pdf_too_complex``, ``pdf_encrypted``.
    """
    reader, leniency = _read_tables(source)
    _check_size(reader)
    _decrypt(reader)
    with translated("the trailer"):
        return Parser(reader, leniency or None)


def _read_tables(source: ByteSource) -> tuple[BoundedReader, str]:
    """Return a reader, and why it is a lenient one; the reason is empty if it is strict.

    Strict reading compares every freed object with every section. A small file can't hold many of
    either; of a larger one they are counted first, by reading it leniently.
    """
    if source.size <= _SMALL:
        reader, leniency = _strict(source)
        return (reader, "") if reader else (_lenient(source), leniency)
    lenient = _lenient(source)
    if _consistency_work(lenient) > _MAX_CONSISTENCY_WORK:
        return lenient, "its cross-reference is too long to be checked for consistency"
    reader, leniency = _strict(source)
    return (reader, "") if reader else (lenient, leniency)


def _lenient(source: ByteSource) -> BoundedReader:
    with translated("the cross-reference"):
        return BoundedReader(source, strict=False)


def _strict(source: ByteSource) -> tuple[BoundedReader | None, str]:
    try:
        with translated("the cross-reference"):
            return BoundedReader(source, strict=True), ""
    except InputError as error:
        return None, str(error.values.get("detail", ""))


def _check_size(reader: BoundedReader) -> None:
    sections = reader.xrefs.total_revisions
    if sections > 2 * MAX_REVISIONS:
        raise InputError("pdf_too_complex", detail=f"{sections} cross-reference sections")


def _consistency_work(reader: BoundedReader) -> int:
    """Return how many steps pyHanko's strict check takes: freed objects times sections."""
    sections: int = reader.xrefs.total_revisions
    data = (reader.xrefs.get_xref_data(i) for i in range(sections))
    return sections * sum(len(d.freed) + len(d.standard_xrefs) // 100 for d in data)


def _decrypt(reader: BoundedReader) -> None:
    try:
        with translated("the encryption"):
            if not reader.encrypted:
                return
            if isinstance(reader.security_handler, StandardSecurityHandler):
                opened = reader.decrypt("").status is not AuthStatus.FAILED
            else:
                opened = False
    except InputError as error:
        raise InputError("pdf_encrypted") from error
    if not opened:
        raise InputError("pdf_encrypted")


def _entries(data: XRefSectionData, section: int) -> dict[int, Place]:
    """Merge a section's entries: a hybrid's stream fills in what its table calls free."""
    found = {n: Place(section, generation, None) for n, generation in data.freed.items()}
    if data.hybrid is not None:
        found.update(_entries(data.hybrid.xref_data, section))
    for n, (generation, offset) in data.standard_xrefs.items():
        found[n] = Place(section, generation, offset)
    for n, place in data.xrefs_in_objstm.items():
        found[n] = Place(section, 0, _inside(place))
    return found


def _inside(place: ObjStreamRef) -> tuple[int, int]:
    return place.obj_stream_id, place.ix_in_stream


def _convert(raw: Any, handler: Any, depth: int = 0) -> Value:
    """Return our value for pyHanko's, with strings decrypted by ``handler`` if there is one."""
    if depth > MAX_DEPTH:
        raise RecursionError
    match raw:
        case generic.IndirectObject():
            return Ref(raw.idnum, raw.generation)
        case generic.StreamObject():
            data = bytes(raw.encoded_data)
            span = Span(MemorySource(data), 0, len(data))
            return Stream(_convert_dictionary(raw, handler, depth), span)
        case generic.DictionaryObject():
            return _convert_dictionary(raw, handler, depth)
        case generic.ArrayObject():
            return tuple(_convert(item, handler, depth + 1) for item in raw)
        case _:
            return _convert_plain(raw, handler)


def _convert_dictionary(raw: Any, handler: Any, depth: int) -> Dictionary:
    """Signature /Contents are never encrypted (ISO 32000-2 §7.6.2); all other strings may be."""
    signature = "/ByteRange" in raw
    return {
        str(key)[1:]: _convert(
            value, None if signature and key == "/Contents" else handler, depth + 1
        )
        for key, value in raw.items()
    }


def _convert_plain(raw: Any, handler: Any) -> Value:
    match raw:
        case generic.NameObject():
            return Name(raw[1:])
        case generic.TextStringObject() | generic.ByteStringObject():
            if handler is not None:
                raw = _generic.proxy_encrypted_obj(raw, handler).decrypted
            return bytes(raw.original_bytes)
        case generic.BooleanObject():
            return bool(raw.value)
        case generic.NumberObject():
            return int(raw)
        case generic.FloatObject():
            return Decimal(raw)
        case generic.NullObject():
            return None
        case _:
            raise PdfReadError(f"a {type(raw).__name__} has no place here")
