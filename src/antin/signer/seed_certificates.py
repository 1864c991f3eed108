"""What seed values want of the signer's certificate (ISO 32000-2 table 239)."""

from collections.abc import Callable, Iterator
from typing import Final

from cryptography import x509

from antin.pdf.history import View
from antin.pdf.objects import Dictionary, integer, text
from antin.pki.certificates import Certificate, load_certificate, load_readable, signed_by

_BITS: Final = {"Subject": 1, "Issuer": 2, "OID": 4, "SubjectDN": 8, "KeyUsage": 32}
_MAX_LISTED: Final = 50
_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_NOT_JUDGED: Final = ("SubjectDN", "SignaturePolicyOID")


def unmet_by_certificate(
    view: View, wanted: Dictionary, certificate: bytes, chain: tuple[bytes, ...]
) -> Iterator[tuple[str, str, bool]]:
    """Yield each constraint that is not met, why, and whether it is required.

    /URL, where a certificate could be had, is asked nothing of.
    """
    holder = load_certificate(certificate)
    path = (holder, *load_readable(chain))
    flags = integer(view.resolve(wanted.get("Ff"))) or 0
    met: dict[str, Callable[[], bool]] = {
        "Subject": lambda: certificate in _listed(view, wanted, "Subject"),
        "Issuer": lambda: _has_issuer(path, _listed(view, wanted, "Issuer")),
        "OID": lambda: _has_policy(holder, _listed(view, wanted, "OID")),
        "KeyUsage": lambda: _has_usage(holder, _listed(view, wanted, "KeyUsage")),
    }
    for key, check in met.items():
        if key in wanted and not check():
            yield f"Cert/{key}", "the certificate is another one", bool(flags & _BITS[key])
    for key in _NOT_JUDGED:
        if key in wanted:
            yield f"Cert/{key}", "it is not judged", bool(flags & _BITS.get(key, 0))


def _listed(view: View, wanted: Dictionary, key: str) -> tuple[bytes, ...]:
    found = (view.resolve(item) for item in view.array(wanted.get(key))[:_MAX_LISTED])
    return tuple(item for item in found if isinstance(item, bytes))


def _has_issuer(path: tuple[Certificate, ...], issuers: tuple[bytes, ...]) -> bool:
    """Tell whether one of ``issuers`` is in the path, or issued a certificate in it."""
    wanted = load_readable(issuers)
    return any(
        one.der == issuer.der or signed_by(one, issuer) for one in path[:10] for issuer in wanted
    )


def _has_policy(holder: Certificate, oids: tuple[bytes, ...]) -> bool:
    try:
        stated = holder.parsed.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return False
    return not {one.policy_identifier.dotted_string for one in stated}.isdisjoint(
        text(oid) for oid in oids
    )


def _has_usage(holder: Certificate, patterns: tuple[bytes, ...]) -> bool:
    """Tell whether the key usage fits a pattern: 1 set, 0 not set, anything else either."""
    try:
        usage = holder.parsed.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    bits = [_is_set(usage, one) for one in _USAGES]
    return any(
        all(mark not in "01" or bit is (mark == "1") for mark, bit in zip(text(one), bits))  # noqa: B905 — a pattern may be shorter
        for one in patterns
    )


def _is_set(usage: x509.KeyUsage, bit: str) -> bool:
    if bit.endswith("_only") and not usage.key_agreement:
        return False
    return bool(getattr(usage, bit))
