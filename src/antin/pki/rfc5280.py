"""The rules of RFC 5280 §6.1 on one path. Times, revocation and weak algorithms are judged apart.

What every path has to keep is checked here. Name constraints and what policies demand, which few
paths have, are left to a library (``path_constraints``).
"""

from functools import lru_cache
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from antin.pki.certificates import Certificate, is_named_issuer, signed_by
from antin.pki.chain_building import Path
from antin.pki.path_constraints import constraint_problem, is_constrained
from antin.pki.usages import is_ca, issues_nothing, key_usage

_UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.FRESHEST_CRL,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.OCSP_NO_CHECK,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"),  # QCStatements: some mark them critical
    }
)
"""Extensions that may be critical: some rule here or elsewhere in the verifier knows them."""


@lru_cache(maxsize=256)
def path_problem(path: Path) -> str | None:
    """Return which rule ``path`` breaks, as a sentence; None: it breaks none.

    Of the anchor only name and key count (§6.1.1 d), unless it says that it is no authority. The
    answer holds for any moment.
    """
    if len(path) > 1 and issues_nothing(path[-1]):
        return f"its trust anchor {path[-1].subject} is no authority"
    links = tuple(pairwise(path))
    found = (_link_problem(*link) for link in reversed(links))
    problem = next((one for one in found if one is not None), None) or _too_long(path)
    if problem is None and is_constrained(path):
        return constraint_problem(path)
    return problem


def _link_problem(certificate: Certificate, issuer: Certificate) -> str | None:
    """§6.1.3 a 1, a 4, §6.1.4 o, §6.1.5 f: who made it, and whether all it demands is known."""
    if not signed_by(certificate, issuer):
        return f"{certificate.subject} was not made by {issuer.subject}"
    unknown = {one.oid for one in certificate.parsed.extensions if one.critical} - _UNDERSTOOD
    if unknown:
        named = ", ".join(sorted(oid.dotted_string for oid in unknown))
        return f"{certificate.subject} has critical extensions that are not known: {named}"
    return None


def _too_long(path: Path) -> str | None:
    """§6.1.4 k to n: every certificate between is an authority, with room below it."""
    room = len(path)
    for authority in path[-2:0:-1]:
        usage = key_usage(authority)
        if not is_ca(authority):
            return f"{authority.subject} is not a CA"
        if usage is not None and not usage.key_cert_sign:
            return f"{authority.subject} is not allowed to sign certificates"
        if not is_named_issuer(authority, authority):
            if room == 0:
                return f"{authority.subject} exceeds the maximum path length above it"
            room -= 1
        room = min(room, _path_length(authority, room))
    return None


def _path_length(authority: Certificate, unbounded: int) -> int:
    constraints = authority.parsed.extensions.get_extension_for_class(x509.BasicConstraints)
    given = constraints.value.path_length
    return unbounded if given is None else given
