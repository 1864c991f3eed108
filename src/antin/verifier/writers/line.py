"""The report as one line for a list of many files."""

from collections.abc import Iterator
from typing import Final

from antin.verifier.report import Conclusion, Finding, Indication, Report
from antin.verifier.writers.sentences import Translate, error_text, finding_text
from antin.verifier.writers.visible import visible

WIDTH: Final = 80
_MAX_REASONS: Final = 3


def to_line(report: Report, translate: Translate) -> str:
    """Return ``file: CONCLUSION (reasons)`` on at most 80 columns, without a line end.

    The reasons are cut to fit, in the reader's language; a name that is longer is not.
    """
    head = f"{visible(report.file, len(report.file))}: {report.conclusion}"
    reasons = "; ".join(dict.fromkeys(_reasons(report, translate)))
    line = f"{head} ({reasons})" if reasons else head
    if len(line) <= WIDTH:
        return line
    rest = WIDTH - len(head) - len(" (…)")
    return f"{head} ({reasons[:rest].rstrip()}…)" if rest > 0 else head


def _reasons(report: Report, translate: Translate) -> Iterator[str]:
    if report.conclusion is Conclusion.PASSED:
        return
    if report.error is not None:
        yield error_text(translate, report.error)
    yield from _sentences(report.findings, translate)
    for signature in report.signatures:
        if signature.indication is not Indication.PASSED:
            told = [*_sentences(signature.findings, translate)]
            yield f"{visible(signature.field)}: {signature.sub_indication}"
            yield from told


def _sentences(findings: tuple[Finding, ...], translate: Translate) -> Iterator[str]:
    errors = [found for found in findings if found.is_error]
    for found in errors[:_MAX_REASONS]:
        yield finding_text(translate, found).rstrip(".")
