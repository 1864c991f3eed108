"""Objects found by looking for them, when a file's own cross-reference can't be believed.

What stands inside a stream's data, or inside another object's text, is no object. How far a
stream reaches is known from its /Length if ``endstream`` stands there, else up to the next
``endstream``. A /Length may refer to an object that comes later: the file is gone through again
when one shows that a stream was taken to end too early.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.deviations import Deviation
from antin.pdf.extent import Prefix
from antin.pdf.indirect import IndirectObject, read_bounded, read_indirect
from antin.pdf.landmarks import Kind, Landmark, landmarks
from antin.pdf.lexer import WHITE, Text, read_value
from antin.pdf.objects import Dictionary, Name, Ref, Span, Stream, Value, integer

MAX_OBJECTS: Final = 500_000
"""Most objects that are looked for in one file."""
_LINE_END: Final = 2
_TAIL: Final = 32
_INTEGER_BYTES: Final = 128
"""No object that is an integer is longer."""
_MAX_TRAILERS: Final = 2_000
_MAX_REPAIRS: Final = 100
"""So many are named; a file can need a million."""
_MAX_READS: Final = 200_000
"""Most objects that are looked at more closely: streams, and what has no end."""
_MAX_FAILURES: Final = 4_000
"""So often is an object without an end read in vain; what follows it counts from then on."""
_NEARBY: Final = 4 << 10
"""How far behind the next object's number the end of the one before it is looked for."""


@dataclass
class Scan:
    """What was found in a file; of two objects of one number the later one counts."""

    offsets: dict[int, int] = field(default_factory=dict)
    """Where each object begins, by number."""
    generations: dict[int, int] = field(default_factory=dict)
    """Generations other than 0."""
    containers: list[tuple[int, int]] = field(default_factory=list)
    """Offset and number of each object stream, in order."""
    trailers: list[tuple[int, Dictionary]] = field(default_factory=list)
    """Offset and dictionary of each trailer and cross-reference stream, in order."""
    catalogs: list[int] = field(default_factory=list)
    """Numbers of objects that name /Catalog, in order."""
    repairs: list[Deviation] = field(default_factory=list)


def scan(source: ByteSource, budget: Budget) -> Scan:
    """Return the objects of ``source`` in time linear in its size.

    Error: ``pdf_too_complex``.
    """
    first = _Scanner(source, budget, {})
    first.run()
    longer = first.longer_lengths()
    if not longer:
        return first.found
    second = _Scanner(source, budget, longer)
    second.run()
    return second.found


