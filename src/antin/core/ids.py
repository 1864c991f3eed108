"""Identifiers: UUIDv7 in lower-case text, and random codes."""

import re
import secrets
from typing import Final

import uuid_utils

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def new_id() -> str:
    """Return a fresh UUIDv7: unique, and sortable by the time it was made."""
    return str(uuid_utils.uuid7())


def is_id(text: str) -> bool:
    """Tell whether ``text`` has the form of an id of ours."""
    return _UUID.fullmatch(text) is not None


def new_secret(bits: int = 256) -> str:
    """Return ``bits`` random bits as URL-safe text, for API keys and public codes."""
    return secrets.token_urlsafe(bits // 8)
