"""The rules of RFC 5280 §6 on one path, applied by pyhanko-certvalidator, offline.

It is asked for basic constraints, path length, name constraints, policies, key usage of CAs and
critical extensions. Times, revocation and the strength of algorithms are judged by our own rules.
"""

from collections.abc import Coroutine
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from asn1crypto import x509
from cryptography.x509 import ExtensionNotFound, NameConstraints, SubjectAlternativeName
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

_MAX_COMPARISONS: Final = 20_000
"""Names times constraints: thousands of each fit into two certificates."""


@lru_cache(maxsize=256)
def path_problem(path: Path, moment: datetime) -> str | None:
    """Return which rule ``path`` breaks, as a sentence; None: it breaks none.

    ``moment`` lies within the validity of all certificates below the anchor.
    """
    if _name_comparisons(path) > _MAX_COMPARISONS:
        return "it has more name constraints than can be checked"
    try:
        parsed = [x509.Certificate.load(one.der, strict=True) for one in path]
        anchor = CertTrustAnchor(parsed[-1])
        if len(parsed) == 1:
            return None
        candidate = ValidationPath(anchor, parsed[-2:0:-1], parsed[0])
        _run(async_validate_path(_context(moment), candidate))
    except Exception as error:  # noqa: BLE001 — whatever a library throws at a foreign path, it fails
        return str(error).strip() or type(error).__name__
    return None


def _name_comparisons(path: Path) -> int:
    """Return how many names would be compared with how many constraints above them."""
    compared, above = 0, 0
    for certificate in reversed(path):
        compared += above * _names(certificate)
        above += _constraints(certificate)
    return compared


def _names(certificate: Certificate) -> int:
    try:
        found = certificate.parsed.extensions.get_extension_for_class(SubjectAlternativeName)
    except ExtensionNotFound:
        return 1
    return 1 + len(list(found.value))


def _constraints(certificate: Certificate) -> int:
    try:
        found = certificate.parsed.extensions.get_extension_for_class(NameConstraints).value
    except ExtensionNotFound:
        return 0
    return len(found.permitted_subtrees or ()) + len(found.excluded_subtrees or ())


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
