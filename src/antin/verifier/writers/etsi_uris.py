"""The URIs that an ETSI TS 119 102-2 report names things by, and our own where it leaves room."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from antin.verifier.report import Indication

VR: Final = "http://uri.etsi.org/19102/v1.4.1#"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
OWN: Final = "urn:antin:report:1"
"""Namespace of what only our report says."""
PREFIXES: Final = {"": VR, "ds": DS, "xades": XADES, "antin": OWN}

_ETSI: Final = "urn:etsi:019102"
APPLIED: Final = f"{_ETSI}:constraintStatus:applied"
PROCESS: Final = f"{_ETSI}:validationprocess:LTA"
"""Every signature goes through the steps of EN 319 102-1 §5.6, which include the others'."""
VALIDATION: Final = f"{_ETSI}:poetype:validation"
PROVIDED: Final = f"{_ETSI}:poetype:provided"
CERTIFICATE: Final = f"{_ETSI}:validationObject:certificate"
TIMESTAMP: Final = f"{_ETSI}:validationObject:timestamp"
REVOCATION_OBJECTS: Final = {
    "crl": f"{_ETSI}:validationObject:CRL",
    "ocsp": f"{_ETSI}:validationObject:OCSPResponse",
}
TIMESTAMP_ATTRIBUTES: Final = {
    "signature": "SignatureTimeStamp",
    "content": "AllDataObjectsTimeStamp",
    "archive": "ArchiveTimeStamp",
}
"""What attributes with time-stamps are called, by the kind of the time-stamp."""
STATUS: Final = {
    Indication.PASSED: f"{_ETSI}:mainindication:total-passed",
    Indication.FAILED: f"{_ETSI}:mainindication:total-failed",
    Indication.INDETERMINATE: f"{_ETSI}:mainindication:indeterminate",
}
CHECK_STATUS: Final = {
    Indication.PASSED: f"{_ETSI}:mainindication:passed",
    Indication.FAILED: f"{_ETSI}:mainindication:failed",
    Indication.INDETERMINATE: f"{_ETSI}:mainindication:indeterminate",
}
_DIGESTS: Final = {
    "md5": "http://www.w3.org/2001/04/xmldsig-more#md5",
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha224": "http://www.w3.org/2001/04/xmldsig-more#sha224",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
    "sha3_256": "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
    "sha3_384": "http://www.w3.org/2007/05/xmldsig-more#sha3-384",
    "sha3_512": "http://www.w3.org/2007/05/xmldsig-more#sha3-512",
}
_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007: Final = "http://www.w3.org/2007/05/xmldsig-more#"
_SIGNATURES: Final[Mapping[tuple[str, str], str]] = {
    ("rsassa_pkcs1v15", "sha1"): "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    **{("rsassa_pkcs1v15", d): f"{_MORE}rsa-{d}" for d in ("sha224", "sha256", "sha384", "sha512")},
    **{
        ("rsassa_pss", d): f"{_MORE_2007}{d.replace('_', '-')}-rsa-MGF1"
        for d in _DIGESTS
        if d != "md5"
    },
    **{("ecdsa", d): f"{_MORE}ecdsa-{d}" for d in ("sha1", "sha224", "sha256", "sha384", "sha512")},
}
_EDDSA: Final = "http://www.w3.org/2021/04/xmldsig-more#eddsa-"


def sub_indication(name: str) -> str:
    """Return the URI of a sub-indication of EN 319 102-1."""
    return f"{_ETSI}:subindication:{name}"


def own(*parts: str) -> str:
    """Return a URN of ours; what no URI may hold is percent-encoded."""
    return ":".join(("urn:antin", *(quote(part, safe="", errors="replace") for part in parts)))


def digest_uri(algorithm: str) -> str:
    """Return the URI of a digest algorithm as XML Signature names it (RFC 9231 §2.1)."""
    return _DIGESTS.get(algorithm) or own("digest", algorithm)


def signature_uri(scheme: str, digest: str) -> str:
    """Return the URI of a signature algorithm as XML Signature names it (RFC 9231 §2.3)."""
    if scheme in {"ed25519", "ed448"}:
        return f"{_EDDSA}{scheme}"
    return _SIGNATURES.get((scheme, digest)) or own("signature", scheme, digest)
