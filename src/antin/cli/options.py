"""Options that several commands share, so that they read and behave alike."""

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from antin.cli.texts import _
from antin.core.errors import UsageError


class Listing(StrEnum):
    """How a listing is printed."""

    TEXT = "text"
    JSON = "json"


class Language(StrEnum):
    """Languages that people can read us in."""

    VI = "vi"
    EN = "en"


class LevelName(StrEnum):
    """PAdES baseline levels; the signer's own names, without importing the signer."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"


class CertifyName(StrEnum):
    """What a certification allows later; the signer's own names, without importing the signer."""

    NO_CHANGES = "no-changes"
    FORM_FILLING = "form-filling"
    ANNOTATIONS = "annotations"


CertifyOption = Annotated[
    CertifyName | None,
    typer.Option(help=_("Certify the file, as its first signature; allow only this later.")),
]
LockOption = Annotated[
    str | None,
    typer.Option(
        metavar="FIELDS",
        help=_("Make form fields final: all, names with commas, or except:names."),
    ),
]
ListingOption = Annotated[
    Listing, typer.Option("--format", help=_("Print text, or JSON for programs."))
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help=_("The data directory (default: ANTIN_DATA_DIR).")),
]
MOST_JOBS: Final = 64
"""Workers of a command: more of them help nobody, and take what others need."""
JobsOption = Annotated[
    int,
    typer.Option("--jobs", min=1, max=MOST_JOBS, help=_("How many files are worked on at once.")),
]
FilesFromOption = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help=_("Take file names from this file, one a line; - is standard input."),
    ),
]
NullOption = Annotated[
    bool, typer.Option("--null", "-0", help=_("Names in LIST end with a NUL byte."))
]
TrustOption = Annotated[
    Path | None,
    typer.Option(
        "--trust",
        metavar="DIR",
        help=_("Trust folder (default: ANTIN_TRUST_DIR, then the data directory's)."),
    ),
]


def moment(text: str | None) -> datetime | None:
    """Return the aware time that ``text`` (ISO 8601; UTC where no zone is given) names."""
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        aware.astimezone(UTC)  # the first and last hours of the calendar have no UTC everywhere
    except (ValueError, OverflowError) as error:
        detail = _("{text} is no ISO 8601 time, such as 2026-12-31 or 2026-12-31T17:00:00+07:00")
        detail = detail.format(text=repr(text))
        raise UsageError("request_invalid", detail=detail) from error
    return aware


def day(text: str | None) -> date | None:
    """Return the date that ``text`` (YYYY-MM-DD) names."""
    found = moment(text)
    return found.date() if found else None
