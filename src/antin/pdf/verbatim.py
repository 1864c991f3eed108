"""An object that programs read in different ways, with entries added and nothing else touched.

Of a key that stands twice one program takes the first value, another the last; of ``--90`` some
make a number, some nothing. Written anew by what we read, such an object would look otherwise to
some of them: its text has to stay as it is.
"""

from collections.abc import Mapping
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import History
from antin.pdf.lexer import WHITE, Text, read_value
from antin.pdf.objects import Dictionary, dictionary_of, same
from antin.pdf.serialise import NewStream, serialised_entries
from antin.pdf.xref import Place

_OPEN: Final = frozenset({"pdf_endobj_missing"})
_READABLE: Final = frozenset({"pdf_token_odd", "pdf_duplicate_key"}) | _OPEN
"""What leaves no doubt about where a dictionary ends, and that a key may stand behind the last."""
_BEGIN, _END = b"<<", b">>"


def with_entries(history: History, number: int, place: Place, value: object) -> bytes:
    """Return the text of the dictionary at ``place`` with the entries that only ``value`` has.

    Error: ``pdf_malformed`` where that is not all that ``value`` changes, or can't be done so.
    """
    held = history.value(number, place)
    readable = _READABLE.issuperset(_codes(history, number, place))
    if isinstance(value, NewStream) or not isinstance(value, Mapping):
        raise _ambiguous(number)
    kept = isinstance(held, Mapping) and all(
        key in value and same(value[key], old) for key, old in held.items()
    )
    text = _text(history, number, place) if readable and kept else b""
    if not text.endswith(_END) or not isinstance(held, Mapping):
        raise _ambiguous(number)
    added = {key: one for key, one in value.items() if key not in held}
    return b"%b %b%b" % (text.removesuffix(_END), serialised_entries(added), _END)


def is_extended(history: History, number: int, before: Place, place: Place) -> bool:
    """Tell whether the dictionary at ``place`` is the one at ``before`` with clean entries added.

    Whatever a program makes of the old text, it makes of the same text in the new one.
    """
    old, new = history.value(number, before), history.value(number, place)
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return False
    allowed = ((before, _READABLE), (place, _READABLE - _OPEN))
    if not all(codes.issuperset(_codes(history, number, at)) for at, codes in allowed):
        return False
    text, extended = _text(history, number, before), _text(history, number, place)
    head = text.removesuffix(_END)
    if not text.endswith(_END) or not extended.startswith(head):
        return False
    added = _clean(_BEGIN + extended[len(head) :])
    return added is not None and added.keys().isdisjoint(old)


def _codes(history: History, number: int, place: Place) -> frozenset[str]:
    return frozenset(note.code for note in history.oddities(number, place))


def _text(history: History, number: int, place: Place) -> bytes:
    """Return the text of the value; none of encrypted strings, and of what is in another object."""
    if not isinstance(place.where, int) or history.parser.cipher is not None:
        return b""
    return history.parser.text(number, place).lstrip(WHITE)


def _clean(data: bytes) -> Dictionary | None:
    """Return the dictionary that ``data`` is, for all who read it; None if it is none."""
    text = Text(data, 0, final=True)
    try:
        value, end = read_value(text, 0)
    except InputError:
        return None
    return None if text.notes or end != len(data) else dictionary_of(value)


def _ambiguous(number: int) -> InputError:
    detail = f"object {number} would have to be written anew, and programs read it differently"
    return InputError("pdf_malformed", detail=detail)
