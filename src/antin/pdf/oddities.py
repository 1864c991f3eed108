"""What a revision brought that can be read in more ways than one.

Of a key that stands twice one reader takes the first value, another the last; of an object number
that was freed and is used again some take the old object; some read by the cross-reference, and
some look for objects in the whole file. A verdict on what changed would be one reader's only.
"""

from collections.abc import Iterator

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.pdf.deviations import Deviation
from antin.pdf.history import History
from antin.pdf.objects import Stream, name
from antin.pdf.unlisted import unlisted
from antin.pdf.verbatim import is_extended
from antin.pdf.xref import HybridEntries, Place, Section


def oddities(
    source: ByteSource, history: History, sections: range, start: int, end: int
) -> Iterator[Deviation]:
    """Yield the deviations of ``sections``, their trailers, and all objects that they brought.

    The sections lie between the offsets ``start`` and ``end``, with what they name.
    """
    own = history.parser.sections[sections.start : sections.stop]
    beginnings = {at for section in own for at in (section.start, section.beside)}
    for index, section in zip(sections, own, strict=True):
        yield from section.notes
        for number, entry in section.entries.items():
            place = Place(index, *entry)
            if index > 0 and _is_reused(history, number, place):
                yield Deviation("pdf_freed_number_used", section.start)
            if index > 0 and _is_hidden(history, section, number, place):
                yield Deviation("pdf_object_hidden", section.start)
            if place.where is not None:
                yield from _odd_in(history, number, place)
                if index > 0 and not _is_told_of(history, number, place, beginnings):
                    yield Deviation("pdf_object_unlisted", section.start)
    if sections.start > 0:
        yield from unlisted(source, own, start, end)


def _odd_in(history: History, number: int, place: Place) -> tuple[Deviation, ...]:
    """Return what is odd about an object, unless it was so before, in the same words."""
    found = history.oddities(number, place)
    before = history.parser.index.newest(number, place.section - 1) if found else None
    if before is not None and is_extended(history, number, before, place):
        return ()
    return found


def _is_hidden(history: History, section: Section, number: int, place: Place) -> bool:
    """Tell whether the stream of a hybrid section speaks of an object that is in use already.

    It is for objects that old readers do without (§7.5.8.4); of others each reader has another.
    """
    if not isinstance(section.entries, HybridEntries) or not section.entries.hides(number):
        return False
    before = history.parser.index.newest(number, place.section - 1)
    return before is not None and before.where is not None


def _is_told_of(history: History, number: int, place: Place, beginnings: set[int | None]) -> bool:
    """Tell whether a stream that holds objects, or a trailer, is known to do so and in full."""
    kind = _type_at(history, number, place)
    if kind == "XRef":
        return place.where in beginnings
    if kind != "ObjStm":
        return True
    try:
        held = history.parser.container(number, place.section).numbers
    except InputError as error:
        if error.code == "pdf_too_complex":
            raise
        return False
    newest = history.parser.index.newest
    before = newest(number, place.section - 1)
    if before is not None and _type_at(history, number, before) == "ObjStm":
        return True  # another version of what it was, which is judged by what it holds
    listed = (newest(n, place.section) for n in held)
    return all(one is not None and one.where == (number, i) for i, one in enumerate(listed))


def _type_at(history: History, number: int, place: Place) -> str | None:
    """Return the type of the stream at ``place``; None if it is no stream, or has none."""
    value = None if place.where is None else history.value(number, place)
    return name(value.dictionary.get("Type")) if isinstance(value, Stream) else None


def _is_reused(history: History, number: int, place: Place) -> bool:
    """Tell whether an entry uses a number in a generation that it should not have (§7.5.4).

    A number that was freed comes back in the generation that was announced, which is never 0; one
    in use keeps its own, a new one has generation 0.
    """
    if place.where is None:
        return False
    before = history.parser.index.newest(number, place.section - 1)
    if before is None:
        return place.generation != 0
    return place.generation != before.generation or (before.where is None and not place.generation)
