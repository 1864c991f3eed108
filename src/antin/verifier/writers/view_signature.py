"""One signature in a person's words, as Circular 15/2025/TT-BKHCN article 6 asks for."""

from collections.abc import Iterator

from antin.verifier.report import (
    Check,
    Finding,
    Indication,
    Report,
    Severity,
    SignatureReport,
)
from antin.verifier.writers import terms, words
from antin.verifier.writers.names import named
from antin.verifier.writers.sentences import (
    Translate,
    content_text,
    filled,
    local_time,
    title_text,
)
from antin.verifier.writers.view_details import groups
from antin.verifier.writers.view_pages import page_views
from antin.verifier.writers.view_parts import TONES, Row, SignatureView, Tone, reasons_of

_STAMP = "document-timestamp"


def signature_view(report: Report, position: int, translate: Translate) -> SignatureView:
    """Return the signature or document time-stamp at ``position`` of ``report`` in words."""
    signature = report.signatures[position]
    stamp = signature.kind == _STAMP
    verdicts = words.TIMESTAMPS if stamp else words.SIGNATURES
    every = (*signature.findings, *signature.changes_after.findings)
    errors = [found for found in every if found.is_error]
    failed = signature.indication is Indication.FAILED
    tone = Tone.BAD if failed else Tone.UNSURE
    reasons = reasons_of(errors, translate, signature.sub_indication, tone)
    return SignatureView(
        title=f"{position + 1}. {title_text(translate, signature, position)}",
        tone=TONES[signature.indication],
        verdict=translate(verdicts[signature.indication]),
        rows=tuple(_rows(report, signature, translate)),
        reasons_title=translate(words.REASONS if failed else words.REASONS_UNSURE),
        reasons=reasons,
        notes=reasons_of(_notes(signature), translate),
        to_do=_to_do(signature, translate, explained=any(r.to_do for r in reasons.listed)),
        groups=tuple(groups(signature, translate)),
        pages=tuple(page_views(signature, translate)),
    )


def _notes(signature: SignatureReport) -> Iterator[Finding]:
    """Yield what is worth knowing; what was added and allowed stands among the details."""
    changes = signature.changes_after.findings
    for found in (*signature.findings, *changes, *signature.warnings):
        mere_change = found.severity is Severity.INFO and found in changes
        if not found.is_error and not mere_change:
            yield found


def _to_do(signature: SignatureReport, translate: Translate, *, explained: bool) -> str:
    if explained or signature.indication is Indication.PASSED:
        return ""
    return translate(terms.ADVICE.get(signature.sub_indication or "", terms.FILE_ADVICE))


def _rows(report: Report, signature: SignatureReport, translate: Translate) -> Iterator[Row]:
    yield from _who(signature, translate)
    yield from _when(signature, translate)
    yield _integrity(signature, translate)
    yield _validity(signature, translate)
    if signature.signer is not None:
        start, end = signature.signer.not_before, signature.signer.not_after
        period = {"start": local_time(start), "end": local_time(end)}
        yield Row(translate(words.PERIOD), filled(translate, words.FROM_TO, period))
    yield Row(translate(terms.COVERS), _covers(report, signature, translate))
    if report.container == "cms":
        return
    level = signature.changes_after.level
    changed = terms.UNDETERMINED if level is None else terms.LEVELS[level]
    tone = _tone_of(signature, Check.CHANGES)
    yield Row(translate(terms.CHANGED), translate(changed), tone)


def _who(signature: SignatureReport, translate: Translate) -> Iterator[Row]:
    stamp = signature.kind == _STAMP
    if signature.signer is None:
        label = words.STAMPED_BY if stamp else terms.SIGNER
        yield Row(translate(label), translate(terms.UNKNOWN_SIGNER), Tone.UNSURE)
        return
    who, issuer = named(signature.signer.subject), named(signature.signer.issuer)
    label = words.SEALED_BY if who.is_organisation else terms.SIGNER
    label = words.STAMPED_BY if stamp else label
    if _confirmed(signature):
        yield Row(translate(label), who.name)
    else:
        told = filled(translate, words.UNCONFIRMED, {"name": who.name})
        yield Row(translate(label), told, Tone.UNSURE)
    if who.units:
        yield Row(translate(words.UNIT), who.units)
    by = f"{issuer.name}, {issuer.units}" if issuer.units else issuer.name
    yield Row(translate(words.ISSUED_BY), by)


