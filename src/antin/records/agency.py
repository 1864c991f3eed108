"""Agencies: whose records, seals and officers they are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Agency:
    """A government office. ``code`` is an attribute people know it by, never a key."""

    id: str
    code: str
    name: str
    version: int = 1
