"""Whether a form field was filled in, or only made to look otherwise (ISO 32000-2 §12.7.4)."""

from typing import Final

from antin.pdf.fields import FormField
from antin.pdf.history import View
from antin.pdf.objects import Ref, Value, dictionary_of, integer, same
from antin.verifier.changes.step import Step

_HIDDEN: Final = 1 | 2 | 32
"""Annotation flags Invisible, Hidden and NoView."""
_MAX_UP: Final = 50


def is_refilled(step: Step, field: FormField) -> bool:
    """Tell whether the field's value, its own or inherited, is another one now."""
    if field.number is None:
        return True  # it lies in the form itself, which is compared as a whole
    was, now = _value(step.old, field.number), _value(step.new, field.number)
    return not same(was, now)


def is_hidden_or_shown(step: Step, was: FormField, now: FormField) -> bool:
    """Tell whether the field, or one of its widgets, appeared or vanished."""
    if _hides(step.old.resolve(was.dictionary.get("F"))) != _hides(
        step.new.resolve(now.dictionary.get("F"))
    ):
        return True
    flags = [(_flags(step.old, number), _flags(step.new, number)) for number in was.widgets]
    return any(old != new for old, new in flags)


def _value(view: View, number: int) -> Value:
    """Return the value of a field, which may be that of a field above it (§12.7.4.1)."""
    item: Value = Ref(number)
    for _ in range(_MAX_UP):
        entries = view.dictionary(item) if isinstance(item, Ref) else {}
        if "V" in entries or "Parent" not in entries:
            return view.resolve(entries.get("V"))
        item = entries["Parent"]
    return None


def _flags(view: View, number: int) -> bool:
    return _hides(view.resolve((dictionary_of(view.value(number)) or {}).get("F")))


def _hides(flags: Value) -> bool:
    return bool((integer(flags) or 0) & _HIDDEN)
