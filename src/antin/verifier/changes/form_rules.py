"""Rules for the form: filling in, signing, and what would go beyond."""

from collections.abc import Mapping, Sequence
from typing import Final

from antin.pdf.fields import FormField
from antin.pdf.objects import Dictionary, Ref, Value, dictionary_of, integer, same
from antin.verifier.changes.filling import (
    is_hidden_or_shown,
    is_refilled,
    is_styled_anew,
    leans_on_defaults,
)
from antin.verifier.changes.skeleton import Role, is_of_a_person, is_signed, is_timestamp
from antin.verifier.changes.stamps import covers_much
from antin.verifier.changes.step import Step, differing_keys
from antin.verifier.report import ChangeLevel

_FORM_FREE: Final = frozenset({"Fields", "SigFlags"})
_FORM_NEW: Final = frozenset({"DA", "DR", "Q"})
"""Defaults for text in fields: may be added to where nothing leans on them, never changed."""
_FILLING: Final = frozenset({"AP", "AS", "DA", "F", "Ff", "I", "M", "Q", "RV", "TI", "Type", "V"})
"""What filling in a field touches (ISO 32000-2 §12.7.4)."""
_LOOK: Final = frozenset({"AP", "AS", "DA", "F", "MK", "Q", "RV"})
"""What of that decides how a field looks: it follows the value, and changes with it only."""
_SIGNING: Final = _FILLING | {"MK", "P"}
_HIDDEN: Final = 2 | 32
"""Annotation flags Hidden and NoView."""
_COLOURS: Final = frozenset({"BC", "BG", "CA"})
"""What a viewer may draw for a widget that brings no appearance (ISO 32000-2 §12.5.6.19)."""
_MAX_PIECES: Final = 100
"""Fields that one signature is shown by; of more it is not told how much they cover."""
_LINKS_A_WIDGET: Final = 4
"""What looking at a widget costs, in references that could be followed instead."""
_ACTIONS: Final = frozenset({"A", "AA"})


def judge_form(step: Step) -> None:
    """Stop changes of the form as a whole, other than the list of its fields."""
    was = _without_empty_lists(step.old.dictionary(step.old.catalog.get("AcroForm")))
    now = _without_empty_lists(step.new.dictionary(step.new.catalog.get("AcroForm")))
    differing = differing_keys(was, now)
    odd = {key for key in differing - _FORM_FREE if not _extends(was, now, key)}
    defaults = differing & _FORM_NEW
    if defaults and leans_on_defaults(step):
        odd |= defaults
    number = _number(step.old.catalog.get("AcroForm"))
    if number in step.changed:
        odd |= step.keys_changed(number) & {"stream"}
    if odd:
        step.report("form_changed", ChangeLevel.OTHER, number=number, keys=odd)
    if number is not None:
        step.explained.add(number)
    _explain_field_lists(step, was)


def judge_field_list(step: Step) -> None:
    """Name fields that were added or removed; a new signature is one of them."""
    was, now = step.before.identified, step.after.identified
    for identity, field in was.items():
        if identity not in now:
            code = "signature_removed" if is_signed(step.old, field) else "form_field_removed"
            _report(step, code, ChangeLevel.OTHER, field)
    for identity, field in now.items():
        if identity not in was:
            _judge_added(step, field)


def judge_fields(step: Step) -> None:
    """Judge each field that exists in both views by what it was: signed, to be signed, or other."""
    now = step.after.identified
    for identity, field in step.before.identified.items():
        current = now.get(identity)
        if current is not None and current is not field:  # else nothing of it was touched
            _judge_kept(step, field, current)


def judge_field_parts(step: Step) -> None:
    """Judge changed values and appearances that belong to fields and to nothing else."""
    for number in sorted((step.changed | step.removed) - step.explained):
        ways = step.entries(number)
        if not ways or not all(_is_field_part(role, key) for _, role, key in ways):
            continue
        step.explained.add(number)
        for anchor, _, key in ways:
            field = step.before.owners[anchor]
            # What two fields show alike is filled in by neither: the other one may be locked.
            if is_signed(step.old, field) or anchor in step.before.shared:
                _report(step, "form_field_changed", ChangeLevel.OTHER, field, {key})
            else:
                _report_filling(step, field, step.after.owners.get(anchor), {key})


