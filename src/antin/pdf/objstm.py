"""Object streams (ISO 32000-2 §7.5.7): the table at the front is read once, objects on demand."""

import re
from dataclasses import dataclass, replace
from typing import Final

from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.deviations import Deviation
from antin.pdf.lexer import Text, read_value
from antin.pdf.objects import Ref, Stream, Value, integer, name

_NUMBERS: Final = re.compile(rb"\d{1,12}")
_NO_NUMBERS: Final = re.compile(rb"[^\d\x00\t\n\x0c\r ]|\d{11}")
_MAX_OBJECTS: Final = 1_000_000


@dataclass(frozen=True, eq=False)
class ObjectStream:
    """An object stream, inflated: which objects it holds, and where in its data each begins."""

    start: int
    """Where the stream lies in the file."""
    data: bytes
    numbers: tuple[int, ...]
    offsets: tuple[int, ...]
    index: dict[int, int]
    """The first place of each number."""
    is_odd: bool = False
    """Its table holds more than plain numbers, or a number twice: others may read it otherwise."""

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes."""
        return len(self.data) + 200 * len(self.numbers)

    def read(self, number: int, index: int, budget: Budget) -> tuple[Value, tuple[Deviation, ...]]:
        """Return object ``number``, which should be the one at ``index``, and what is odd in it.

        Errors: ``pdf_malformed`` with the offset of the stream, ``pdf_too_complex``.
        """
        at, notes = self._find(number, index)
        text = Text(self.data, self.start)
        try:
            value, _ = read_value(text, self.offsets[at])
        except InputError as error:
            raise InputError(error.code, **{**error.values, "offset": self.start}) from error
        budget.parse(text.cost - self.offsets[at])
        if isinstance(value, Ref):
            raise _fault(f"object {number} is only a reference", self.start)
        return value, (*notes, *(replace(note, offset=self.start) for note in text.notes))

    def _find(self, number: int, index: int) -> tuple[int, tuple[Deviation, ...]]:
        is_there = index < len(self.numbers) and self.numbers[index] == number
        if is_there and not self.is_odd:
            return index, ()
        at = index if is_there else self.index.get(number)
        if at is None:
            raise _fault(f"object {number} is not in its object stream", self.start)
        return at, (Deviation("pdf_object_stream_odd", self.start),)


def open_object_stream(stream: Stream, data: bytes) -> ObjectStream:
    """Return the object stream that ``stream`` is, whose decoded data are ``data``.

    Errors: ``pdf_malformed`` with the offset of the stream, ``pdf_too_complex``.
    """
    start = stream.raw.start
    first, count = (integer(stream.dictionary.get(key)) for key in ("First", "N"))
    if name(stream.dictionary.get("Type")) != "ObjStm" or first is None or count is None:
        raise _fault("this is no object stream", start)
    if count > _MAX_OBJECTS:
        raise InputError("pdf_too_complex", detail=f"an object stream of {count} objects")
    if first < 0 or count < 0 or first > len(data):
        raise _fault("the table of an object stream makes no sense", start)
    table = [int(digits) for digits in _NUMBERS.findall(data, 0, first)[: 2 * count]]
    if len(table) < 2 * count:
        raise _fault("an object stream holds fewer objects than it promises", start)
    numbers = tuple(table[::2])
    index = {number: at for at, number in reversed(list(enumerate(numbers)))}
    offsets = tuple(first + at for at in table[1::2])
    plain = data[:first].partition(b"\n%% ")[0]  # as qpdf writes it for people to read
    plain = plain if len(_NUMBERS.findall(plain)) >= 2 * count else data[:first]
    is_odd = len(index) < count or _NO_NUMBERS.search(plain) is not None
    return ObjectStream(start, data, numbers, offsets, index, is_odd)


def _fault(reason: str, start: int) -> InputError:
    return InputError("pdf_malformed", detail=reason, offset=start)
