"""The page tree, walked without recursion and within bounds."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import View
from antin.pdf.objects import Dictionary, Ref, Value, name

MAX_NODES: Final = 500_000


class PageTree:
    """Pages in order, and the nodes above them, by object number."""

    def __init__(self, pages: tuple[int, ...], nodes: tuple[int, ...]) -> None:
        self.pages = pages
        self.nodes = nodes
        self._page_numbers = {number: i + 1 for i, number in reversed(list(enumerate(pages)))}

    def page_number(self, number: int) -> int | None:
        """Return the 1-based page that object ``number`` is; None if it is no page."""
        return self._page_numbers.get(number)


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
        node = view.dictionary(item)
        if _is_inner(node):
            pending.extend(reversed(view.array(node.get("Kids"))))
        elif node:
            yield item.number


def page_tree(view: View) -> PageTree:
    """Return the pages of ``view``; ``pdf_too_complex`` when there is no end of nodes."""
    pages: list[int] = []
    nodes: list[int] = []
    seen: set[int] = set()
    pending: list[Value] = [view.catalog.get("Pages")]
    while pending:
        item = pending.pop()
        if not isinstance(item, Ref) or item.number in seen:
            continue
        seen.add(item.number)
        if len(seen) > MAX_NODES:
            raise InputError("pdf_too_complex", detail=f"more than {MAX_NODES} pages")
        node = view.dictionary(item)
        if _is_inner(node):
            nodes.append(item.number)
            pending.extend(reversed(view.array(node.get("Kids"))))
        elif node:
            pages.append(item.number)
    return PageTree(tuple(pages), tuple(nodes))


def _is_inner(node: Dictionary) -> bool:
    """Tell a node from a page; some writers forget /Type, but what has /Kids is no page."""
    return name(node.get("Type")) == "Pages" or ("Kids" in node and "Contents" not in node)
