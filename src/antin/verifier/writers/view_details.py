"""What a signature's verdict leaned on, for those who want to look behind it."""

from collections.abc import Iterator
from typing import Final

from antin.verifier.report import (
    CertificateSummary,
    RevocationSummary,
    Severity,
    SignatureReport,
    TimestampSummary,
)
from antin.verifier.writers import terms, words
from antin.verifier.writers.sentences import (
    Translate,
    filled,
    finding_text,
    local_time,
    place_text,
    status_text,
)
from antin.verifier.writers.view_parts import MAX_REASONS, TONES, Group, Row, Tone
from antin.verifier.writers.visible import visible

_STATUS_TONES = {"good": Tone.GOOD, "revoked": Tone.BAD}


def groups(signature: SignatureReport, translate: Translate) -> Iterator[Group]:
    """Yield the groups of details that there is something to say in."""
    listed = (
        (words.CHECKS, _checks(signature, translate)),
        (words.CERTIFICATES, _certificates(signature, translate)),
        (words.REVOCATION, (_revocation(one, translate) for one in signature.revocation)),
        (words.STAMPS, (_stamp(one, translate) for one in signature.timestamps)),
        (words.CHANGES, _changes(signature, translate)),
        (words.TECHNICAL, iter([tuple(_technical(signature, translate))])),
    )
    for title, entries in listed:
        found = tuple(entries)
        if any(found):
            yield Group(translate(title), found)


def _checks(signature: SignatureReport, translate: Translate) -> Iterator[tuple[Row, ...]]:
    rows = []
    for number, check in enumerate(signature.checks, start=1):
        told = translate(words.OUTCOMES[check.indication])
        reason = f" ({check.sub_indication})" if check.sub_indication else ""
        label = f"{number}. {translate(words.CHECK_NAMES[check.name])}"
        rows.append(Row(label, f"{told}{reason}", TONES[check.indication]))
    yield tuple(rows)


def _certificates(signature: SignatureReport, translate: Translate) -> Iterator[tuple[Row, ...]]:
    alone = (signature.signer,) if signature.signer is not None else ()
    for certificate in signature.chain or alone:
        yield tuple(_certificate(certificate, translate))


def _certificate(certificate: CertificateSummary, translate: Translate) -> Iterator[Row]:
    period = {
        "start": local_time(certificate.not_before),
        "end": local_time(certificate.not_after),
    }
    yield Row(translate(words.SUBJECT), visible(certificate.subject))
    yield Row(translate(words.ISSUER_NAME), visible(certificate.issuer))
    yield Row(translate(words.SERIAL), visible(certificate.serial), code=True)
    yield Row(translate(words.PERIOD), filled(translate, words.FROM_TO, period))
    yield Row(translate(words.FINGERPRINT), certificate.sha256, code=True)


def _revocation(status: RevocationSummary, translate: Translate) -> tuple[Row, ...]:
    told = [status_text(translate, status)]
    if status.this_update is not None:
        told.append(filled(translate, words.AS_OF, {"time": local_time(status.this_update)}))
    if status.revoked_at is not None:
        told.append(filled(translate, words.SINCE, {"time": local_time(status.revoked_at)}))
    tone = _STATUS_TONES.get(status.status, Tone.UNSURE)
    return (Row(visible(status.subject), ", ".join(told), tone),)


_STAMP_LABELS: Final = {
    "content": words.CONTENT_STAMP_TIME,
    "archive": words.ARCHIVE_STAMP_TIME,
}


def _stamp(stamp: TimestampSummary, translate: Translate) -> tuple[Row, ...]:
    proof = words.STAMP_PROVES if stamp.proven else words.STAMP_PROVES_NOTHING
    tone = Tone.GOOD if stamp.proven else Tone.UNSURE
    label = _STAMP_LABELS.get(stamp.kind, words.STAMP_TIME)
    return (
        Row(translate(label), f"{local_time(stamp.time)}, {translate(proof)}", tone),
        Row(translate(words.STAMPED_BY), visible(stamp.authority.subject)),
        Row(translate(words.ISSUED_BY), visible(stamp.authority.issuer)),
        Row(translate(words.TOKEN), stamp.sha256, code=True),
    )


def _changes(signature: SignatureReport, translate: Translate) -> Iterator[tuple[Row, ...]]:
    """Yield what was added and allowed; what was not stands among the reasons."""
    listed = [f for f in signature.changes_after.findings if f.severity is Severity.INFO]
    rows = [
        Row(place_text(translate, found) or "–", finding_text(translate, found))
        for found in listed[:MAX_REASONS]
    ]
    if len(listed) > MAX_REASONS:
        left = {"count": len(listed) - MAX_REASONS}
        rows.append(Row("…", filled(translate, words.AND_MORE, left)))
    yield tuple(rows)


def _technical(signature: SignatureReport, translate: Translate) -> Iterator[Row]:
    unknown = translate(terms.UNDETERMINED)
    if signature.field:
        yield Row(translate(words.FIELD), visible(signature.field))
    if signature.subfilter or signature.byte_range:
        yield Row(translate(words.SUBFILTER), visible(signature.subfilter or unknown))
    if signature.kind == "signature":
        yield Row(translate(terms.LEVEL), signature.level or unknown)
    indication = f"{signature.indication} {signature.sub_indication or ''}".strip()
    yield Row(translate(words.INDICATION), indication)
    if signature.algorithm is not None:
        used = signature.algorithm
        yield Row(translate(terms.ALGORITHM), f"{used.signature}, {used.digest}, {used.key}")
        if signature.document_digest is not None:
            label = filled(translate, words.DOCUMENT_DIGEST, {"algorithm": used.digest})
            yield Row(label, signature.document_digest, code=True)
    if signature.byte_range:
        yield Row(translate(words.BYTE_RANGE), visible(list(signature.byte_range)), code=True)
    policy = signature.signature_policy
    if policy is not None:
        told = " ".join(text for text in (policy.oid, policy.uri) if text)
        yield Row(translate(words.SIGNATURE_POLICY), visible(told) or translate(words.IMPLIED))
    if signature.identity is not None:
        yield Row(translate(words.CONTAINER), signature.identity.container_sha256, code=True)
