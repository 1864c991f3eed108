"""Rules for objects that are two things at once: part of the skeleton, and of what is drawn.

A dictionary can be a form field, a page or the catalogue, and a page's dictionary of resources as
well. The rules that let its keys change look at the one side only; whoever prepared the document
chose the other.
"""

from functools import partial
from typing import Final

from antin.pdf.objects import Ref, keys_holding
from antin.verifier.changes.skeleton import Role
from antin.verifier.changes.step import Step
from antin.verifier.report import ChangeLevel

_DRAWN_ANNOTATION: Final = frozenset({"AP", "MK", "OC"})
_DRAWN: Final = {
    Role.TRAILER: frozenset({"Encrypt"}),
    Role.CATALOG: frozenset({"OCProperties"}),
    Role.FORM: frozenset({"DR"}),
    Role.FIELD: _DRAWN_ANNOTATION,
    Role.WIDGET: _DRAWN_ANNOTATION,
    Role.ANNOTATION: _DRAWN_ANNOTATION,
}
"""Keys that lead to what decides how something looks."""
_NOT_DRAWN: Final = {
    Role.PAGE: frozenset({"AA", "Annots", "B", "Parent"}),
    Role.PAGES: frozenset({"Kids", "Parent"}),
}
"""For pages, the keys that do not; every other may."""
_EVER_DRAWN: Final = frozenset[str]().union(*_DRAWN.values())
_WHERE: Final = frozenset({"P", "Pg"})
"""Keys of annotations and structure elements that say on which page they are."""


def judge_double_use(step: Step) -> None:
    """Stop changes of skeleton objects that something draws with as well."""
    for number in sorted(step.changed):
        role = step.before.roles.get(number)
        if role is None:
            continue
        first = partial(_may_name_things, step, number) if role is Role.PAGE else None
        for anchor, role, key in step.entries(number, first):
            if not _draws(role, key):
                continue
            page = step.before.tree.page_number(anchor)
            code = "object_overwritten" if page is None else "page_content_changed"
            step.report(code, ChangeLevel.OTHER, page=page, number=number, keys=(key,))


def _may_name_things(step: Step, page: int, parent: int, key: str) -> bool:
    """Tell whether ``parent`` may take a page for a dictionary of names, as of fonts or states.

    All that may change in a page is /Annots, which draws only where that is a name like others. No
    element of an array is such a dictionary, nor what tells the page of an annotation or a mark.
    Bookmarks and structure trees refer to pages in these two ways, thousands of times.
    """
    tree = step.before.tree
    if parent in tree.nodes or tree.is_page(parent) or _names_things(step, page, parent):
        return True
    # By which key a role leads to the page is asked of all of these; but to tell annotations from
    # others means a search, and a key that never draws needs none.
    return key in _EVER_DRAWN and parent in step.before.roles


def _names_things(step: Step, page: int, parent: int) -> bool:
    value = step.old.value(parent)
    if isinstance(value, Ref):  # a mere name for the page: who refers to it may mean anything
        return True
    held = keys_holding(value, page)
    return any(nearest is not None and nearest not in _WHERE for nearest in held)


def _draws(role: Role, key: str) -> bool:
    if role in _NOT_DRAWN:
        return key not in _NOT_DRAWN[role]
    return key in _DRAWN[role]
