"""One step: what a revision did to the objects of the one before it."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final, TypeGuard

from antin.pdf.document import PdfDocument
from antin.pdf.history import Unreadable, View
from antin.pdf.objects import Dictionary, Ref, Value, dictionary_of, same
from antin.verifier.changes.change import Change, rank
from antin.verifier.changes.skeleton import Role, Skeleton
from antin.verifier.changes.skeletons import Skeletons
from antin.verifier.report import ChangeLevel

_MAX_CHANGES: Final = 200


class Step:
    """The old and the new view, the numbers that differ, and what rules made of them so far.

    Rules report changes and *explain* numbers: what stays unexplained in the end is a change that
    no rule allows.
    """

    def __init__(self, document: PdfDocument, revision: int, skeletons: Skeletons) -> None:
        self.revision = revision
        self.old: View = document.view(revision - 1)
        self.new: View = document.view(revision)
        self._skeletons = skeletons
        self.changed: set[int] = set()
        """Numbers that exist in both views with different values."""
        self.added: set[int] = set()
        """Numbers that exist in the new view only."""
        self.removed: set[int] = set()
        """Numbers that exist in the old view only."""
        self.explained: set[int] = set()
        self.level = ChangeLevel.NONE
        """The worst of all changes, reported or left out."""
        self.is_whole = True
        """Whether every change that was reported is kept."""
        self._changes: dict[Change, None] = {}
        self._kinds: set[tuple[str, ChangeLevel]] = set()
        for number in document.numbers_in(revision):
            self._sort(number)

    @cached_property
    def before(self) -> Skeleton:
        """The skeleton of the old view."""
        return self._skeletons.of(self.revision - 1)

    @cached_property
    def after(self) -> Skeleton:
        """The skeleton of the new view."""
        return self._skeletons.of(self.revision)

    def entries_in(self, skeleton: Skeleton, number: int) -> tuple[tuple[int, Role, str], ...]:
        """Return :meth:`entries` in the view of ``skeleton``: :attr:`before` or :attr:`after`."""
        found = skeleton.graph.entries(number, skeleton.roles)
        return tuple((anchor, skeleton.roles[anchor], key) for anchor, key in sorted(found))

    def is_referenced(self, number: int) -> bool:
        """Tell whether anything that the old view uses refers to ``number``."""
        return bool(self.before.graph.entries(number, self.before.roles))

    def entries(
        self, number: int, first: Callable[[int, str], bool] | None = None
    ) -> tuple[tuple[int, Role, str], ...]:
        """Return (anchor, role, key) of all ways down to ``number`` in the old view, sorted.

        Of ways whose last object ``first`` denies, none are returned.
        """
        found = self.before.graph.entries(number, self.before.roles, first)
        return tuple((anchor, self.before.roles[anchor], key) for anchor, key in sorted(found))

    def touched_pages(self) -> tuple[tuple[int, int], ...]:
        """Return (page, number) of the old pages that changed, or whose list of annotations did."""
        tree, touched = self.before.tree, self.changed | self.removed
        parents = (parent for number in touched for parent in self.before.graph.parents(number))
        found = {number for number, key in parents if key == "Annots"} | self.changed
        pages = ((tree.page_number(number), number) for number in found)
        return tuple(sorted((page, number) for page, number in pages if page is not None))

    def report(
        self,
        code: str,
        level: ChangeLevel,
        *,
        page: int | None = None,
        number: int | None = None,
        field: str | None = None,
        keys: Iterable[str] = (),
    ) -> None:
        """Record a change of this revision, once.

        Of very many, only the first are kept, and the first of every kind.
        """
        self.level = max(self.level, level, key=rank)
        kind = (code, level)
        if len(self._changes) >= _MAX_CHANGES and kind in self._kinds:
            self.is_whole = False
            return
        self._kinds.add(kind)
        change = Change(code, level, self.revision, page, number, field, tuple(sorted(keys)))
        self._changes.setdefault(change)

    def keys_changed(self, number: int) -> set[str]:
        """Return the keys under which the dictionary ``number`` differs.

        ``stream`` is among them when either is a stream, or no dictionary at all.
        """
        was, now = self.old.value(number), self.new.value(number)
        keys = differing_keys(dictionary_of(was) or {}, dictionary_of(now) or {})
        plain = isinstance(was, Mapping) and isinstance(now, Mapping)
        return keys if plain else keys | {"stream"}

    def is_touched(self, value: Value) -> TypeGuard[Ref]:
        """Tell whether ``value`` refers to an object that this revision changed or removed."""
        return isinstance(value, Ref) and (
            value.number in self.changed or value.number in self.removed
        )

    @property
    def changes(self) -> tuple[Change, ...]:
        """What was reported, in the order of the rules."""
        return tuple(self._changes)

    def _sort(self, number: int) -> None:
        was, now = self.old.place(number), self.new.place(number)
        if was is None and now is None:
            return
        if was is None:
            self.added.add(number)
        elif now is None or now.generation != was.generation:
            self.removed.add(number)
        elif not _unchanged(self.old.object(number), self.new.object(number)):
            self.changed.add(number)


def differing_keys(one: Dictionary, other: Dictionary) -> set[str]:
    """Return the keys under which two dictionaries differ."""
    return {key for key in one.keys() | other.keys() if not same(one.get(key), other.get(key))}


def _unchanged(was: Value | Unreadable, now: Value | Unreadable) -> bool:
    if isinstance(was, Unreadable) or isinstance(now, Unreadable):
        return was == now
    return same(was, now)
