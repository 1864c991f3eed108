"""The page tree, walked without recursion and within bounds."""

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import View
from antin.pdf.objects import Dictionary, Ref, Value, dictionary_of, name

MAX_NODES: Final = 500_000


class PageTree:
    """Pages in order, and the nodes above them, by object number."""

    def __init__(self, view: View, leaves: dict[int, int], nodes: Iterable[int]) -> None:
        self._view = view
        self._leaves = leaves
        self._uncounted = filter(self.is_page, leaves)
        self._counted: dict[int, int] = {}
        """The 1-based place of each of the first pages: as many as were asked for."""
        self.nodes = frozenset(nodes)

    def __len__(self) -> int:
        return len(self._leaves) + len(self.nodes)

    @cached_property
    def pages(self) -> tuple[int, ...]:
        """All pages in order."""
        self._count(lambda: False)
        return tuple(self._counted)

    def nth(self, page: int) -> int | None:
        """Return the object number of the 1-based ``page``; None if there are not so many."""
        self._count(lambda: len(self._counted) >= page)
        return next(islice(self._counted, page - 1, None), None)

    def lists(self, number: int) -> bool:
        """Tell whether object ``number`` is a page, if it exists."""
        return number in self._leaves

    def is_page(self, number: int) -> bool:
        """Tell whether object ``number`` is a page."""
        generation = self._leaves.get(number)
        return generation is not None and _exists(self._view, Ref(number, generation))

    def page_number(self, number: int) -> int | None:
        """Return the 1-based page that object ``number`` is; None if it is no page."""
        if not self.is_page(number):
            return None
        self._count(lambda: number in self._counted)
        return self._counted[number]

    def lists_alike(self, view: View, touched: Iterable[int]) -> bool:
        """Tell whether the pages among ``touched`` are still pages in ``view``.

        One may have been freed, or turned into a node or another object.
        """
        for number in touched:
            generation = self._leaves.get(number)
            if generation is not None:
                node = _node(view, Ref(number, generation))
                if not node or _is_inner(node) or not self.is_page(number):
                    return False
        return True

    def _count(self, is_enough: Callable[[], bool]) -> None:
        """Count on until ``is_enough``, or there are no more pages."""
        while not is_enough():
            number = next(self._uncounted, None)
            if number is None:
                return
            self._counted[number] = len(self._counted) + 1


def nth_page(view: View, index: int) -> int | None:
    """Return the object number of a page, counted from 0 or, negative, from the end; or None.

    From the front it reads no more of the tree than lies before the page. /Count is not believed:
    a wrong one would mean another page than the one that readers show.
    """
    if not -MAX_NODES <= index <= MAX_NODES:
        return None
    if index < 0:
        last = deque(_leaves(view), maxlen=-index)
        return last[0] if len(last) == -index else None
    return next(islice(_leaves(view), index, None), None)


def _leaves(view: View) -> Iterator[int]:
    seen: set[int] = set()
    pending: list[Value] = [view.catalog.get("Pages")]
    while pending:
        item = pending.pop()
        if not isinstance(item, Ref) or item.number in seen:
            continue
        seen.add(item.number)
        if len(seen) > MAX_NODES:
            raise InputError("pdf_too_complex", detail=f"more than {MAX_NODES} pages")
        node = _node(view, item)
        if _is_inner(node):
            pending.extend(reversed(view.array(node.get("Kids"))))
        elif node:
            yield item.number


def page_tree(view: View, possible: Container[int] | None = None) -> PageTree:
    """Return the pages of ``view``; ``pdf_too_complex`` when there is no end of nodes.

    Only the objects in ``possible`` are looked at, whether they are nodes, or no dictionaries and
    so no pages either; all, if it is left out.
    """
    leaves: dict[int, int] = {}
    nodes: list[int] = []
    seen: set[int] = set()
    pending: list[Value] = [view.catalog.get("Pages")]
    while pending:
        item = pending.pop()
        if not isinstance(item, Ref) or item.number in seen:
            continue
        is_looked_at = possible is None or not seen or item.number in possible
        seen.add(item.number)
        if len(seen) > MAX_NODES:
            raise InputError("pdf_too_complex", detail=f"more than {MAX_NODES} pages")
        if not is_looked_at:
            leaves[item.number] = item.generation
            continue
        node = _node(view, item)
        if _is_inner(node):
            nodes.append(item.number)
            pending.extend(reversed(view.array(node.get("Kids"))))
        elif node:
            leaves[item.number] = item.generation
    return PageTree(view, leaves, nodes)


def _exists(view: View, ref: Ref) -> bool:
    place = view.place(ref.number)
    return place is not None and place.generation == ref.generation


def _node(view: View, ref: Ref) -> Dictionary:
    """Return the dictionary that ``ref`` refers to; empty if it is none."""
    return (dictionary_of(view.value(ref.number)) or {}) if _exists(view, ref) else {}


def _is_inner(node: Dictionary) -> bool:
    """Tell a node from a page; some writers forget /Type, but what has /Kids is no page."""
    return name(node.get("Type")) == "Pages" or ("Kids" in node and "Contents" not in node)
