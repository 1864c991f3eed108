"""What an empty field wants of its signature: seed values (ISO 32000-2 §12.7.5.5, table 237).

A constraint that is required and not met refuses; one that is only suggested and not met is told in
a warning. What can be followed without asking anybody is followed: a certification, the one reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from antin.core.errors import InputError, RefusedError
from antin.pdf.document import PdfDocument
from antin.pdf.fields import FormField
from antin.pdf.history import View
from antin.pdf.objects import Dictionary, integer, name, text
from antin.signer.request import Certification, Level, SignatureRequest
from antin.signer.seed_certificates import unmet_by_certificate
from antin.verifier.findings import finding
from antin.verifier.report import Finding, Severity

Unmet = tuple[str, str]
"""A constraint, and why the signature does not meet it."""

_VERSION: Final = 3
"""Of seed values, as PDF 2.0 has them."""
_HANDLER: Final = "Adobe.PPKLite"
_FORMAT: Final = "ETSI.CAdES.detached"
_MAX_LISTED: Final = 200
_LONG_TERM: Final = (Level.B_LT, Level.B_LTA)
_BITS: Final = {
    "Filter": 1,
    "SubFilter": 2,
    "V": 4,
    "Reasons": 8,
    "LegalAttestation": 16,
    "AddRevInfo": 32,
    "DigestMethod": 64,
    "LockDocument": 128,
    "AppearanceFilter": 256,
}


def follow_seed(
    document: PdfDocument, field: FormField | None, request: SignatureRequest
) -> tuple[SignatureRequest, tuple[Finding, ...]]:
    """Return ``request`` as the field wants it, and what it suggests in vain.

    Error: ``seed_value_unmet`` names the constraint; ``pdf_malformed``.
    """
    view = document.final_view
    if field is None or view.resolve(field.dictionary.get("SV")) is None:
        return request, ()
    seed = view.dictionary(field.dictionary["SV"])
    if not seed:
        raise InputError("pdf_malformed", detail="the seed values of the field are none")
    flags = integer(view.resolve(seed.get("Ff"))) or 0
    wanted = _reasoned(view, seed, _certified(view, field, seed, request), flags)
    ignored = []
    for key, check in _CHECKS.items():
        for constraint, detail in check(view, seed, wanted, field):
            if flags & _BITS[key]:
                raise _unmet(field, constraint, detail)
            ignored.append(_ignored(field, constraint, detail))
    for constraint, detail, required in _of_certificate(view, seed, wanted):
        if required:
            raise _unmet(field, constraint, detail)
        ignored.append(_ignored(field, constraint, detail))
    ignored += _stamped(view, seed, wanted, field)
    return wanted, tuple(ignored)


def _certified(
    view: View, field: FormField, seed: Dictionary, request: SignatureRequest
) -> SignatureRequest:
    """/MDP binds always: 0 wants an approval, 1 to 3 a certification of that kind."""
    stated = integer(view.resolve(view.dictionary(seed.get("MDP")).get("P")))
    if stated is None:
        return request
    if not 0 <= stated <= len(Certification):
        raise InputError("pdf_malformed", detail="the seed values of the field are none")
    wanted = list(Certification)[stated - 1] if stated else None
    if request.certify not in {None, wanted}:
        raise _unmet(field, "MDP", f"{wanted or 'an approval'} is wanted")
    return replace(request, certify=wanted)


def _reasoned(
    view: View, seed: Dictionary, request: SignatureRequest, flags: int
) -> SignatureRequest:
    """Give the reason that is the only one allowed, if the signer gave none."""
    reasons = _texts(view, seed, "Reasons")
    if flags & _BITS["Reasons"] and request.reason is None and len(reasons) == 1:
        return replace(request, reason=None if reasons == (".",) else reasons[0])
    return request


def _handler(view: View, seed: Dictionary, _: SignatureRequest, __: FormField) -> Iterator[Unmet]:
    stated = name(view.resolve(seed.get("Filter")))
    if "Filter" in seed and stated != _HANDLER:
        yield "Filter", f"{stated} is wanted, {_HANDLER} is used"


def _format(view: View, seed: Dictionary, _: SignatureRequest, __: FormField) -> Iterator[Unmet]:
    if "SubFilter" in seed and _FORMAT not in _words(view, seed, "SubFilter"):
        yield "SubFilter", f"{_FORMAT} is not among those that are wanted"


def _version(view: View, seed: Dictionary, _: SignatureRequest, __: FormField) -> Iterator[Unmet]:
    stated = view.resolve(seed.get("V"))
    known = isinstance(stated, int | Decimal) and stated <= _VERSION
    if "V" in seed and not known:
        yield "V", f"seed values of version {_VERSION} are understood"


def _reasons(
    view: View, seed: Dictionary, request: SignatureRequest, _: FormField
) -> Iterator[Unmet]:
    reasons = _texts(view, seed, "Reasons")
    silent = reasons in {(), (".",)}
    required = (integer(view.resolve(seed.get("Ff"))) or 0) & _BITS["Reasons"]
    if silent and required and request.reason:
        yield "Reasons", "no reason may be given"
    elif not silent and request.reason not in reasons and (required or request.reason):
        yield "Reasons", "one of these is wanted: " + "; ".join(reasons)


def _attestation(
    _: View, seed: Dictionary, request: SignatureRequest, __: FormField
) -> Iterator[Unmet]:
    if "LegalAttestation" in seed and request.certify is not None:
        yield "LegalAttestation", "no attestation is written"


def _revocation(
    view: View, seed: Dictionary, request: SignatureRequest, _: FormField
) -> Iterator[Unmet]:
    """Met by the store of B-LT, where EN 319 142-1 §5.4.2 wants what PKCS #7 held before."""
    if view.resolve(seed.get("AddRevInfo")) is True and request.level not in _LONG_TERM:
        yield "AddRevInfo", "level B-LT holds revocation data"


