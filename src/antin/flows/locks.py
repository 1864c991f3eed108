"""Which form fields a signature makes final, as one word says it."""

from typing import Final

from antin.core.errors import UsageError
from antin.pdf.restrictions import FieldLock

_ALL: Final = "all"
_EXCEPT: Final = "except:"


def read_lock(word: str | None) -> FieldLock | None:
    """Return the lock that ``all``, ``FIELD,...`` or ``except:FIELD,...`` means; None for None.

    A field of the name "all" is meant by ``all,``. Error: ``request_invalid``.
    """
    if word is None:
        return None
    if word == _ALL:
        return FieldLock("All", frozenset())
    listed = word.removeprefix(_EXCEPT)
    names = frozenset(name.strip() for name in listed.split(",")) - {""}
    if not names:
        raise UsageError("request_invalid", detail="the lock names no field")
    return FieldLock("Exclude" if word.startswith(_EXCEPT) else "Include", names)
