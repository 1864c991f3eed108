"""What a probe remarks on, as functions of what was found and the time; nothing is asked here."""

from datetime import datetime
from typing import Final

from antin.core.errors import Value
from antin.hsm.probe_result import PinState, ProbedCertificate, ProbedKey, Remark, RemarkSeverity
from antin.hsm.slots import TokenInfo
from antin.pki.algorithms import weak_at
from antin.pki.certificates import Certificate
from antin.pki.usages import key_usage, signs_documents

SOON_DAYS: Final = 30
"""A certificate that expires within these days is to be renewed."""
_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
_ERROR, _WARNING, _INFO = RemarkSeverity.ERROR, RemarkSeverity.WARNING, RemarkSeverity.INFO


def probed_certificate(certificate: Certificate, now: datetime) -> ProbedCertificate:
    """Return what is shown of ``certificate`` at ``now``."""
    usage = key_usage(certificate)
    return ProbedCertificate(
        certificate.subject,
        certificate.issuer,
        certificate.serial,
        certificate.sha256,
        certificate.not_before,
        certificate.not_after,
        (certificate.not_after - now).days,
        None if usage is None else tuple(name for name in _USAGES if getattr(usage, name)),
    )


def pin_remarks(token: TokenInfo, state: PinState, *, use_final_try: bool) -> tuple[Remark, ...]:
    """Return what is to be known before the PIN is used; an error among them forbids it."""
    found = []
    if state is PinState.LOCKED:
        found.append(_remark("pin_locked", _ERROR, token=token.label))
    elif state is PinState.FINAL_TRY and not use_final_try:
        found.append(_remark("pin_final_try", _ERROR, token=token.label))
    elif state is PinState.LOW:
        found.append(_remark("pin_tries_low", _WARNING))
    if token.pin_to_be_changed:
        found.append(_remark("pin_to_be_changed", _WARNING))
    return tuple(found)


def key_remarks(
    key: ProbedKey,
    certificate: Certificate | None,
    token: str,
    now: datetime,
    severity: RemarkSeverity,
) -> tuple[Remark, ...]:
    """Return what is to be known of one key; what keeps it from signing has this ``severity``."""
    found = []
    if key.kind is None:
        found.append(_remark("key_without_public_key", severity, key=key.name))
    if certificate is None:
        found.append(_remark("key_without_certificate", _WARNING, token=token, key=key.name))
    else:
        found += certificate_remarks(certificate, now, severity)
    if key.asks_each_time:
        found.append(_remark("key_asks_each_time", _INFO, key=key.name))
    found += [
        _unsound(key, trial.mechanism, trial.failure) for trial in key.trials if trial.failure
    ]
    if key.trials and key.signs_by is None:
        kind = f"{key.name} ({key.kind})"
        found.append(_remark("mechanism_missing", severity, token=token, mechanism=kind))
    return tuple(found)


def certificate_remarks(
    certificate: Certificate, now: datetime, severity: RemarkSeverity
) -> tuple[Remark, ...]:
    """Return what is to be known of a key's certificate at ``now``."""
    subject, found = certificate.subject, []
    if certificate.not_after <= now:
        date = f"{certificate.not_after:%Y-%m-%d}"
        found.append(_remark("certificate_expired", severity, subject=subject, date=date))
    elif certificate.not_before > now:
        date = f"{certificate.not_before:%Y-%m-%d}"
        found.append(_remark("certificate_not_yet_valid", severity, subject=subject, date=date))
    elif (left := (certificate.not_after - now).days) < SOON_DAYS:
        found.append(_remark("certificate_expires_soon", _WARNING, subject=subject, days=left))
    if (reason := signs_documents(certificate)) is not None:
        found.append(_remark("certificate_purpose", severity, subject=subject, detail=reason))
    for weak in weak_at(now, None, certificate.key):
        detail = f"the key of {subject} is {weak}"
        found.append(_remark("algorithm_forbidden", severity, detail=detail))
    return tuple(found)


def whole_remarks(keys: tuple[ProbedKey, ...]) -> tuple[Remark, ...]:
    """Return what is to be known of all keys together, once they were tried."""
    if not keys:
        return (_remark("token_without_keys", _ERROR),)
    if any(key.chosen and key.signs_by is not None for key in keys):
        return ()
    return (_remark("token_without_usable_key", _ERROR),)


def foreign_certificate(key_id: str) -> Remark:
    """Return the remark on a certificate that lies beside a key and is another's."""
    return _remark("certificate_of_another_key", _WARNING, id=key_id)


def _unsound(key: ProbedKey, mechanism: str, failure: Remark) -> Remark:
    reason = dict(failure.values).get("detail") or failure.code
    return _remark("mechanism_unsound", _WARNING, mechanism=mechanism, key=key.name, reason=reason)


def _remark(code: str, severity: RemarkSeverity, **values: Value) -> Remark:
    return Remark(code, severity, tuple(values.items()))