def _confirmed(signature: SignatureReport) -> bool:
    """Tell whether a trusted authority vouches for the name, and its key made the signature.

    Anybody can write any name into a certificate.
    """
    outcome = {check.name: check.indication for check in signature.checks}
    bound = (Check.CERTIFICATE_PATH, Check.SIGNING_CERTIFICATE)
    passed = all(outcome.get(name) is Indication.PASSED for name in bound)
    return passed and signature.signature_ok is True


def _when(signature: SignatureReport, translate: Translate) -> Iterator[Row]:
    """Tell a proven time as such, and apart from it what the signer claims."""
    label = words.STAMP_TIME if signature.kind == _STAMP else words.SIGNING_TIME
    source = terms.TIME_SOURCES.get(signature.time_source)
    proven, claimed = signature.best_signature_time, signature.claimed_signing_time
    if source is not None and proven is not None:
        yield Row(translate(label), f"{local_time(proven)}, {translate(source)}", Tone.GOOD)
        if claimed is not None and signature.kind != _STAMP:
            yield Row(translate(words.CLAIMED_TIME), local_time(claimed))
    elif claimed is not None and signature.kind == _STAMP:
        told = f"{local_time(claimed)}, {translate(words.STAMP_PROVES_NOTHING)}"
        yield Row(translate(label), told, Tone.UNSURE)
    elif claimed is not None:
        told = f"{local_time(claimed)}, {translate(terms.CLAIMED)}"
        yield Row(translate(label), told, Tone.UNSURE)
    else:
        yield Row(translate(label), translate(terms.UNDETERMINED), Tone.UNSURE)


def _integrity(signature: SignatureReport, translate: Translate) -> Row:
    told, tone = terms.UNDETERMINED, Tone.UNSURE
    if signature.digest_ok is False:
        told, tone = words.ALTERED, Tone.BAD
    elif signature.signature_ok is False:
        told, tone = words.VALUE_WRONG, Tone.BAD
    elif signature.digest_ok and signature.signature_ok:
        told, tone = words.INTACT, Tone.GOOD
    return Row(translate(words.INTEGRITY), translate(told), tone)


def _validity(signature: SignatureReport, translate: Translate) -> Row:
    """Tell whether the certificate was good at the time that counts; unchecked is not good."""
    outcome = {check.name: check.indication for check in signature.checks}
    tone = _tone_of(signature, Check.CERTIFICATE_PATH)
    told = terms.UNDETERMINED
    if outcome.get(Check.CERTIFICATE_PATH) is Indication.FAILED:
        told = words.NOT_VALID
    elif outcome.get(Check.CERTIFICATE_PATH) is Indication.PASSED:
        told = words.VALID_WHEN_CHECKED
        if signature.best_signature_time is not None and signature.kind != _STAMP:
            told = words.VALID_WHEN_PROVEN
        statuses = {status.status for status in signature.revocation}
        if statuses != {"good"}:
            told, tone = words.VALID_UNREVOKED_UNKNOWN, Tone.UNSURE
    return Row(translate(words.VALIDITY), translate(told), tone)


def _tone_of(signature: SignatureReport, name: Check) -> Tone:
    """Return the tone of a check's outcome; a check that was not made is unsure."""
    found = {check.name: check.indication for check in signature.checks}.get(name)
    return Tone.UNSURE if found is None else TONES[found]


def _covers(report: Report, signature: SignatureReport, translate: Translate) -> str:
    if report.container == "cms":
        return content_text(translate, report, signature)
    if signature.covers_whole_file:
        return filled(translate, words.COVERS_ALL, {"total": report.size})
    if signature.revision is None or len(signature.byte_range) != 4 or report.revisions is None:
        return translate(terms.PARTLY)
    values = {
        "revision": signature.revision,
        "count": report.revisions,
        "size": signature.byte_range[2] + signature.byte_range[3],
        "total": report.size,
    }
    return filled(translate, words.COVERS_PART, values)
