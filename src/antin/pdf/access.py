"""What an encrypted file allows whoever opens it without the owner's password."""

from dataclasses import dataclass
from typing import Final

_MODIFY: Final = 1 << 3
_ANNOTATE: Final = 1 << 5
_FILL: Final = 1 << 8
_FILLING_HAS_A_BIT: Final = 3
"""Revision of the security handler from which on filling in is allowed by a bit of its own."""


@dataclass(frozen=True)
class Access:
    """The bits of /P (ISO 32000-2 table 22)."""

    bits: int
    revision: int

    @property
    def fill_fields(self) -> bool:
        """Existing signature fields may be signed: bit 6, or bit 9 from revision 3 on."""
        return self._has(_ANNOTATE) or (self.revision >= _FILLING_HAS_A_BIT and self._has(_FILL))

    @property
    def make_fields(self) -> bool:
        """Signature fields may be made: bits 4 and 6."""
        return self._has(_MODIFY) and self._has(_ANNOTATE)

    def _has(self, bit: int) -> bool:
        return bool(self.bits & bit)


ALL_ALLOWED: Final = Access(-1, _FILLING_HAS_A_BIT)
"""Of a file that is not encrypted, or that the owner's password opened."""
