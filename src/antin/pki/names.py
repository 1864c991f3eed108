"""Distinguished names as DER, and when two are the same (RFC 5280 §7.1)."""

import re
from functools import lru_cache
from typing import Final

from asn1crypto import x509

_MAX_BYTES: Final = 8 << 10
"""A longer name is the same as another only byte for byte."""
_SPACES: Final = re.compile(" +")


def same_name(one: bytes, other: bytes) -> bool:
    """Tell whether two DER names are the same; some programs re-encode their issuer's name."""
    if one == other:
        return True
    return max(len(one), len(other)) <= _MAX_BYTES and _alike(one, other)


@lru_cache(maxsize=1024)
def _alike(one: bytes, other: bytes) -> bool:
    try:
        return bool(_Name.load(one, strict=True) == _Name.load(other, strict=True))
    except MemoryError:
        raise  # no answer, and none to be remembered
    except Exception:  # noqa: BLE001 — whatever a library throws: a name that can't be read is no name
        return False


class _Part(x509.NameTypeAndValue):  # type: ignore[misc]  # the library has no types
    """One attribute. Plain text is prepared here (RFC 4518 §2), at a fraction of the time."""

    @property
    def prepped_value(self) -> object:
        text = self["value"].native
        if isinstance(text, str) and text.isascii() and text.isprintable():
            # Every step but these two leaves such characters as they are.
            return f" {_SPACES.sub('  ', text.lower()).strip()} "
        return super().prepped_value


class _Set(x509.RelativeDistinguishedName):  # type: ignore[misc]  # as above
    _child_spec = _Part


class _Sequence(x509.RDNSequence):  # type: ignore[misc]  # as above
    _child_spec = _Set


class _Name(x509.Name):  # type: ignore[misc]  # as above
    _alternatives = [("", _Sequence)]  # noqa: RUF012 — the library writes into it