class _Scanner:
    """Goes through the landmarks of a file once."""

    def __init__(self, source: ByteSource, budget: Budget, lengths: dict[int, int]) -> None:
        self.found = Scan()
        self._source = source
        self._budget = budget
        self._lengths = lengths
        self._asked: Ref | None = None
        """What /Length the stream that is being read refers to, in vain so far."""
        self._guessed: list[tuple[int, Span]] = []
        """Object numbers of lengths that were not known, and what was taken for the data."""
        self._skip = 0
        """What begins before this offset lies inside something already read."""
        self._open: Landmark | None = None
        """An object whose end has not been seen."""
        self._replaced: tuple[int | None, int] = (None, 0)
        """Offset and generation of what that object replaced."""
        self._in_data = False
        """Between a stream that could not be read and its ``endstream``."""
        self._failures = 0
        self._reads = 0
        self._trailers = 0

    def run(self) -> None:
        steps = {
            Kind.OBJECT: self._object,
            Kind.END_OBJECT: self._end_object,
            Kind.STREAM: self._stream,
            Kind.END_STREAM: self._end_stream,
            Kind.TRAILER: self._trailer,
            Kind.CATALOG: self._catalog,
        }
        for mark in landmarks(self._source):
            if mark.start >= self._skip:
                steps[mark.kind](mark)
        if self._open is not None and self._read_open(self._source) is None:
            self._give_up(self._open)

    def _give_up(self, last: Landmark) -> None:
        """Take back the object in which the file breaks off: what it replaced counts on."""
        offset, generation = self._replaced
        del self.found.offsets[last.number]
        self.found.generations.pop(last.number, None)
        if offset is not None:
            self.found.offsets[last.number] = offset
            self.found.generations[last.number] = generation
        self._note("pdf_object_unreadable", last.start)

    def longer_lengths(self) -> dict[int, int]:
        """Return lengths found too late, by object number, that show that a stream goes on."""
        longer: dict[int, int] = {}
        for number, data in self._guessed:
            length = self._integer_at(number)
            if length is not None and length > len(data) + _LINE_END:
                behind = self._source.pread(data.start + length, _TAIL)
                if behind.lstrip(WHITE).startswith(b"endstream"):
                    longer[number] = length
        return longer

    def _object(self, mark: Landmark) -> None:
        if self._in_data or self._is_inside_open(mark):
            return
        if self._open is not None:
            self._note("pdf_endobj_missing", self._open.start)
        found = self.found
        self._replaced = (found.offsets.get(mark.number), found.generations.get(mark.number, 0))
        found.offsets[mark.number] = mark.start
        found.generations.pop(mark.number, None)
        if mark.generation:
            found.generations[mark.number] = mark.generation
        if len(found.offsets) > MAX_OBJECTS:
            raise InputError("pdf_too_complex", detail=f"more than {MAX_OBJECTS} objects")
        self._open = mark

    def _is_inside_open(self, mark: Landmark) -> bool:
        """Tell whether ``mark`` lies in the text of an object that goes on behind it."""
        read = self._read_open(self._up_to(mark.end + _NEARBY))
        if read is None or read.end <= mark.start:
            return False
        self._leave(read)
        return True

    def _end_object(self, _: Landmark) -> None:
        self._open, self._in_data = None, False

    def _stream(self, mark: Landmark) -> None:
        if self._in_data or self._open is None:
            return
        self._asked = None
        read = self._read_open(self._source)
        if read is None:
            self._in_data = True
        elif isinstance(read.value, Stream):
            self._keep_stream(read, read.value)
        elif read.end > mark.start:
            self._leave(read)

    def _leave(self, read: IndirectObject) -> None:
        """Go on behind an object that was read."""
        self._skip, self._open = read.end, None
        for note in read.notes:
            self._note(note.code, note.offset)

    def _keep_stream(self, read: IndirectObject, stream: Stream) -> None:
        self._leave(read)
        if self._asked is not None:
            self._guessed.append((self._asked.number, stream.raw))
        kind = stream.dictionary.get("Type")
        if kind == Name("ObjStm"):
            self.found.containers.append((read.start, read.number))
        elif kind == Name("XRef"):
            self._keep_trailer(read.start, stream.dictionary)

    def _end_stream(self, _: Landmark) -> None:
        self._in_data = False

    def _trailer(self, mark: Landmark) -> None:
        if self._in_data:
            return
        self._trailers += 1
        if self._trailers > _MAX_TRAILERS:
            raise InputError("pdf_too_complex", detail=f"more than {_MAX_TRAILERS} trailers")
        try:
            value = read_bounded(self._source, mark.end, self._budget, _value)
        except InputError as error:
            _pass_only_malformed(error)
            return
        if isinstance(value, Mapping):
            self._keep_trailer(mark.start, value)

    def _keep_trailer(self, offset: int, dictionary: Dictionary) -> None:
        self.found.trailers.append((offset, dictionary))

    def _catalog(self, _: Landmark) -> None:
        if self._open is not None and not self._in_data:
            self.found.catalogs.append(self._open.number)

    def _read_open(self, source: ByteSource) -> IndirectObject | None:
        """Return the open object; None if there is none or it makes no sense."""
        if self._open is None or self._failures > _MAX_FAILURES:
            return None
        self._reads += 1
        if self._reads > _MAX_READS:
            raise InputError("pdf_too_complex", detail=f"more than {_MAX_READS} streams")
        try:
            return read_indirect(source, self._open.start, self._budget, self._length)
        except InputError as error:
            _pass_only_malformed(error)
            self._failures += 1
            return None

    def _length(self, ref: Ref) -> int | None:
        known = self._lengths.get(ref.number)
        if known is None:
            known = self._integer_at(ref.number)
        if known is None:
            self._asked = ref
        return known

    def _integer_at(self, number: int) -> int | None:
        offset = self.found.offsets.get(number)
        if offset is None:
            return None
        head = self._up_to(offset + _INTEGER_BYTES)
        try:
            return integer(read_indirect(head, offset, self._budget, lambda _: None).value)
        except InputError as error:
            _pass_only_malformed(error)
            return None

    def _up_to(self, offset: int) -> ByteSource:
        return Prefix(self._source, min(offset, self._source.size))

    def _note(self, code: str, offset: int | None) -> None:
        if len(self.found.repairs) < _MAX_REPAIRS:
            self.found.repairs.append(Deviation(code, offset))


def _value(text: Text) -> Value:
    return read_value(text, 0)[0]


def _pass_only_malformed(error: InputError) -> None:
    if error.code != "pdf_malformed":
        raise error
