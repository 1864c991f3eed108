"""Text that people hand in: one form, so that what a row says is what its ledger entry says."""

import unicodedata

from antin.core.errors import RefusedError


def clean(field: str, text: str) -> str:
    """Return ``text`` trimmed and in NFC; ``field_missing`` if nothing is left."""
    cleaned = optional(text)
    if not cleaned:
        raise RefusedError("field_missing", field=field)
    return cleaned


def optional(text: str) -> str:
    """Return ``text`` trimmed and in NFC, the one form that canonical JSON takes."""
    return unicodedata.normalize("NFC", text).strip()
