"""The report as text for a person: the verdict first, then the reasons, then what to do."""

import textwrap
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from antin.core.clock import HO_CHI_MINH
from antin.core.codes import CODES, FINDINGS
from antin.core.errors import fill
from antin.verifier.report import (
    Conclusion,
    Finding,
    Indication,
    ReadError,
    Report,
    Severity,
    SignatureReport,
)
from antin.verifier.writers import terms

WIDTH: Final = 80
_INDENT: Final = "  "
Translate = Callable[[str], str]


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
        self._label_width = max(len(translate(label)) for label in _LABELS) + 2

    def lines(self) -> Iterator[str]:
        report = self._report
        verdict = self._translate(terms.CONCLUSIONS[report.conclusion])
        yield from _wrapped(f"{_clean(report.file)}: {verdict} ({report.conclusion})", "")
        if report.error is not None:
            yield from self._row(terms.WHY, self._error(report.error))
        yield from self._findings(report.findings)
        if advice := self._file_advice():
            yield from self._row(terms.TO_DO, self._translate(advice))
        for signature in report.signatures:
            yield ""
            yield from self._signature(signature)
        if self._verbose:
            yield ""
            yield from self._row(terms.CHECKED, _local(report.checked_at))
            yield from self._row(terms.POLICY, f"{report.policy.id} {report.policy.sha256}")

    def _signature(self, signature: SignatureReport) -> Iterator[str]:
        kind = self._translate(terms.KINDS[signature.kind])
        verdict = self._translate(terms.INDICATIONS[signature.indication])
        detail = f" ({signature.sub_indication})" if signature.sub_indication else ""
        yield from _wrapped(f"{kind} {_clean(signature.field)}: {verdict}{detail}", "")
        yield from self._who(signature)
        yield from self._row(terms.TIME, self._time(signature))
        yield from self._row(terms.COVERS, self._covers(signature))
        yield from self._row(terms.CHANGED, self._changed(signature))
        yield from self._findings(self._worth_showing(signature))
        advice = terms.ADVICE.get(signature.sub_indication or "")
        if advice and signature.indication is not Indication.PASSED:
            yield from self._row(terms.TO_DO, self._translate(advice))
        if self._verbose:
            yield from self._technical(signature)

    def _who(self, signature: SignatureReport) -> Iterator[str]:
        if signature.signer is None:
            yield from self._row(terms.SIGNER, self._translate(terms.UNKNOWN_SIGNER))
            return
        yield from self._row(terms.SIGNER, _clean(signature.signer.subject))
        yield from self._row(terms.ISSUER, _clean(signature.signer.issuer))

    def _time(self, signature: SignatureReport) -> str:
        source = terms.TIME_SOURCES.get(signature.time_source)
        if source is not None and signature.best_signature_time is not None:
            return f"{_local(signature.best_signature_time)}, {self._translate(source)}"
        if signature.claimed_signing_time is not None:
            return f"{_local(signature.claimed_signing_time)}, {self._translate(terms.CLAIMED)}"
        return self._translate(terms.UNDETERMINED)

    def _covers(self, signature: SignatureReport) -> str:
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
            label = terms.WHY if found.severity is Severity.ERROR else terms.NOTE
            yield from self._row(label, self._sentence(found))

    def _sentence(self, found: Finding) -> str:
        msgid = FINDINGS.get(found.code, "")
        values = {key: _clean(value) for key, value in found.values}
        told = fill(self._translate(msgid), values) if msgid else found.detail
        return f"{_clean(told)}{self._where(found)}"

    def _where(self, found: Finding) -> str:
        places = (
            (terms.PAGE, "page", found.page),
            (terms.AT_REVISION, "revision", found.revision),
            (terms.AT_OFFSET, "offset", found.offset),
        )
        told = [fill(self._translate(m), {key: at}) for m, key, at in places if at is not None]
        return f" ({', '.join(told)})" if told else ""

    def _error(self, error: ReadError) -> str:
        """Translate the sentence where it has nothing to fill in; the values are not at hand."""
        sentence = CODES.get(error.code, ("", ""))[1]
        told = self._translate(sentence) if sentence and "{" not in sentence else error.detail
        return f"{_clean(told)} ({error.code})"

    def _file_advice(self) -> str | None:
        if self._report.conclusion is Conclusion.NO_SIGNATURE:
            return terms.NO_SIGNATURE_ADVICE
        if any(found.severity is Severity.ERROR for found in self._report.findings):
            return terms.FILE_ADVICE
        return None

    def _technical(self, signature: SignatureReport) -> Iterator[str]:
        yield from self._row(terms.LEVEL, signature.level or self._translate(terms.UNDETERMINED))
        if signature.algorithm is not None:
            used = signature.algorithm
            yield from self._row(terms.ALGORITHM, f"{used.signature}, {used.digest}, {used.key}")
        for certificate in signature.chain:
            yield from self._row(terms.CHAIN, _clean(certificate.subject))
        for status in signature.revocation:
            told = f"{status.status} ({status.source}): {_clean(status.subject)}"
            yield from self._row(terms.REVOCATION, told)

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


def _clean(value: str | int) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def _local(moment: datetime) -> str:
    """Return the time as an office in Việt Nam reads it, with its offset."""
    return moment.astimezone(HO_CHI_MINH).strftime("%Y-%m-%d %H:%M:%S %z")
