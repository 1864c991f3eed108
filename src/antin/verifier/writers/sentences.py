"""Findings, errors and times as sentences in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from antin.core.clock import HO_CHI_MINH
from antin.core.codes import CODES, FINDINGS
from antin.core.errors import fill
from antin.core.phrases import translated
from antin.verifier.report import (
    Finding,
    ReadError,
    Report,
    RevocationSummary,
    SignatureReport,
)
from antin.verifier.writers import terms, words
from antin.verifier.writers.visible import visible

Translate = Callable[[str], str]
"""Turns an English message id into the reader's language."""
_MAX_SENTENCE: Final = 2_000


def filled(translate: Translate, msgid: str, values: Mapping[str, str | int]) -> str:
    """Return the translated ``msgid`` with its values, which are made visible first."""
    shown = {key: visible(value) for key, value in translated(translate, values).items()}
    return visible(fill(translate(msgid), shown), _MAX_SENTENCE)


def finding_text(translate: Translate, found: Finding) -> str:
    """Return a finding's sentence, without its place."""
    msgid = FINDINGS.get(found.code)
    return filled(translate, msgid, dict(found.values)) if msgid else visible(found.detail)


def place_text(translate: Translate, found: Finding) -> str:
    """Return where a finding is, e.g. "page 2, revision 3"; empty when it has no place."""
    places = (
        (terms.PAGE, "page", found.page),
        (terms.AT_REVISION, "revision", found.revision),
        (terms.AT_OFFSET, "offset", found.offset),
    )
    told = [fill(translate(msgid), {key: at}) for msgid, key, at in places if at is not None]
    return ", ".join(told)


def error_text(translate: Translate, error: ReadError) -> str:
    """Return why a file could not be read, in the reader's language."""
    _, sentence = CODES.get(error.code, ("", ""))
    return filled(translate, sentence, dict(error.values)) if sentence else visible(error.detail)


def title_text(translate: Translate, signature: SignatureReport, position: int) -> str:
    """Return what a signature is called: by its field, or its number (from 1) where it has none."""
    told = visible(signature.field) or str(position + 1)
    return f"{translate(terms.KINDS[signature.kind])} {told}"


def content_text(translate: Translate, report: Report, signature: SignatureReport) -> str:
    """Return what a signature covers that is a file of its own."""
    content = report.content
    if content is None or not signature.covers_whole_file:
        return translate(terms.UNDETERMINED)
    if content.size is None:
        return translate(terms.CONTENT_DIGEST)
    msgid = terms.CONTENT_INSIDE if content.file is None else terms.CONTENT_BESIDE
    return filled(translate, msgid, {"file": content.file or "", "size": content.size})


def status_text(translate: Translate, status: RevocationSummary) -> str:
    """Return what is known of a certificate's revocation, and by what kind of statement."""
    known = translate(words.STATUSES.get(status.status, terms.UNDETERMINED))
    if status.source == "none":
        return known
    return filled(translate, words.STATUS, {"status": known, "source": status.source.upper()})


def local_time(moment: datetime) -> str:
    """Return the time as an office in Việt Nam reads it, with its offset.

    The last hours of the calendar, by which certificates say "never", are told in UTC.
    """
    try:
        there = moment.astimezone(HO_CHI_MINH)
    except OverflowError:
        there = moment
    return there.strftime("%Y-%m-%d %H:%M:%S %z")
