"""An object that programs read in different ways, with entries added and nothing else touched.

Of a key that stands twice one program takes the first value, another the last; of ``--90`` some
make a number, some nothing. Written anew by what we read, such an object would look otherwise to
some of them: its text has to stay as it is.
"""

from collections.abc import Mapping
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import History
from antin.pdf.serialise import NewStream, serialised_entries
from antin.pdf.xref import Place

_READABLE: Final = frozenset({"pdf_token_odd", "pdf_duplicate_key", "pdf_endobj_missing"})
"""What leaves no doubt about where a dictionary ends, and that a key may stand behind the last."""
_END: Final = b">>"


def with_entries(history: History, number: int, place: Place, value: object) -> bytes:
    """Return the text of the dictionary at ``place`` with the entries that only ``value`` has.

    Error: ``pdf_malformed`` where that is not all that ``value`` changes, or can't be done so.
    """
    held = history.value(number, place)
    readable = _READABLE.issuperset(note.code for note in history.oddities(number, place))
    if isinstance(value, NewStream) or not isinstance(value, Mapping):
        raise _ambiguous(number)
    kept = isinstance(held, Mapping) and all(
        key in value and value[key] == old for key, old in held.items()
    )
    # Encrypted strings, and what lies in an object stream, have no text that could be copied.
    copied = isinstance(place.where, int) and history.parser.cipher is None
    text = history.parser.text(number, place) if readable and kept and copied else b""
    if not text.endswith(_END) or not isinstance(held, Mapping):
        raise _ambiguous(number)
    added = {key: one for key, one in value.items() if key not in held}
    return b"%b %b%b" % (text.removesuffix(_END), serialised_entries(added), _END)


def _ambiguous(number: int) -> InputError:
    detail = f"object {number} would have to be written anew, and programs read it differently"
    return InputError("pdf_malformed", detail=detail)
