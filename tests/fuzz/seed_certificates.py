"""Certificates with all kinds of extensions, for the seeds and for hostile chains."""

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tests.fuzz.fixed_keys import CA, OFFICER, RESPONDER, ROOT, TSA, fixed_key
from tests.smallpki import NOW, YEAR, Holder, certify, make_key

_OPTIONS: dict[int, dict[str, Any]] = {
    ROOT: {"ca": True, "not_before": NOW - 10 * YEAR, "not_after": NOW + 10 * YEAR},
    CA: {"ca": True, "not_after": NOW + 5 * YEAR, "path_length": 2},
    OFFICER: {
        "crl_url": "http://ca.test/ca.crl",
        "ocsp_url": "http://ca.test/ocsp",
        "issuer_url": "http://ca.test/ca.cer",
    },
    TSA: {"extended": (ExtendedKeyUsageOID.TIME_STAMPING,), "usages": ("digital_signature",)},
    RESPONDER: {
        "extended": (ExtendedKeyUsageOID.OCSP_SIGNING,),
        "usages": ("digital_signature",),
        "no_check": True,
    },
}
NAMES = {
    ROOT: "Specimen Root",
    CA: "Specimen CA",
    OFFICER: "Nguyễn Văn A",
    TSA: "Specimen Time-Stamping",
    RESPONDER: "Specimen OCSP",
}


def fixed_holder(issuer: Holder | None, number: int) -> Holder:
    """Return the holder of a fixed key, as the seeds have it."""
    key = fixed_key(number)
    certificate = certify(issuer, NAMES[number], key, **_OPTIONS[number])
    chain = () if issuer is None or issuer.chain else (issuer.der,)
    return Holder(key, certificate, () if number in {CA, TSA} else chain)


def all_certificates(ca: Holder) -> dict[str, bytes]:
    """Return certificates by what is odd about them."""
    kinds = {
        f"with-{type(extension).__name__.lower()}": ((extension, critical),)
        for extension, critical in _extensions()
    }
    found = {
        name: certify(ca, "Nguyễn Văn A", fixed_key(OFFICER), usages=None, more=more)
        for name, more in kinds.items()
    }
    found["with-everything"] = certify(
        ca, "Nguyễn Văn A", fixed_key(OFFICER), more=tuple(_extensions())
    )
    found["signed-pss"] = _signed_by_rsa(ca, pss=True)
    found["signed-rsa"] = _signed_by_rsa(ca, pss=False)
    return {name: one.public_bytes(serialization.Encoding.DER) for name, one in found.items()}


def crl_extensions() -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """Return what a CRL can carry."""
    point = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier("http://ca.test/ca.crl")],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    return ((point, True), (x509.CRLNumber(7), False))


def _signed_by_rsa(ca: Holder, *, pss: bool) -> x509.Certificate:
    key = make_key("rsa2048", 1)
    assert isinstance(key, rsa.RSAPrivateKey)
    mask = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else None
    return (
        x509.CertificateBuilder()
        .subject_name(_name("Trần Thị B"))
        .issuer_name(ca.certificate.subject)
        .public_key(key.public_key())
        .serial_number(99)
        .not_valid_before(NOW - YEAR)
        .not_valid_after(NOW + YEAR)
        .sign(key, hashes.SHA256(), rsa_padding=mask)
    )


def _name(common: str) -> x509.Name:
    pairs = (
        (NameOID.COUNTRY_NAME, "VN"),
        (NameOID.ORGANIZATION_NAME, "Sở Nội vụ"),
        (NameOID.COMMON_NAME, common),
        (NameOID.SERIAL_NUMBER, "CCCD:000000000001"),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def _general_names() -> list[x509.GeneralName]:
    import ipaddress

    return [
        x509.DNSName("a.test"),
        x509.RFC822Name("a@a.test"),
        x509.UniformResourceIdentifier("http://a.test/x"),
        x509.DirectoryName(_name("Nguyễn Văn A")),
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.RegisteredID(ObjectIdentifier("1.2.3.4")),
        x509.OtherName(ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x01a"),
    ]


def _extensions() -> list[tuple[x509.ExtensionType, bool]]:
    uri = x509.UniformResourceIdentifier("http://ca.test/a.crl")
    names = [x509.DNSName("a.test"), x509.DirectoryName(_name("Nguyễn Văn A"))]
    reference = x509.NoticeReference("Sở Nội vụ", [1, 2])
    notice = x509.UserNotice(reference, "Bản mẫu")
    policy = x509.PolicyInformation(ObjectIdentifier("1.2.3"), ["http://ca.test/cps", notice])
    reasons = frozenset({x509.ReasonFlags.key_compromise})
    relative = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    points = [
        x509.DistributionPoint([uri], None, None, None),
        x509.DistributionPoint(None, relative, reasons, names),
    ]
    mapping = bytes.fromhex("300c300a06032a030406032a0305")
    statements = bytes.fromhex("300a3008060604008e460101")
    period = bytes.fromhex(
        "3022800f32303230303130313030303030305a810f32303330303130313030303030305a"
    )
    return [
        (x509.NameConstraints([x509.DNSName("a.test")], names), True),
        (x509.PolicyConstraints(0, 1), True),
        (x509.InhibitAnyPolicy(1), True),
        (x509.CertificatePolicies([policy]), False),
        (_unknown("2.5.29.33", mapping, "PolicyMappings"), True),
        (x509.SubjectAlternativeName(_general_names()), False),
        (x509.IssuerAlternativeName(_general_names()), False),
        (x509.SubjectKeyIdentifier(b"\x01" * 20), False),
        (x509.AuthorityKeyIdentifier(b"\x02" * 20, names, 5), False),
        (x509.CRLDistributionPoints(points), False),
        (x509.FreshestCRL(points), False),
        (x509.TLSFeature([x509.TLSFeatureType.status_request]), False),
        (_unknown("1.3.6.1.5.5.7.1.3", statements, "QcStatements"), False),
        (_unknown("2.5.29.16", period, "Period"), False),
    ]


def _unknown(oid: str, value: bytes, name: str) -> x509.ExtensionType:
    kind = type(name, (x509.UnrecognizedExtension,), {})
    made: x509.ExtensionType = kind(ObjectIdentifier(oid), value)
    return made
