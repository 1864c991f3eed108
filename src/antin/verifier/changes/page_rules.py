"""Rules for pages and what is stuck on them."""

from collections import Counter
from typing import Final

from antin.pdf.objects import Ref, Value, dictionary_of, name, same
from antin.pdf.pages import PageTree
from antin.verifier.changes.form_rules import is_newly_signed, shows
from antin.verifier.changes.skeleton import Role, annotations_of, is_of_a_person
from antin.verifier.changes.step import Step
from antin.verifier.report import ChangeLevel

_NODE_FREE: Final = frozenset({"Kids", "Count"})
"""Judged by the order of the pages that result."""


def judge_page_list(step: Step) -> None:
    """Stop pages that are added, removed or moved; name each by its number."""
    was, now = step.before.tree, step.after.tree
    same_pages = was is now or was.pages == now.pages
    if not same_pages:
        _name_pages(step, was, now)
    _judge_nodes(step, same_pages=same_pages)


def _name_pages(step: Step, was: PageTree, now: PageTree) -> None:
    known, kept = set(was.pages), set(now.pages)
    for number in now.pages:
        if number not in known:
            page = now.page_number(number)
            step.report("page_added", ChangeLevel.OTHER, page=page, number=number)
    for number in was.pages:
        if number not in kept:
            page = was.page_number(number)
            step.report("page_removed", ChangeLevel.OTHER, page=page, number=number)
    if [n for n in was.pages if n in kept] != [n for n in now.pages if n in known]:
        step.report("pages_reordered", ChangeLevel.OTHER)


def _judge_nodes(step: Step, *, same_pages: bool) -> None:
    """Stop changes that pages inherit, and trees that list a page twice."""
    for number in sorted(step.changed.intersection(step.before.tree.nodes)):
        keys = step.keys_changed(number)
        odd = keys if same_pages else keys - _NODE_FREE
        if odd:
            step.report("page_tree_changed", ChangeLevel.OTHER, number=number, keys=odd)
        step.explained.add(number)


def judge_page_dictionaries(step: Step) -> None:
    """Stop changes of a page's content, resources, size, rotation, actions: all but /Annots."""
    for number in sorted(step.changed):
        page = step.before.tree.page_number(number)
        if page is None:
            continue
        forbidden = step.keys_changed(number) - {"Annots"}
        if forbidden:
            step.report(
                "page_content_changed", ChangeLevel.OTHER, page=page, number=number, keys=forbidden
            )
        step.explained.add(number)


def judge_annotation_lists(step: Step) -> None:
    """Name annotations that were added to a page, removed from it, or put in another order."""
    for page, number in step.touched_pages():
        listed = (dictionary_of(step.old.value(number)) or {}).get("Annots")
        if not (number in step.changed or step.is_touched(listed)):
            continue
        _compare_lists(
            step, page, annotations_of(step.old, number), annotations_of(step.new, number)
        )
        if isinstance(listed, Ref) and _is_only(step, listed.number, Role.PAGE, "Annots"):
            step.explained.add(listed.number)


def _compare_lists(step: Step, page: int, was: tuple[Value, ...], now: tuple[Value, ...]) -> None:
    step.before.graph.budget.spend(len(was) + len(now))  # many pages may share a long list
    old, new = _numbers(was), _numbers(now)
    common = set(old) & set(new)
    for number in Counter(old) - Counter(new):
        step.report("annotation_removed", ChangeLevel.OTHER, page=page, number=number)
    for number in Counter(new) - Counter(old):
        if not _is_new_widget(step, number, page):
            step.report("annotation_added", ChangeLevel.ANNOTATIONS, page=page, number=number)
    if [n for n in old if n in common] != [n for n in new if n in common]:
        step.report("annotation_changed", ChangeLevel.ANNOTATIONS, page=page)
    if not same(_direct(was), _direct(now)):
        step.report("annotation_changed", ChangeLevel.ANNOTATIONS, page=page)


def _is_new_widget(step: Step, number: int, page: int) -> bool:
    """Leave to the rules for forms what a new signature shows, on its own page, and nothing else.

    Whatever else is called a field's widget is seen like any annotation.
    """
    owner = step.after.owners.get(number)
    if owner is None or step.after.annotation_pages.get(number) != page:
        return False
    widget = dictionary_of(step.new.value(number)) or {}
    if name(step.new.resolve(widget.get("Subtype"))) != "Widget":
        return False
    signs = is_newly_signed(step, owner) and is_of_a_person(step.new, owner)
    return signs or not shows(step, widget)


def judge_annotations(step: Step) -> None:
    """Name annotations, other than form fields, that were changed where they stand."""
    for number in sorted(step.changed):
        if step.before.roles.get(number) is Role.ANNOTATION:
            page = step.before.annotation_pages.get(number)
            step.report("annotation_changed", ChangeLevel.ANNOTATIONS, page=page, number=number)
            step.explained.add(number)


def _numbers(entries: tuple[Value, ...]) -> list[int]:
    return [entry.number for entry in entries if isinstance(entry, Ref)]


def _direct(entries: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(entry for entry in entries if not isinstance(entry, Ref))


def _is_only(step: Step, number: int, role: Role, key: str) -> bool:
    return all((r, k) == (role, key) for _, r, k in step.entries(number))