def _report_filling(step: Step, field: FormField, now: FormField | None, keys: set[str]) -> None:
    """Tell filling in from redrawing: a look without a value of its own says what nobody filled in.

    Answers shadow attacks that replace (a field shows one thing and holds another), and fields laid
    unseen over a page that are drawn later. A signature is a value of its own, in its place only.
    """
    signs = field.kind == "Sig" and now is not None and is_newly_signed(step, now)
    # What a group hands down, fields below it are drawn by that keep their values.
    is_group = "Kids" in field.dictionary and not field.widgets
    is_styled = now is not None and is_styled_anew(step, field, now)
    look = keys & (_LOOK | {"Ff"} if is_styled else _LOOK)
    if not look or signs or (not is_group and is_refilled(step, field, now)):
        _report(step, "form_field_filled", ChangeLevel.FORM_FILLING, field, keys)
    else:
        _report(step, "form_field_changed", ChangeLevel.ANNOTATIONS, field, look)


def _is_field_part(role: Role, key: str) -> bool:
    return role in {Role.FIELD, Role.WIDGET} and key in {"AP", "V"}


def _judge_added(step: Step, field: FormField) -> None:
    actions = _actions(step, field)
    if actions:  # a page that is opened is enough to start them, seen or not
        _report(step, "form_field_added", ChangeLevel.OTHER, field, actions)
        return
    if _is_mere_name(field):
        return  # the fields below it are judged themselves
    if is_newly_signed(step, field):
        _report_signing(step, field)
    elif field.kind == "Sig" and not is_signed(step.new, field):
        level = ChangeLevel.ANNOTATIONS if _is_visible(step, field) else ChangeLevel.FORM_FILLING
        _report(step, "signature_field_added", level, field)
    else:
        _report(step, "form_field_added", ChangeLevel.OTHER, field)


def _actions(step: Step, field: FormField) -> set[str]:
    """Return the keys under which ``field``, or one of its widgets, does something."""
    widgets = (dictionary_of(step.new.value(number)) or {} for number in field.widgets)
    return {key for held in (field.dictionary, *widgets) for key in _ACTIONS & held.keys()}


def _is_mere_name(field: FormField) -> bool:
    """Tell whether ``field`` groups fields: it has no type, no value and nothing to show."""
    held = field.dictionary
    return field.kind is None and "Kids" in held and "V" not in held and not field.widgets


def is_newly_signed(step: Step, field: FormField) -> bool:
    """Tell whether ``field`` holds a signature that this revision brought.

    A further field that points at a signature which was there before is no signature: nobody
    vouches for what it shows.
    """
    value = field.value
    known = isinstance(value, Ref) and step.old.place(value.number) is not None
    return is_signed(step.new, field) and (not known or step.is_touched(value))


def _judge_kept(step: Step, was: FormField, now: FormField) -> None:
    keys = differing_keys(was.dictionary, now.dictionary)
    if was.number in step.changed:
        keys |= step.keys_changed(was.number)
    if was.widgets == now.widgets:
        keys.discard("Kids")
    widget_keys = _judge_widgets(step, was)
    if was.number is not None:
        step.explained.add(was.number)
    if step.is_touched(was.value):
        keys.add("V")
    if keys or widget_keys:
        _judge_difference(step, was, now, keys | widget_keys)


def _judge_difference(step: Step, was: FormField, now: FormField, keys: set[str]) -> None:
    if is_signed(step.old, was):
        code = "signature_removed" if "V" in keys else "form_field_changed"
        _report(step, code, ChangeLevel.OTHER, was, keys)
    elif was.kind == "Sig":
        _judge_signing(step, was, now, keys)
    elif keys <= _FILLING and not is_hidden_or_shown(step, was, now):
        _report_filling(step, was, now, keys)
    else:
        _report(step, "form_field_changed", ChangeLevel.OTHER, was, keys - _FILLING or keys)


def _judge_signing(step: Step, was: FormField, now: FormField, keys: set[str]) -> None:
    if not keys <= _SIGNING:
        _report(step, "form_field_changed", ChangeLevel.OTHER, was, keys - _SIGNING)
    elif is_newly_signed(step, now):
        _report_signing(step, now)
        _explain_value(step, was)
    elif is_signed(step.new, now):
        _report(step, "form_field_changed", ChangeLevel.OTHER, was, keys)
    else:
        _report_filling(step, was, now, keys)


def _judge_widgets(step: Step, field: FormField) -> set[str]:
    """Return the keys that changed in the widgets of a field."""
    keys: set[str] = set()
    for number in field.widgets:
        if number in step.changed or number in step.removed:
            keys |= step.keys_changed(number)
            step.explained.add(number)
    return keys


