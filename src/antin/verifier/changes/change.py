"""One change that a later revision made, and the order of the levels."""

from dataclasses import dataclass
from typing import Final

from antin.verifier.report import ChangeLevel

ORDER: Final = (
    ChangeLevel.NONE,
    ChangeLevel.LTA_UPDATES,
    ChangeLevel.FORM_FILLING,
    ChangeLevel.ANNOTATIONS,
    ChangeLevel.OTHER,
)


def rank(level: ChangeLevel) -> int:
    """Return how far ``level`` is from harmless; greater is worse."""
    return ORDER.index(level)


@dataclass(frozen=True)
class Change:
    """What changed, how bad that is, and where."""

    code: str
    level: ChangeLevel
    revision: int
    page: int | None = None
    object_number: int | None = None
    field: str | None = None
    """Fully qualified name of the form field concerned."""
    keys: tuple[str, ...] = ()
    """Dictionary keys that differ."""
