"""Distinguished names as DER, and when two are the same (RFC 5280 §7.1)."""

from functools import lru_cache
from typing import Final

from asn1crypto import x509

_MAX_BYTES: Final = 8 << 10
"""A longer name is the same as another only byte for byte."""


def same_name(one: bytes, other: bytes) -> bool:
    """Tell whether two DER names are the same; some programs re-encode their issuer's name."""
    if one == other:
        return True
    return max(len(one), len(other)) <= _MAX_BYTES and _alike(one, other)


@lru_cache(maxsize=1024)
def _alike(one: bytes, other: bytes) -> bool:
    try:
        return bool(x509.Name.load(one, strict=True) == x509.Name.load(other, strict=True))
    except Exception:  # noqa: BLE001 — whatever a library throws: a name that can't be read is no name
        return False
