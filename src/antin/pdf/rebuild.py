"""A cross-reference made anew, from the objects that are found by looking for them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.deviations import Deviation
from antin.pdf.objects import Dictionary, Name, Ref, Value, dictionary_of
from antin.pdf.parser import Parser
from antin.pdf.scan import Scan, scan
from antin.pdf.sections import OF_STREAMS
from antin.pdf.xref import Entry, PlainEntries, Section

_OF_SECTIONS: Final = OF_STREAMS | {"Prev", "Size"}
T = TypeVar("T")


@dataclass(frozen=True)
class Rebuilt:
    """A file's cross-reference made anew, and what had to be repaired for it."""

    parser: Parser
    repairs: tuple[Deviation, ...]


def rebuild(source: ByteSource, budget: Budget) -> Rebuilt:
    """Return a cross-reference of all objects in ``source``; it lies nowhere in the file.

    Errors: ``pdf_malformed`` where there is no document catalog, ``pdf_encrypted``,
    ``pdf_too_complex``.
    """
    found = scan(source, Budget(source.size))

    def parser(entries: Mapping[int, Entry], trailer: Dictionary) -> Parser:
        return Parser(source, (_section(source, entries, trailer),), budget)

    # 1. What the trailers say, the newest first; it may be needed to decrypt.
    trailer = _merged(dictionary for _, dictionary in found.trailers)
    # 2. Objects in object streams: each counts as lying where its stream lies.
    plain = {n: (found.generations.get(n, 0), offset) for n, offset in found.offsets.items()}
    entries = dict(_with_members(found, plain, parser(plain, trailer)))
    # 3. The catalog, from a trailer or by its type.
    root, repairs = _root(found, entries, parser(entries, trailer))
    return Rebuilt(parser(entries, {**trailer, "Root": root}), (*repairs, *found.repairs))


def _section(source: ByteSource, entries: Mapping[int, Entry], trailer: Dictionary) -> Section:
    """Return a section behind whose end nothing lies, so that no revision ends there."""
    sized = {**trailer, "Size": max(entries, default=0) + 1}
    return Section("rebuilt", 0, 0, source.size, sized, PlainEntries(entries))


def _merged(trailers: Iterable[Dictionary]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for trailer in trailers:
        found.update(trailer)
    return {key: value for key, value in found.items() if key not in _OF_SECTIONS}


def _with_members(
    found: Scan, plain: Mapping[int, Entry], parser: Parser
) -> Iterator[tuple[int, Entry]]:
    """Yield all entries; of two for one number the later one in the file, which counts."""
    yield from plain.items()
    for offset, container in found.containers:
        if found.offsets.get(container) != offset:
            continue  # each stream once, however often its number is used
        for index, number in enumerate(_members(parser, container)):
            if found.offsets.get(number, -1) < offset:
                yield number, (0, (container, index))


def _members(parser: Parser, container: int) -> tuple[int, ...]:
    """Return the numbers of the objects in an object stream; none if it can't be read."""
    return _unless_malformed(lambda: parser.container(container, 0).numbers) or ()


def _read(parser: Parser, number: int) -> Dictionary:
    """Return the dictionary that an object is; empty if it is none or can't be read."""
    place = parser.index.place(number, 0)
    if place is None:
        return {}
    return dictionary_of(_unless_malformed(lambda: parser.read(number, place)[0])) or {}


def _unless_malformed(step: Callable[[], T]) -> T | None:
    try:
        return step()
    except InputError as error:
        if error.code != "pdf_malformed":
            raise
        return None


def _root(
    found: Scan, entries: Mapping[int, Entry], parser: Parser
) -> tuple[Ref, tuple[Deviation, ...]]:
    """Return the catalog that the newest trailer names, else the newest catalog there is."""
    for _, trailer in reversed(found.trailers):
        root = trailer.get("Root")
        if isinstance(root, Ref) and "Pages" in _read(parser, root.number):
            return root, ()
    packed = [n for n, (_, where) in entries.items() if isinstance(where, tuple)]
    for number in (*reversed(found.catalogs), *reversed(packed)):
        if _read(parser, number).get("Type") == Name("Catalog"):
            root = Ref(number, found.generations.get(number, 0))
            return root, (Deviation("pdf_trailer_rebuilt", found.offsets.get(number)),)
    raise InputError("pdf_malformed", detail="it has no document catalog", offset=0)
