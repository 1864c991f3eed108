"""The rules of RFC 5280 §6 on one path, applied by pyhanko-certvalidator, offline.

It is asked for basic constraints, path length, name constraints, policies, key usage of CAs and
critical extensions. Times, revocation and the strength of algorithms are judged by our own rules.
"""

from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final

from asn1crypto import x509
from cryptography import x509 as x509_oid
from cryptography.x509.oid import ExtensionOID
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
)
from pyhanko_certvalidator.validate import async_validate_path

from antin.pki.certificates import Certificate
from antin.pki.chain_building import Path
from antin.pki.usages import issues_nothing

_MAX_POLICY_BYTES: Final = 4 << 10
_MAX_NAME_WORK: Final = 10_000_000
"""Bytes of name constraints times bytes of the names that they are held against."""
_POLICIES: Final = (
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.POLICY_MAPPINGS,
    ExtensionOID.POLICY_CONSTRAINTS,
)


def is_too_complex(path: Path) -> bool:
    """Tell whether judging ``path`` could take long: its work grows with products of its sizes."""
    sizes = [_extension_sizes(one) for one in path]
    policies = (size[oid] for size in sizes for oid in _POLICIES if oid in size)
    constraints = sum(size.get(ExtensionOID.NAME_CONSTRAINTS, 0) for size in sizes)
    names = sum(size.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, 0) for size in sizes)
    names += sum(len(one.subject_name) for one in path)
    return max(policies, default=0) > _MAX_POLICY_BYTES or constraints * names > _MAX_NAME_WORK


def _extension_sizes(certificate: Certificate) -> dict[x509_oid.ObjectIdentifier, int]:
    extensions = certificate.parsed.extensions
    return {e.oid: len(e.value.public_bytes()) for e in extensions if e.oid in _WEIGHED}


_WEIGHED: Final = frozenset(
    {*_POLICIES, ExtensionOID.NAME_CONSTRAINTS, ExtensionOID.SUBJECT_ALTERNATIVE_NAME}
)


class _Name(x509.Name):  # type: ignore[misc]  # asn1crypto has no types
    """A name that equals one of the same bytes before any text is prepared (RFC 5280 §7.1)."""

    def __eq__(self, other: object) -> bool:
        if isinstance(other, x509.Name) and self.dump() == other.dump():
            return True
        return bool(super().__eq__(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = x509.Name.__hash__


class _Certificate(x509.Certificate):  # type: ignore[misc]  # as above
    """A certificate whose names are compared many times along a path."""

    @cached_property
    def issuer(self) -> Any:
        return _Name.load(self["tbs_certificate"]["issuer"].dump())

    @cached_property
    def subject(self) -> Any:
        return _Name.load(self["tbs_certificate"]["subject"].dump())


@lru_cache(maxsize=256)
def path_problem(path: Path) -> str | None:
    """Return which rule ``path`` breaks, as a sentence; None: it breaks none.

    Times are judged elsewhere, so the answer holds for any moment: it is found as of the first one
    at which all certificates below the anchor are valid.
    """
    if len(path) > 1 and issues_nothing(path[-1]):
        return f"its trust anchor {path[-1].subject} is no authority"
    moment = max((one.not_before for one in path[:-1]), default=datetime.min.replace(tzinfo=UTC))
    try:
        parsed = [_Certificate.load(one.der, strict=True) for one in path]
        anchor = CertTrustAnchor(parsed[-1])
        if len(parsed) == 1:
            return None
        candidate = ValidationPath(anchor, parsed[-2:0:-1], parsed[0])
        _run(async_validate_path(_context(moment), candidate))
    except Exception as error:  # noqa: BLE001 — whatever a library throws at a foreign path, it fails
        return str(error).strip() or type(error).__name__
    return None


def _context(moment: datetime) -> ValidationContext:
    return ValidationContext(
        trust_roots=[],
        moment=moment,
        allow_fetching=False,
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
        algorithm_usage_policy=AcceptAllAlgorithms(),
        time_tolerance=timedelta(0),
    )


def _run(steps: Coroutine[Any, Any, object]) -> None:
    """Run what never waits (nothing is fetched) without an event loop of its own."""
    try:
        steps.send(None)
    except StopIteration:
        return
    steps.close()
    raise RuntimeError("path validation tried to wait")