def _report_signing(step: Step, field: FormField) -> None:
    """Report a signature; a time-stamp is a mere long-term update only if nobody sees it.

    Anybody can get a time-stamp: one that shows something is an annotation by a stranger, and so is
    what may be one. A signature that covers much of a page is more than a stamp (sneaky).
    """
    if is_timestamp(step.new, field):
        level = ChangeLevel.ANNOTATIONS if _is_visible(step, field) else ChangeLevel.LTA_UPDATES
        _report(step, "timestamp_added", level, field)
    else:
        value = _number(field.value)
        fields = (field,) if value is None else step.after.holders[value]
        is_allowed = len(fields) <= _MAX_PIECES and _is_stamp(step, field, fields)
        level = ChangeLevel.FORM_FILLING if is_allowed else ChangeLevel.ANNOTATIONS
        _report(step, "signature_added", level, field)


def _is_stamp(step: Step, field: FormField, fields: Sequence[FormField]) -> bool:
    """Tell whether what ``fields`` show of the signature in ``field`` is a person's, or nothing."""
    widgets = sum(len(one.widgets) for one in fields)
    step.before.graph.budget.spend(widgets * _LINKS_A_WIDGET)
    if not any(_is_visible(step, one) for one in fields):
        return True
    return is_of_a_person(step.new, field) and not covers_much(step, fields)


def _is_visible(step: Step, field: FormField) -> bool:
    widgets = [dictionary_of(step.new.value(number)) or {} for number in field.widgets]
    return any(shows(step, widget) for widget in (field.dictionary, *widgets))


def shows(step: Step, widget: Dictionary) -> bool:
    """Tell whether a reader of the new view sees ``widget`` on its page."""
    box = [step.new.resolve(side) for side in step.new.array(widget.get("Rect"))]
    flags = integer(step.new.resolve(widget.get("F"))) or 0
    has_area = len(box) == 4 and not same(box[0], box[2]) and not same(box[1], box[3])
    colours = _COLOURS & step.new.dictionary(widget.get("MK")).keys()
    return has_area and ("AP" in widget or bool(colours)) and not flags & _HIDDEN


def _explain_value(step: Step, field: FormField) -> None:
    """Explain an empty signature dictionary that was laid ready and is overwritten now."""
    number = _number(field.value)
    if number is not None and all(
        _is_field_part(role, key) for _, role, key in step.entries(number)
    ):
        step.explained.add(number)


def _explain_field_lists(step: Step, form: Dictionary) -> None:
    """Explain arrays of fields that are used as nothing else; their members are judged singly."""
    listed = _number(form.get("Fields"))
    for number in sorted(step.changed - step.explained):
        if not isinstance(step.old.value(number), tuple):
            continue
        ways = {(role, key) for _, role, key in step.entries(number)}
        lists = ways <= {(Role.FIELD, "Kids"), (Role.FORM, "Fields")}
        direct = number == listed and ways == {(Role.CATALOG, "AcroForm")}
        if ways and (lists or direct):
            step.explained.add(number)


def _extends(was: Dictionary, now: Dictionary, key: str) -> bool:
    """Tell whether the defaults under ``key`` are new, or say all that they said before."""
    if key not in _FORM_NEW or key not in now:
        return False
    old, new = dictionary_of(was.get(key)), dictionary_of(now.get(key))
    if key not in was:
        return True
    if old is None or new is None:
        return False
    return all(_contains(new.get(part), value) for part, value in old.items())


def _without_empty_lists(form: Dictionary) -> Dictionary:
    """Return the form without resources that are lists of nothing: these give a text no font."""
    resources = form.get("DR")
    if not isinstance(resources, Mapping) or any(one != {} for one in resources.values()):
        return form
    return {key: value for key, value in form.items() if key != "DR"}


def _contains(new: object, old: object) -> bool:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return all(key in new and new[key] == value for key, value in old.items())
    return new == old


def _number(value: Value) -> int | None:
    return value.number if isinstance(value, Ref) else None


def _report(
    step: Step, code: str, level: ChangeLevel, field: FormField, keys: set[str] | None = None
) -> None:
    number = field.number
    shown = step.after if code.endswith("_added") else step.before
    page = shown.page_of(number) if number is not None else None
    step.report(code, level, page=page, number=number, field=field.name, keys=keys or ())
