"""Whether a form field was filled in, or only made to look otherwise (ISO 32000-2 §12.7.4)."""

from typing import Final

from antin.pdf.fields import FormField
from antin.pdf.history import View
from antin.pdf.objects import Value, dictionary_of, integer, same
from antin.verifier.changes.step import Step

_HIDDEN: Final = 1 | 2 | 32
"""Annotation flags Invisible, Hidden and NoView."""
_MAX_UP: Final = 50


def is_refilled(step: Step, was: FormField, now: FormField | None) -> bool:
    """Tell whether the field's value, its own or inherited, is another one now."""
    if now is None:
        return False
    return not same(_value(step.old, was), _value(step.new, now))


def leans_on_defaults(step: Step) -> bool:
    """Tell whether the form's defaults (/DA, /DR, /Q) decide how a field of the old view looks.

    Viewers draw a value that brings no appearance by themselves.
    """
    return any(_is_drawn_by_viewer(step.old, field) for field in step.before.fields)


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


def _value(view: View, field: FormField) -> Value:
    """Return the value of a field, which may be that of a field above it (§12.7.4.1)."""
    entries = field.dictionary
    for _ in range(_MAX_UP):
        if "V" in entries or "Parent" not in entries:
            break
        entries = view.dictionary(entries["Parent"])
    return view.resolve(entries.get("V"))


def _flags(view: View, number: int) -> bool:
    return _hides(view.resolve((dictionary_of(view.value(number)) or {}).get("F")))


def _hides(flags: Value) -> bool:
    return bool((integer(flags) or 0) & _HIDDEN)
