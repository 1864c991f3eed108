"""The yearly records catalogue (Decree 30/2020 art. 28, appendix V)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Catalogue:
    """One agency's catalogue of one year."""

    id: str
    agency_id: str
    year: int
    title: str
    created_at: datetime
    version: int = 1


@dataclass(frozen=True)
class CatalogueItem:
    """One expected record: number and symbol, title, retention, who makes it (REC-1)."""

    id: str
    catalogue_id: str
    ordinal: int
    code_notation: str
    """Number and symbol, e.g. ``01.TCCB``."""
    heading: str
    title: str
    retention: str
    """Retention code, e.g. ``01`` (permanent) or ``06`` (10 years)."""
    creator: str
    note: str = ""
