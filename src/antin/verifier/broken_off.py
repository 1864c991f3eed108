"""What is reported where judging broke off: told as such, never skipped, never passed.

Whatever is thrown while foreign bytes are looked at ends the look at one file, or at one signature
of it. Only a lack of memory ends more: a verdict on what is left without it would be none.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from antin.core.errors import DefectError, InputError, fill
from antin.pdf.document import PdfDocument, SignatureField
from antin.pki.certificates import Certificate
from antin.verifier.building_blocks import indeterminate
from antin.verifier.examination import Examined, Read, examine, read_signature
from antin.verifier.findings import finding
from antin.verifier.policy import Policy
from antin.verifier.report import (
    ChangesAfter,
    Conclusion,
    Indication,
    PolicyReference,
    ReadError,
    Report,
    Severity,
    SignatureReport,
)
from antin.verifier.signature import Context

_DEFECT: Final = ("SIGNED_DATA_NOT_FOUND", "check_failed")
"""Sub-indication and finding of a signature whose check broke off."""


def unreadable(
    name: str, size: int, checked_at: datetime, policy: Policy, why: InputError
) -> Report:
    """Return the report on a file of ``size`` bytes that could not be judged because of ``why``."""
    reference = PolicyReference(policy.id, policy.sha256)
    error = read_error(why)
    return Report(name, "", size, checked_at, reference, Conclusion.UNREADABLE, error)


def read_error(error: InputError) -> ReadError:
    """Return why a file can't be read."""
    offset = error.values.get("offset")
    told = {key: fill(f"{{{key}}}", error.values) for key in error.values}
    at = offset if isinstance(offset, int) else None
    return ReadError(error.code, error.detail, at, tuple(sorted(told.items())))


def defect(error: Exception) -> ReadError:
    """Return what is told of a mistake of ours that foreign bytes brought to light."""
    reason = f"reading broke off with {type(error).__name__}"
    told = DefectError("defect", detail=reason)
    return ReadError(told.code, told.detail, values=(("detail", reason),))


def read_one(document: PdfDocument, field: SignatureField) -> Read:
    """Return :func:`read_signature`; where it breaks off, that."""
    try:
        return read_signature(document, field)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 — one signature's bytes must not hide the others
        return Read(field, (), problem=indeterminate(*_DEFECT, reason=type(error).__name__))


def examine_one(
    read: Read, digest: bytes | None, known: tuple[Certificate, ...], policy: Policy
) -> Examined:
    """Return :func:`examine`; where it breaks off, that."""
    try:
        return examine(read, digest, known, policy)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 — as above
        return Examined(read, indeterminate(*_DEFECT, reason=type(error).__name__))


def guarded(
    judge: Callable[[Examined, Context], SignatureReport], one: Examined, context: Context
) -> SignatureReport:
    """Return what ``judge`` says; where it breaks off, a report that says so."""
    try:
        return judge(one, context)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 — as above
        return _broken_off(one, type(error).__name__)


def _broken_off(one: Examined, reason: str) -> SignatureReport:
    """Return the report on a signature whose check broke off."""
    field = one.field
    return SignatureReport(
        field=field.name,
        kind=field.kind,
        subfilter=field.subfilter,
        level=None,
        indication=Indication.INDETERMINATE,
        sub_indication=_DEFECT[0],
        digest_ok=one.digest_ok,
        signature_ok=one.signature_ok,
        byte_range=field.byte_range,
        revision=field.revision,
        covers_whole_file=field.covers_whole_file,
        signer=None,
        claimed_signing_time=field.claimed_time,
        best_signature_time=None,
        time_source="none",
        algorithm=None,
        changes_after=ChangesAfter(None),
        findings=(finding(_DEFECT[1], Severity.ERROR, reason=reason),),
    )
