"""The report as text for a person: the verdict first, then the reasons, then what to do."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

from antin.core.errors import fill
from antin.verifier.report import (
    Conclusion,
    Finding,
    Indication,
    Report,
    RevocationSummary,
    Severity,
    SignatureReport,
)
from antin.verifier.writers import terms, words
from antin.verifier.writers.sentences import (
    Translate,
    content_text,
    error_text,
    finding_text,
    local_time,
    place_text,
    status_text,
    title_text,
)
from antin.verifier.writers.visible import visible

WIDTH: Final = 80
_INDENT: Final = "  "


def to_text(report: Report, translate: Translate, *, verbose: bool = False) -> str:
    """Return ``report`` in lines of at most 80 columns, but for words that are longer.

    ``translate`` turns English message ids into the reader's language. What comes out of the file
    is shown without control characters, which could rewrite what a terminal shows.
    """
    return "\n".join(_Writer(report, translate, verbose=verbose).lines()) + "\n"


class _Writer:
    def __init__(self, report: Report, translate: Translate, *, verbose: bool) -> None:
        self._report = report
        self._translate = translate
        self._verbose = verbose
        labels = _LABELS + (_DETAILS if verbose else ())
        self._label_width = max(len(translate(label)) for label in labels) + 2

    def lines(self) -> Iterator[str]:
        report = self._report
        verdict = self._translate(terms.CONCLUSIONS[report.conclusion])
        yield from _wrapped(f"{visible(report.file)}: {verdict} ({report.conclusion})", "")
        if report.error is not None:
            told = error_text(self._translate, report.error)
            yield from self._row(terms.WHY, f"{told} ({report.error.code})")
        yield from self._findings(report.findings)
        if advice := self._file_advice():
            yield from self._row(terms.TO_DO, self._translate(advice))
        for position, signature in enumerate(report.signatures):
            yield ""
            yield from self._signature(position, signature)
        if self._verbose:
            yield ""
            yield from self._row(terms.CHECKED, local_time(report.checked_at))
            yield from self._row(terms.POLICY, f"{report.policy.id} {report.policy.sha256}")

    def _signature(self, position: int, signature: SignatureReport) -> Iterator[str]:
        title = title_text(self._translate, signature, position)
        verdict = self._translate(terms.INDICATIONS[signature.indication])
        detail = f" ({signature.sub_indication})" if signature.sub_indication else ""
        yield from _wrapped(f"{title}: {verdict}{detail}", "")
        yield from self._who(signature)
        yield from self._row(terms.TIME, self._time(signature))
        yield from self._row(terms.COVERS, self._covers(signature))
        if self._report.container == "pdf":
            yield from self._row(terms.CHANGED, self._changed(signature))
        yield from self._findings(self._worth_showing(signature))
        advice = terms.ADVICE.get(signature.sub_indication or "")
        if any(found.code in terms.CONTENT_CODES for found in signature.findings):
            advice = terms.CONTENT_ADVICE
        if advice and signature.indication is not Indication.PASSED:
            yield from self._row(terms.TO_DO, self._translate(advice))
        if self._verbose:
            yield from self._technical(signature)

    def _who(self, signature: SignatureReport) -> Iterator[str]:
        if signature.signer is None:
            yield from self._row(terms.SIGNER, self._translate(terms.UNKNOWN_SIGNER))
            return
        yield from self._row(terms.SIGNER, visible(signature.signer.subject))
        yield from self._row(terms.ISSUER, visible(signature.signer.issuer))

    def _time(self, signature: SignatureReport) -> str:
        source = terms.TIME_SOURCES.get(signature.time_source)
        if source is not None and signature.best_signature_time is not None:
            return f"{local_time(signature.best_signature_time)}, {self._translate(source)}"
        if signature.claimed_signing_time is not None:
            return f"{local_time(signature.claimed_signing_time)}, {self._translate(terms.CLAIMED)}"
        return self._translate(terms.UNDETERMINED)

    def _covers(self, signature: SignatureReport) -> str:
        if self._report.container == "cms":
            return content_text(self._translate, self._report, signature)
        if signature.covers_whole_file:
            return self._translate(terms.WHOLE_FILE)
        if signature.revision is None or len(signature.byte_range) != 4:
            return self._translate(terms.PARTLY)
        covered = signature.byte_range[2] + signature.byte_range[3]
        values = {"revision": signature.revision, "size": covered, "total": self._report.size}
        return fill(self._translate(terms.REVISION), values)

    def _changed(self, signature: SignatureReport) -> str:
        level = signature.changes_after.level
        return self._translate(terms.UNDETERMINED if level is None else terms.LEVELS[level])

    def _worth_showing(self, signature: SignatureReport) -> Iterator[Finding]:
        """Yield reasons and warnings once each, and what is mere information when asked."""
        every = (*signature.findings, *signature.changes_after.findings, *signature.warnings)
        for found in dict.fromkeys(every):
            if self._verbose or found.severity is not Severity.INFO:
                yield found

    def _findings(self, findings: Iterable[Finding]) -> Iterator[str]:
        for found in findings:
            label = terms.WHY if found.is_error else terms.NOTE
            yield from self._row(label, self._sentence(found))

    def _sentence(self, found: Finding) -> str:
        place = place_text(self._translate, found)
        return f"{finding_text(self._translate, found)}{f' ({place})' if place else ''}"

    def _file_advice(self) -> str | None:
        if self._report.conclusion is Conclusion.UNREADABLE:
            return words.UNREAD_ADVICE
        if self._report.conclusion is Conclusion.NO_SIGNATURE:
            return terms.NO_SIGNATURE_ADVICE
        if any(found.is_error for found in self._report.findings):
            return terms.FILE_ADVICE
        return None

    def _technical(self, signature: SignatureReport) -> Iterator[str]:
        if signature.kind == "signature":
            level = signature.level or self._translate(terms.UNDETERMINED)
            yield from self._row(terms.LEVEL, level)
        if signature.algorithm is not None:
            used = signature.algorithm
            yield from self._row(terms.ALGORITHM, f"{used.signature}, {used.digest}, {used.key}")
        for certificate in signature.chain:
            yield from self._row(terms.CHAIN, visible(certificate.subject))
        for status in signature.revocation:
            yield from self._row(terms.REVOCATION, self._revocation(status))

    def _revocation(self, status: RevocationSummary) -> str:
        return f"{status_text(self._translate, status)}: {visible(status.subject)}"

    def _row(self, label: str, text: str) -> Iterator[str]:
        head = f"{_INDENT}{self._translate(label):<{self._label_width}}"
        yield from _wrapped(text, " " * len(head), head)


_LABELS: Final = (
    terms.SIGNER,
    terms.ISSUER,
    terms.TIME,
    terms.COVERS,
    terms.CHANGED,
    terms.WHY,
    terms.TO_DO,
    terms.NOTE,
)
_DETAILS: Final = (
    terms.LEVEL,
    terms.ALGORITHM,
    terms.CHAIN,
    terms.REVOCATION,
    terms.CHECKED,
    terms.POLICY,
)


def _wrapped(text: str, indent: str, head: str | None = None) -> list[str]:
    first = indent if head is None else head
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent or _INDENT * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [first.rstrip()]
