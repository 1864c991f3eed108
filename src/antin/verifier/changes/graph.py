"""Who refers to an object? Answered by one walk over all that a view's trailer reaches."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import View
from antin.pdf.objects import Ref, references

TRAILER: Final = 0
"""Stands for the trailer; object 0 never exists."""
_MAX_LINKS: Final = 6_000_000


@dataclass
class Budget:
    """How many references may still be followed for one file, over all its revisions."""

    links: int = _MAX_LINKS

    def spend(self, links: int) -> None:
        """Take ``links`` off; ``pdf_too_complex`` when there are none left."""
        self.links -= links
        if self.links < 0:
            raise InputError("pdf_too_complex", detail="it has too many references to follow")


class ReferenceGraph:
    """For each object that a view refers to: the objects that refer to it, and under which key."""

    def __init__(self, view: View, budget: Budget) -> None:
        self._budget = budget
        self._parents: dict[int, list[tuple[int, str]]] = defaultdict(list)
        links = tuple(references(view.trailer))
        pending = self._note(TRAILER, links)
        while pending:
            number = pending.pop()
            place = view.place(number)
            if place is not None:
                pending.extend(self._note(number, view.history.links(number, place)))

    def is_referenced(self, number: int) -> bool:
        """Tell whether anything in the view refers to ``number``."""
        return number in self._parents

    def entries(self, number: int, anchors: frozenset[int]) -> frozenset[tuple[int, str]]:
        """Return (anchor, key) of all ways down from objects in ``anchors`` to ``number``.

        Anchors are objects whose own changes are judged by rules; the way up ends at each.
        """
        found: set[tuple[int, str]] = set()
        seen = {number}
        pending = [number]
        while pending:
            for parent, key in self._parents.get(pending.pop(), ()):
                self._budget.spend(1)
                if parent in anchors:
                    found.add((parent, key))
                elif parent not in seen:
                    seen.add(parent)
                    pending.append(parent)
        return frozenset(found)

    def _note(self, number: int, links: tuple[tuple[str, Ref], ...]) -> list[int]:
        """Record the links of one object; return the targets seen for the first time."""
        self._budget.spend(1 + len(links))
        fresh: list[int] = []
        for key, ref in links:
            target = ref.number
            if target not in self._parents:
                fresh.append(target)
            self._parents[target].append((number, key))
        return fresh
