"""What a changed object is, and what became of it: all that names of attacks go by.

Nothing here decides about a verdict, so that guessing from a few entries is good enough.
"""

from collections.abc import Mapping
from typing import Final

from antin.pdf.objects import (
    Dictionary,
    Ref,
    Stream,
    Value,
    dictionary_of,
    integer,
    name,
    references,
    same,
)
from antin.verifier.changes.step import Step

_HIDDEN: Final = 1 | 2 | 32
"""Annotation flags Invisible, Hidden and NoView."""
_LITTLE: Final = 16
"""Bytes of a stream that draws nothing, compressed or not."""
_ACTIONS: Final = frozenset({"A", "AA", "JS", "JavaScript", "OpenAction", "PA", "URI"})
_ACTION_TYPES: Final = frozenset({"GoToR", "JavaScript", "Launch", "SubmitForm", "URI"})
_BY_TYPE: Final[Mapping[str | None, str]] = {
    "EmbeddedFile": "file",
    "Filespec": "file",
    "Font": "font",
    "FontDescriptor": "font",
    "ExtGState": "colours",
    "OCG": "layer",
    "OCMD": "layer",
    "Pattern": "colours",
    "StructElem": "structure",
    "StructTreeRoot": "structure",
    "Outlines": "bookmark",
    "Form": "picture",
    "Image": "picture",
}
"""Values of /Subtype and /Type."""
_BY_KEY: Final = (
    ("JS", "action"),
    ("JavaScript", "action"),
    ("EF", "file"),
    ("EmbeddedFiles", "file"),
    ("BaseFont", "font"),
    ("PatternType", "colours"),
    ("ShadingType", "colours"),
    ("FunctionType", "colours"),
    ("Alt", "structure"),
    ("Title", "bookmark"),
)
_COLOUR_SPACES: Final = frozenset(
    {"CalGray", "CalRGB", "DeviceN", "ICCBased", "Indexed", "Lab", "Pattern", "Separation"}
)


def kind_of(value: Value) -> str | None:
    """Return a word for what ``value`` is to whoever looks at it, or None."""
    found = dictionary_of(value)
    if found is None:
        first = value[0] if isinstance(value, tuple) and value else None
        return "colours" if name(first) in _COLOUR_SPACES else None
    for key in ("Subtype", "Type"):
        kind = _BY_TYPE.get(name(found.get(key)))
        if kind is not None:
            return kind
    return next((kind for key, kind in _BY_KEY if key in found), None)


def listed_kind(step: Step, value: Value) -> str | None:
    """Return what a leaf of a name tree lists: ``kind_of`` of its first value."""
    names = step.old.array(_entries(value).get("Names"))
    return kind_of(step.old.resolve(names[1])) if len(names) > 1 else None


def acts(step: Step, number: int) -> bool:
    """Tell whether the object does something now that it did not do before."""
    old, new = _entries(step.old.value(number)), _entries(step.new.value(number))
    if any(key in new and not same(new[key], old.get(key)) for key in _ACTIONS):
        return True
    return name(step.new.resolve(new.get("S"))) in _ACTION_TYPES and not same(new, old)


def is_taken_away(step: Step, number: int) -> bool:
    """Tell whether what the object showed is gone: removed, emptied, or set to be hidden."""
    was, now = step.old.value(number), step.new.value(number)
    if now is None:
        return was is not None
    if isinstance(was, Stream) and isinstance(now, Stream):
        return len(now.raw) <= _LITTLE and len(now.raw) < len(was.raw)
    return _is_hidden(now) and not _is_hidden(was)


def lay_ready(step: Step, number: int) -> bool:
    """Tell whether the object now shows what lay in the signed bytes before, seen by nobody.

    Its entry leads into those bytes, or it refers to an object there that it did not refer to.
    """
    place, signed_end = step.new.place(number), _signed_end(step)
    if place is None or same(step.old.value(number), step.new.value(number)):
        return False
    if isinstance(place.where, int) and place.where < signed_end:
        return True
    known = {ref.number for _, ref in references(step.old.value(number))}
    led_to = {ref.number for _, ref in references(step.new.value(number))} - known
    return any(n not in step.before.roles and step.old.place(n) is not None for n in led_to)


def is_stored(step: Step, number: int) -> bool:
    """Tell whether the validation store of either view lists the object."""
    return any(
        Ref(number) in view.array(view.dictionary(view.catalog.get("DSS")).get(key))
        for view in (step.old, step.new)
        for key in ("Certs", "CRLs", "OCSPs")
    )


def _entries(value: Value) -> Dictionary:
    return dictionary_of(value) or {}


def _is_hidden(value: Value) -> bool:
    return bool((integer(_entries(value).get("F")) or 0) & _HIDDEN)


def _signed_end(step: Step) -> int:
    return step.old.history.parser.sections[step.old.section].end
