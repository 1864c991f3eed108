"""The pages that look different from how they were signed, side by side."""

from collections.abc import Iterator

from antin.verifier.pictures import PagePictures
from antin.verifier.report import Finding, Severity, SignatureReport
from antin.verifier.writers import words
from antin.verifier.writers.sentences import Translate, filled, finding_text
from antin.verifier.writers.view_parts import PageView, Side, Tone

_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.UNSURE, Severity.INFO: Tone.PLAIN}


def page_views(signature: SignatureReport, translate: Translate) -> Iterator[PageView]:
    """Yield a view of each finding that carries pictures; those that are errors first."""
    every = signature.changes_after.findings
    found = [(one, one.pictures) for one in every if one.pictures is not None]
    for one, pictures in sorted(found, key=lambda pair: not pair[0].is_error):
        yield _view(one, pictures, translate)


def _view(found: Finding, pictures: PagePictures, translate: Translate) -> PageView:
    labels = (words.BEFORE, words.AFTER, words.DIFFERENCE)
    drawn = (pictures.before, pictures.after, pictures.difference)
    sides = [Side(translate(label), shown) for label, shown in zip(labels, drawn, strict=True)]
    if pictures.difference is None:
        sides = sides[:2]
    return PageView(
        _title(pictures, translate),
        _TONES[found.severity],
        finding_text(translate, found),
        tuple(sides),
    )


def _title(pictures: PagePictures, translate: Translate) -> str:
    before, after = pictures.page_before, pictures.page_after
    if after is None:
        return filled(translate, words.PAGE_GONE, {"page": before or 0})
    if before is None:
        return filled(translate, words.PAGE_ADDED, {"page": after})
    msgid = words.PAGE_NOW if before == after else words.PAGE_MOVED
    return filled(translate, msgid, {"page": after, "before": before})
