"""What the changes after a signature did to the look of pages, seen by drawing them twice.

A second net below the rules: it catches what looks different although every change was explained,
and shows a person what was changed. It only adds findings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from antin.core.errors import InputError
from antin.pdf.document import PdfDocument
from antin.pdf.objects import Ref, dictionary_of
from antin.verifier.changes.change import Change, rank
from antin.verifier.changes.pages import box_of, is_seen, pages_reached
from antin.verifier.changes.skeleton import Skeleton, annotations_of
from antin.verifier.changes.steps import StepClassifier
from antin.verifier.changes.word_difference import words_changed
from antin.verifier.findings import finding
from antin.verifier.looks import Box, Comparison, Look, PageLooks, PageState, Unseen
from antin.verifier.report import ChangeLevel, Finding, Severity

_FIELDS: Final = frozenset(
    {"form_field_filled", "signature_added", "signature_field_added", "timestamp_added"}
)
_ANNOTATIONS: Final = frozenset({"annotation_added", "annotation_changed", "annotation_removed"})
_MAX_BOXES: Final = 4_000
_Indexes = tuple[int | None, int | None]
"""0-based, of a page in the signed revision and in the whole file."""


@dataclass(frozen=True)
class _Side:
    """One of the two states that are compared."""

    skeleton: Skeleton
    end: int
    """Of the bytes that it is read from."""

    def page(self, index: int | None, allowed: tuple[Change, ...]) -> PageState | None:
        """Return the page at ``index``; None: it is only on the other side."""
        if index is None:
            return None
        return PageState(self.end, index, _boxes(self.skeleton, index, allowed))


def look_findings(
    document: PdfDocument, revision: int, allowed: tuple[Change, ...], looks: PageLooks
) -> list[Finding]:
    """Return what looks different in the whole file from how ``revision`` was signed.

    ``allowed`` are the changes that may show, each in its place. The pages that others reach may
    not look different at all.
    """
    if document.repairs:
        return [_unavailable("it can be read in more than one way", (None,))]
    classifier = document.annex(StepClassifier)
    try:
        reached = _reached(document, revision)
        if reached is not None and not reached:
            return []
        was = _Side(classifier.skeleton(revision), document.revision_end(revision))
        now = _Side(classifier.skeleton(document.revisions), document.source.size)
    except InputError as error:
        return [_unavailable(error.detail.removesuffix("."), (None,))]
    pairs = list(_pairs(was.skeleton.tree.pages, now.skeleton.tree.pages, reached))
    odd = _uncountable((was, now), looks)
    if odd is not None:
        return [_unavailable(odd.reason, [_number(one) for one in pairs])]
    found = _Found()
    for old, new in pairs:
        seen = looks.compare(was.page(old, allowed), now.page(new, allowed))
        found.take(_number((old, new)), seen)
    return list(found.findings())


def may_show(level: ChangeLevel | None) -> bool:
    """Tell whether changes of ``level`` can be seen on a page."""
    return level is None or rank(level) > rank(ChangeLevel.LTA_UPDATES)


def _number(indexes: _Indexes) -> int:
    """Return the 1-based page in the whole file, else in the signed revision."""
    return next(index for index in reversed(indexes) if index is not None) + 1


def _uncountable(sides: Iterable[_Side], looks: PageLooks) -> Unseen | None:
    """Stop where whoever draws counts pages otherwise: his third page may not be ours."""
    for side in sides:
        count = looks.pages(side.end)
        if isinstance(count, Unseen):
            return count
        if count != len(side.skeleton.tree.pages):
            return Unseen("its pages can be counted in more than one way")
    return None


def _unavailable(reason: str, pages: Sequence[int | None]) -> Finding:
    return finding(
        "pictures_unavailable",
        Severity.WARNING,
        page=pages[0],
        count=len(pages),
        reason=reason,
    )


class _Reached:
    """The pages that each revision reaches, told once for all signatures before it."""

    def __init__(self, document: PdfDocument) -> None:
        self._classifier = document.annex(StepClassifier)
        self._known: dict[int, frozenset[int] | None] = {}

    def by(self, revision: int) -> frozenset[int] | None:
        """Return the object numbers of the pages that ``revision`` reaches; None: every page."""
        if revision not in self._known:
            level = self._classifier.result(revision).level
            found: frozenset[int] | None = frozenset()
            if may_show(level):
                found = None if level is None else pages_reached(self._classifier.step(revision))
            self._known[revision] = found
        return self._known[revision]


def _reached(document: PdfDocument, revision: int) -> frozenset[int] | None:
    """Return the pages that anything after ``revision`` reaches; None: every page."""
    reached = document.annex(_Reached)
    found: frozenset[int] = frozenset()
    for number in range(revision + 1, document.revisions + 1):
        by = reached.by(number)
        if by is None:
            return None
        found |= by
    return found


def _pairs(
    was: tuple[int, ...], now: tuple[int, ...], reached: frozenset[int] | None
) -> Iterator[_Indexes]:
    """Yield which page of the signed revision is which page now.

    The same object is the same page; what is left over is paired by its place.
    """
    if was == now:
        for index, number in enumerate(now):
            if reached is None or number in reached:
                yield index, index
        return
    old = {number: index for index, number in enumerate(was)}
    new = {number: index for index, number in enumerate(now)}
    replaced = {
        i for i in range(min(len(was), len(now))) if was[i] not in new and now[i] not in old
    }
    for index, number in enumerate(now):
        yield old.get(number, index if index in replaced else None), index
    for index, number in enumerate(was):
        if number not in new and index not in replaced:
            yield index, None


def _boxes(state: Skeleton, index: int, allowed: tuple[Change, ...]) -> tuple[Box, ...]:
    """Return where the page may look different, in this state."""
    names = {change.field for change in allowed if change.code in _FIELDS}
    marked = any(c.code in _ANNOTATIONS and c.page in {index + 1, None} for c in allowed)
    found = []
    for entry in annotations_of(state.view, state.tree.pages[index]):
        owner = state.owners.get(entry.number) if isinstance(entry, Ref) else None
        held = state.view.resolve(entry)
        may_change = marked if owner is None else owner.name in names
        box = box_of(state.view, dictionary_of(held) or {}) if may_change else None
        if box is not None and is_seen(state.view, held):
            found.append(box)
    return tuple(found[:_MAX_BOXES])


class _Found:
    """Comparisons made into findings: those that differ one by one, the others counted."""

    def __init__(self) -> None:
        self._single: list[Finding] = []
        self._same = 0
        self._more = 0
        self._unseen: dict[str, list[int]] = {}

    def take(self, page: int, seen: Comparison | Unseen) -> None:
        """Take down how ``page`` compares."""
        if isinstance(seen, Unseen):
            self._unseen.setdefault(seen.reason, []).append(page)
        elif seen.look is Look.SAME:
            self._same += 1
        elif seen.look is Look.COVERED:
            made = finding("content_covered", Severity.WARNING, page=page)
            self._single.append(replace(made, pictures=seen.pictures))
        elif seen.look is Look.AS_ALLOWED:
            made = finding("page_look_as_allowed", Severity.INFO, page=page)
            self._single.append(replace(made, pictures=seen.pictures))
        elif seen.pictures is None:
            self._more += 1
        else:
            before, after = words_changed(seen.text_before, seen.text_after)
            made = finding(
                "page_look_changed", Severity.ERROR, page=page, before=before, after=after
            )
            self._single.append(replace(made, pictures=seen.pictures))

    def findings(self) -> Iterator[Finding]:
        """Yield what was found, the differences first."""
        yield from self._single
        if self._more:
            yield finding("more_pages_look_changed", Severity.ERROR, count=self._more)
        for reason, pages in self._unseen.items():
            yield _unavailable(reason, pages)
        if self._same:
            yield finding("pages_look_same", Severity.INFO, count=self._same)
