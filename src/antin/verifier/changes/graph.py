"""Which parts of a document use an object? Answered by going up from it, reference by reference."""

from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import View
from antin.pdf.references import References

_MAX_LINKS: Final = 6_000_000
_MAX_ASIDE: Final = 500_000


@dataclass
class Budget:
    """How many references may still be followed for one file, over all its revisions."""

    links: int = _MAX_LINKS
    set_aside: int = field(default=_MAX_ASIDE, init=False)
    """For what no verdict depends on."""

    def spend(self, links: int) -> None:
        """Take ``links`` off; ``pdf_too_complex`` when there are none left."""
        self.links -= links
        if self.links < 0:
            raise InputError("pdf_too_complex", detail="it has too many references to follow")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take what is spent inside from what is set aside, so that the rest is as it was."""
        kept, self.links = self.links, self.set_aside
        try:
            yield
        finally:
            self.set_aside, self.links = max(self.links, 0), kept


class ReferenceGraph:
    """The ways up from an object of a view, to what its rules know."""

    def __init__(self, view: View, references: References, budget: Budget) -> None:
        self._view = view
        self._references = references
        self.budget = budget
        self._parents: dict[int, frozenset[tuple[int, str]]] = {}

    def entries(
        self, number: int, anchors: Container[int], first: Callable[[int, str], bool] | None = None
    ) -> frozenset[tuple[int, str]]:
        """Return (anchor, key) of all ways down from objects in ``anchors`` to ``number``.

        Anchors are objects whose own changes are judged by rules, and the trailer; each is in use,
        and the way up ends at it. What none leads to is used by nothing. ``first`` tells of an
        object that refers to ``number`` itself, and its key, whether that counts; all do without.
        """
        found: set[tuple[int, str]] = set()
        seen = {number}
        pending = [number]
        while pending:
            below = pending.pop()
            for parent, key in self.parents(below):
                if below == number and first is not None and not first(parent, key):
                    continue
                if parent in anchors:
                    found.add((parent, key))
                elif parent not in seen:
                    seen.add(parent)
                    pending.append(parent)
        return frozenset(found)

    def parents(self, number: int) -> frozenset[tuple[int, str]]:
        """Return all objects of the view that refer to ``number``, with their keys."""
        if number not in self._parents:
            self._parents[number] = self._references.parents(self._view, number)
        self.budget.spend(1 + len(self._parents[number]))
        return self._parents[number]
