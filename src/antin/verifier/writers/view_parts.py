"""What a page shows: frozen texts in the reader's language, visible and bounded (visible.py)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from antin.verifier.pictures import Picture
from antin.verifier.report import Finding, Severity
from antin.verifier.writers import words
from antin.verifier.writers.sentences import Translate, filled, finding_text, place_text

MAX_REASONS: Final = 200
"""Findings of one list that are shown; how many more there are is said."""


class Tone(StrEnum):
    """How something is meant; shown by a colour, a symbol and words, never by one alone."""

    GOOD = "good"
    BAD = "bad"
    UNSURE = "unsure"
    PLAIN = "plain"


TONES: Final = {
    "TOTAL-PASSED": Tone.GOOD,
    "TOTAL-FAILED": Tone.BAD,
    "INDETERMINATE": Tone.UNSURE,
    "NO-SIGNATURE": Tone.PLAIN,
    "UNREADABLE": Tone.BAD,
}
_MILDER_TONES: Final = {
    Severity.WARNING: Tone.UNSURE,
    Severity.INFO: Tone.PLAIN,
}


@dataclass(frozen=True)
class Row:
    """A label and what stands beside it."""

    label: str
    value: str
    tone: Tone = Tone.PLAIN
    code: bool = False
    """Whether it is a digest or number, to be set in letters of one width."""


@dataclass(frozen=True)
class Reason:
    """A finding: its sentence, where, what to do."""

    tone: Tone
    text: str
    place: str
    code: str
    to_do: str = ""


@dataclass(frozen=True)
class Reasons:
    """Findings of one list, cut at a bound."""

    listed: tuple[Reason, ...]
    more: str = ""
    """ "and N more", or empty."""


@dataclass(frozen=True)
class Group:
    """Details of one kind; each entry is a list of rows."""

    title: str
    entries: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True)
class Side:
    """One picture of a page and what it shows."""

    label: str
    picture: Picture | None
    """None: there is no such page."""


@dataclass(frozen=True)
class PageView:
    """A page that looks different: as it was signed, as it is now, and the difference."""

    title: str
    tone: Tone
    text: str
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class SignatureView:
    """One signature or time-stamp."""

    title: str
    tone: Tone
    verdict: str
    rows: tuple[Row, ...]
    reasons_title: str
    reasons: Reasons
    notes: Reasons
    to_do: str
    """For the signature as a whole; empty where each reason says it, or nothing is to be done."""
    groups: tuple[Group, ...]
    pages: tuple[PageView, ...] = ()


@dataclass(frozen=True)
class ReportView:
    """A whole report."""

    language: str
    tone: Tone
    verdict: str
    meaning: str
    to_do: str
    file: str
    checked: Row
    reasons: Reasons
    notes: Reasons
    signatures: tuple[SignatureView, ...]
    file_details: Group


def reasons_of(
    findings: Iterable[Finding],
    translate: Translate,
    sub_indication: str | None = None,
    tone: Tone = Tone.BAD,
) -> Reasons:
    """Return findings once each; error findings have ``tone`` and say what to do about them."""
    every = tuple(dict.fromkeys(findings))
    listed = tuple(_reason(f, translate, sub_indication, tone) for f in every[:MAX_REASONS])
    left = len(every) - len(listed)
    return Reasons(listed, filled(translate, words.AND_MORE, {"count": left}) if left else "")


def _reason(found: Finding, translate: Translate, sub_indication: str | None, tone: Tone) -> Reason:
    error = found.is_error
    advice = words.advice_for(found.code, sub_indication) if error else None
    return Reason(
        tone if error else _MILDER_TONES[found.severity],
        finding_text(translate, found),
        place_text(translate, found),
        found.code,
        translate(advice) if advice else "",
    )
