"""The report in a person's words, before any page is drawn: what HTML and PDF have in common.

The verdict first, then who, when, what is covered, what changed, why not and what to do; behind it
the details.
"""

from collections.abc import Iterable

from antin.verifier.report import Conclusion, Finding, Report
from antin.verifier.writers import terms, words
from antin.verifier.writers.sentences import Translate, error_text, filled, local_time
from antin.verifier.writers.view_parts import TONES, Group, ReportView, Row, reasons_of
from antin.verifier.writers.view_signature import signature_view
from antin.verifier.writers.visible import visible


def view_of(report: Report, translate: Translate, language: str) -> ReportView:
    """Return ``report`` in words; ``translate`` turns English message ids into ``language``."""
    return ReportView(
        language=language,
        tone=TONES[report.conclusion],
        verdict=translate(words.VERDICTS[report.conclusion]),
        meaning=_meaning(report, translate),
        to_do=_to_do(report, translate),
        file=visible(report.file),
        checked=Row(translate(terms.CHECKED), local_time(report.checked_at)),
        reasons=reasons_of(_errors(report.findings), translate),
        notes=reasons_of(_milder(report.findings), translate),
        signatures=tuple(
            signature_view(report, position, translate)
            for position in range(len(report.signatures))
        ),
        file_details=Group(translate(words.FILE), (tuple(_file_rows(report, translate)),)),
    )


def _meaning(report: Report, translate: Translate) -> str:
    told = translate(words.MEANINGS[report.conclusion])
    if report.error is None:
        return told
    return f"{told} {error_text(translate, report.error)} ({report.error.code})"


def _to_do(report: Report, translate: Translate) -> str:
    if report.conclusion is Conclusion.NO_SIGNATURE:
        return translate(terms.NO_SIGNATURE_ADVICE)
    if report.conclusion is Conclusion.UNREADABLE:
        return translate(words.UNREAD_ADVICE)
    return translate(terms.FILE_ADVICE) if _errors(report.findings) else ""


def _errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(found for found in findings if found.is_error)


def _milder(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(found for found in findings if not found.is_error)


def _file_rows(report: Report, translate: Translate) -> Iterable[Row]:
    yield Row(translate(words.NAME), visible(report.file))
    yield Row(translate(words.SIZE), filled(translate, words.BYTES, {"count": report.size}))
    if report.sha256:
        yield Row(translate(words.FILE_DIGEST), report.sha256, code=True)
    yield from _content_rows(report, translate)
    yield Row(translate(terms.CHECKED), local_time(report.checked_at))
    yield Row(translate(terms.POLICY), visible(report.policy.id))
    yield Row(translate(words.POLICY_DIGEST), report.policy.sha256, code=True)
    yield Row(translate(words.CONCLUSION), str(report.conclusion))


def _content_rows(report: Report, translate: Translate) -> Iterable[Row]:
    """Yield what is known of the content of a signature that is a file of its own."""
    content = report.content
    if content is None:
        return
    if content.file is not None:
        yield Row(translate(words.CONTENT), visible(content.file))
    if content.size is not None:
        size = filled(translate, words.BYTES, {"count": content.size})
        yield Row(translate(words.CONTENT_SIZE), size)
    if content.sha256 is not None:
        yield Row(translate(words.CONTENT_DIGEST), content.sha256, code=True)
