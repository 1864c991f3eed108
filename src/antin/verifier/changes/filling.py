"""Whether a form field was filled in, or only made to look otherwise (ISO 32000-2 §12.7.4)."""

from typing import Final

from antin.pdf.fields import FormField
from antin.pdf.history import View
from antin.pdf.objects import Dictionary, Value, dictionary_of, integer, same
from antin.verifier.changes.skeleton import annotations_of
from antin.verifier.changes.step import Step

_HIDDEN: Final = 1 | 2 | 32
"""Annotation flags Invisible, Hidden and NoView."""
_MAX_UP: Final = 50
_LINKS_A_PAGE: Final = 20
_LINKS_A_NOTE: Final = 4
"""What reading a page, and a note on it, costs, in references that could be followed instead."""
_FILLABLE: Final = frozenset({"Btn", "Ch", "Tx"})
_PUSH_BUTTON: Final = 1 << 16
"""Field flag of a button that is pressed and keeps nothing (ISO 32000-2 §12.7.5.2.2)."""
_UNSEEN: Final = 1 | 2 | 4
"""Field flags ReadOnly, Required and NoExport: any other says how a value is drawn (§12.7.4.1)."""


def is_refilled(step: Step, was: FormField, now: FormField | None) -> bool:
    """Tell whether the field's value, its own or inherited, is another one now.

    What takes no value of a reader's is never filled in: a push button, a field without a type, a
    place for a signature. Their /V is shown to nobody, so that no look follows from it.
    """
    if now is None or not (_takes_values(step.old, was) and _takes_values(step.new, now)):
        return False
    return not same(_inherited(step.old, was, "V"), _inherited(step.new, now, "V"))


def _takes_values(view: View, field: FormField) -> bool:
    if field.kind not in _FILLABLE:
        return False
    flags = integer(_inherited(view, field, "Ff")) or 0
    return not (field.kind == "Btn" and flags & _PUSH_BUTTON)


def is_styled_anew(step: Step, was: FormField, now: FormField) -> bool:
    """Tell whether the field's own flags draw its value otherwise: as a password, for one."""
    old, new = _own_flags(step.old, was), _own_flags(step.new, now)
    return old & ~_UNSEEN != new & ~_UNSEEN


def _own_flags(view: View, field: FormField) -> int:
    return integer(view.resolve(field.dictionary.get("Ff"))) or 0


def leans_on_defaults(step: Step) -> bool:
    """Tell whether the form's defaults (/DA, /DR, /Q) decide how something in the old view looks.

    Viewers draw a value that brings no appearance by themselves, and notes with the same fonts.
    """
    if any(_is_drawn_by_viewer(step.old, field) for field in step.before.fields):
        return True
    return any(_has_bare_note(step, page) for page in step.before.tree.pages)


def _has_bare_note(step: Step, page: int) -> bool:
    notes = annotations_of(step.old, page)
    step.before.graph.budget.spend(_LINKS_A_PAGE + len(notes) * _LINKS_A_NOTE)
    return any(_is_bare_note(step.old.dictionary(one)) for one in notes)


def _is_bare_note(annotation: Dictionary) -> bool:
    return "DA" in annotation and "AP" not in annotation and "FT" not in annotation


def _is_drawn_by_viewer(view: View, field: FormField) -> bool:
    if field.kind not in {"Tx", "Ch"} or view.resolve(field.value) in {None, b""}:
        return False
    widgets = [dictionary_of(view.value(number)) or {} for number in field.widgets]
    return any("AP" not in widget for widget in widgets or [field.dictionary])


def is_hidden_or_shown(step: Step, was: FormField, now: FormField) -> bool:
    """Tell whether the field, or one of its widgets, appeared or vanished."""
    if _hides(step.old.resolve(was.dictionary.get("F"))) != _hides(
        step.new.resolve(now.dictionary.get("F"))
    ):
        return True
    flags = [(_flags(step.old, number), _flags(step.new, number)) for number in was.widgets]
    return any(old != new for old, new in flags)


def _inherited(view: View, field: FormField, key: str) -> Value:
    """Return an entry of a field, which may be that of a field above it (§12.7.4.1)."""
    entries = field.dictionary
    for _ in range(_MAX_UP):
        if key in entries or "Parent" not in entries:
            break
        entries = view.dictionary(entries["Parent"])
    return view.resolve(entries.get(key))


def _flags(view: View, number: int) -> bool:
    return _hides(view.resolve((dictionary_of(view.value(number)) or {}).get("F")))


def _hides(flags: Value) -> bool:
    return bool((integer(flags) or 0) & _HIDDEN)