def _digest(
    view: View, seed: Dictionary, request: SignatureRequest, _: FormField
) -> Iterator[Unmet]:
    methods = {one.lower() for one in _words(view, seed, "DigestMethod")}
    used = request.algorithm.digest
    if "DigestMethod" in seed and used.replace("-", "") not in methods:
        yield "DigestMethod", f"{used} is not among those that are wanted"


def _locking(
    view: View, seed: Dictionary, request: SignatureRequest, field: FormField
) -> Iterator[Unmet]:
    wanted = name(view.resolve(seed.get("LockDocument")))
    lock = view.dictionary(field.dictionary.get("Lock"))
    locks = integer(view.resolve(lock.get("P"))) == 1
    locks = locks or request.certify is Certification.NO_CHANGES
    if wanted in {"true", "false"} and locks is not (wanted == "true"):
        yield "LockDocument", f"{wanted} is wanted"


def _appearance(_: View, seed: Dictionary, __: SignatureRequest, ___: FormField) -> Iterator[Unmet]:
    if "AppearanceFilter" in seed:
        yield "AppearanceFilter", "appearances have no names here"


_Check = Callable[[View, Dictionary, SignatureRequest, FormField], Iterator[Unmet]]
_CHECKS: Final[dict[str, _Check]] = {
    "V": _version,
    "Filter": _handler,
    "SubFilter": _format,
    "DigestMethod": _digest,
    "Reasons": _reasons,
    "LegalAttestation": _attestation,
    "AddRevInfo": _revocation,
    "LockDocument": _locking,
    "AppearanceFilter": _appearance,
}


def _stamped(
    view: View, seed: Dictionary, request: SignatureRequest, field: FormField
) -> list[Finding]:
    """Look for a time-stamp of our own authorities: a file does not say whom we ask."""
    if view.resolve(seed.get("TimeStamp")) is None:
        return []
    wanted = view.dictionary(seed["TimeStamp"])
    if request.level is not Level.B_B:
        return []
    if integer(view.resolve(wanted.get("Ff"))) == 1:
        raise _unmet(field, "TimeStamp", "level B-T holds one")
    return [_ignored(field, "TimeStamp", "level B-T holds one")]


def _of_certificate(
    view: View, seed: Dictionary, request: SignatureRequest
) -> Iterator[tuple[str, str, bool]]:
    if view.resolve(seed.get("Cert")) is not None:
        wanted = view.dictionary(seed["Cert"])
        yield from unmet_by_certificate(view, wanted, request.certificate, request.chain)


def _texts(view: View, seed: Dictionary, key: str) -> tuple[str, ...]:
    listed = view.array(seed.get(key))
    return tuple(text(view.resolve(item)) for item in listed[:_MAX_LISTED])


def _words(view: View, seed: Dictionary, key: str) -> tuple[str, ...]:
    """Names, or strings, which some programs write in their stead."""
    found = (view.resolve(item) for item in view.array(seed.get(key))[:_MAX_LISTED])
    return tuple(name(item) or text(item) for item in found)


def _unmet(field: FormField, constraint: str, detail: str) -> RefusedError:
    values: dict[str, str] = {"field": field.name, "constraint": constraint, "detail": detail}
    return RefusedError("seed_value_unmet", **values)


def _ignored(field: FormField, constraint: str, detail: str) -> Finding:
    return finding(
        "seed_value_ignored",
        Severity.WARNING,
        field=field.name,
        constraint=constraint,
        detail=detail,
    )
