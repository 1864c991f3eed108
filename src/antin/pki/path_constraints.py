"""Name constraints and policies of one path (RFC 5280 §6.1), by pyhanko-certvalidator, offline."""

from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from antin.pki.certificates import Certificate
from antin.pki.chain_building import Path

_MAX_POLICY_BYTES: Final = 4 << 10
_MAX_NAME_WORK: Final = 10_000_000
"""Bytes of name constraints times bytes of the names that they are held against."""
_POLICIES: Final = (
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.POLICY_MAPPINGS,
    ExtensionOID.POLICY_CONSTRAINTS,
)
_WEIGHED: Final = frozenset(
    {*_POLICIES, ExtensionOID.NAME_CONSTRAINTS, ExtensionOID.SUBJECT_ALTERNATIVE_NAME}
)
_CONSTRAINING: Final = (
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.POLICY_CONSTRAINTS,
    ExtensionOID.POLICY_MAPPINGS,
    ExtensionOID.INHIBIT_ANY_POLICY,
)
"""Without these any name will do, and so will any policy: nobody asks for one (§6.1.1 c, e)."""


def is_constrained(path: Path) -> bool:
    """Tell whether a certificate below the anchor of ``path`` constrains names or policies."""
    return any(e.oid in _CONSTRAINING for one in path[:-1] for e in one.parsed.extensions)


def is_too_complex(path: Path) -> bool:
    """Tell whether judging ``path`` could take long: its work grows with products of its sizes."""
    if not is_constrained(path):
        return False
    sizes = [_extension_sizes(one) for one in path]
    policies = (size[oid] for size in sizes for oid in _POLICIES if oid in size)
    constraints = sum(size.get(ExtensionOID.NAME_CONSTRAINTS, 0) for size in sizes)
    names = sum(size.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, 0) for size in sizes)
    names += sum(len(one.subject_name) for one in path)
    return max(policies, default=0) > _MAX_POLICY_BYTES or constraints * names > _MAX_NAME_WORK


def _extension_sizes(certificate: Certificate) -> dict[x509.ObjectIdentifier, int]:
    extensions = certificate.parsed.extensions
    return {e.oid: len(e.value.public_bytes()) for e in extensions if e.oid in _WEIGHED}


def constraint_problem(path: Path) -> str | None:
    """Return which rule the constrained ``path`` breaks, as a sentence; None: it breaks none.

    Times are judged elsewhere, so the answer holds for any moment: it is found as of the first one
    at which all certificates below the anchor are valid.
    """
    try:
        _validate([one.der for one in path], max(one.not_before for one in path[:-1]))
    except MemoryError:
        raise  # it says nothing of the path, and must not be remembered of it
    except Exception as error:  # noqa: BLE001 — whatever a library throws at a foreign path, it fails
        return str(error).strip() or type(error).__name__
    return None


def _validate(path: list[bytes], moment: datetime) -> None:
    # Few paths have constraints: who meets none does not wait for these to load.
    from asn1crypto.x509 import Certificate as Parsed
    from pyhanko_certvalidator.authority import CertTrustAnchor
    from pyhanko_certvalidator.context import ValidationContext
    from pyhanko_certvalidator.path import ValidationPath
    from pyhanko_certvalidator.policy_decl import (
        NO_REVOCATION,
        AcceptAllAlgorithms,
        CertRevTrustPolicy,
    )
    from pyhanko_certvalidator.validate import async_validate_path

    context = ValidationContext(
        trust_roots=[],
        moment=moment,
        allow_fetching=False,
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
        algorithm_usage_policy=AcceptAllAlgorithms(),
        time_tolerance=timedelta(0),
    )
    parsed = [Parsed.load(der, strict=True) for der in path]
    candidate = ValidationPath(CertTrustAnchor(parsed[-1]), parsed[-2:0:-1], parsed[0])
    _run(async_validate_path(context, candidate))


def _run(steps: Coroutine[Any, Any, object]) -> None:
    """Run what never waits (nothing is fetched) without an event loop of its own."""
    try:
        steps.send(None)
    except StopIteration:
        return
    steps.close()
    raise RuntimeError("path validation tried to wait")
