"""What a revision brought that can be read in more ways than one.

Of a key that stands twice one reader takes the first value, another the last; of an object number
that was freed and is used again some take the old object. A verdict on what changed would be one
reader's only.
"""

from collections.abc import Iterator

from antin.pdf.deviations import Deviation
from antin.pdf.history import History
from antin.pdf.xref import Place


def oddities(history: History, sections: range) -> Iterator[Deviation]:
    """Yield the deviations of ``sections``, their trailers, and all objects that they brought."""
    for index in sections:
        section = history.parser.sections[index]
        yield from section.notes
        for number, entry in section.entries.items():
            place = Place(index, *entry)
            if index > 0 and _is_reused(history, number, place):
                yield Deviation("pdf_freed_number_used", section.start)
            if place.where is not None:
                yield from history.oddities(number, place)


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
