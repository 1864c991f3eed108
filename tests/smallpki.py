"""Authorities in memory at any time: certificates, CRLs, OCSP answers, time-stamps, CMS, as wanted.

``trustworld`` is the world as it should be; here everything can be odd, and no clock is read.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from antin.pki.der_write import tlv

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_SERIALS = count(1000)
_KEYS: dict[tuple[str, int], Key] = {}

SIGNING = ("digital_signature", "content_commitment")
ALL_USAGES = (
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


def make_key(kind: str = "p256", number: int = 0) -> Key:
    """Return the ``number``-th key of ``kind``; made once, as RSA keys take their time."""
    if (kind, number) not in _KEYS:
        _KEYS[kind, number] = _fresh_key(kind)
    return _KEYS[kind, number]


def _fresh_key(kind: str) -> Key:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    curves = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p192": ec.SECP192R1()}
    return ec.generate_private_key(curves[kind])


def sign_value(key: Key, data: bytes, digest: str = "sha256", *, pss: bool = False) -> bytes:
    algorithm = getattr(hashes, digest.upper())()
    if isinstance(key, rsa.RSAPrivateKey):
        mask = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
        return key.sign(data, mask if pss else padding.PKCS1v15(), algorithm)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(algorithm))
    return key.sign(data)


@dataclass(frozen=True)
class Holder:
    """A key and its certificate; an authority when the certificate says so."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[bytes, ...] = ()
    """DER, issuer first, root left out."""

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def issue(self, name: str, **options: Any) -> "Holder":
        """Return a holder certified by this one; ``options`` as in ``certify``."""
        key = options.pop("key", None) or _fresh_key(options.pop("kind", "p256"))
        certificate = certify(self, name, key, **options)
        own = () if self.certificate.issuer == self.certificate.subject else (self.der,)
        return Holder(key, certificate, own + self.chain)

    def crl(
        self,
        this_update: datetime,
        next_update: datetime | None = None,
        revoked: Mapping[int, tuple[datetime, str]] | None = None,
        digest: str = "sha256",
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    ) -> bytes:
        """Return a DER CRL; ``revoked`` by serial: when and why."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(this_update)
            .next_update(next_update or this_update + 30 * DAY)
        )
        for serial, (moment, reason) in (revoked or {}).items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment)
            flag = x509.CRLReason(x509.ReasonFlags(reason))
            builder = builder.add_revoked_certificate(
                entry.add_extension(flag, critical=False).build()
            )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        algorithm = getattr(hashes, digest.upper())()
        return builder.sign(self.key, algorithm).public_bytes(serialization.Encoding.DER)

    def ocsp(
        self,
        about: "Holder",
        this_update: datetime,
        next_update: datetime | None = None,
        revoked_at: datetime | None = None,
        reason: str = "keyCompromise",
        responder: "Holder | None" = None,
        *,
        unknown: bool = False,
        forger: Key | None = None,
    ) -> bytes:
        """Return a DER OCSPResponse about ``about``; from ``responder``, else from this one.

        With ``forger`` another key signs it in their name.
        """
        signer = responder or self
        status = ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=about.certificate,
            issuer=self.certificate,
            algorithm=hashes.SHA1(),  # noqa: S303 — names the issuer, as responders do
            cert_status=ocsp.OCSPCertStatus.UNKNOWN if unknown else status,
            this_update=this_update,
            next_update=next_update,
            revocation_time=revoked_at,
            revocation_reason=x509.ReasonFlags(reason) if revoked_at else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        if responder is not None:
            builder = builder.certificates([responder.certificate])
        response = builder.sign(signer.key, hashes.SHA256())
        der = response.public_bytes(serialization.Encoding.DER)
        return _produced_at(der, forger or signer.key, this_update)


def _produced_at(der: bytes, key: Key, moment: datetime) -> bytes:
    """Set producedAt, which the builder takes from the machine's clock, and sign again."""
    from asn1crypto import ocsp as asn1_ocsp

    response = asn1_ocsp.OCSPResponse.load(der)
    basic = response["response_bytes"]["response"].parsed
    basic["tbs_response_data"]["produced_at"] = moment
    basic["signature"] = sign_value(key, basic["tbs_response_data"].dump(force=True))
    response["response_bytes"]["response"] = core.ParsableOctetString(basic.dump(force=True))
    return bytes(response.dump(force=True))


def certify(
    issuer: "Holder | None",
    name: str,
    key: Key,
    *,
    not_before: datetime = NOW - YEAR,
    not_after: datetime = NOW + YEAR,
    ca: bool = False,
    usages: tuple[str, ...] | None = SIGNING,
    extended: tuple[x509.ObjectIdentifier, ...] = (),
    extended_critical: bool = True,
    no_check: bool = False,
    digest: str = "sha256",
    crl_url: str | None = None,
    ocsp_url: str | None = None,
    issuer_url: str | None = None,
    path_length: int | None = None,
    organisation: str | None = None,
    serial: int | None = None,
    more: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> x509.Certificate:
    """Return a certificate for ``key``, self-signed when there is no issuer."""
    names = {NameOID.ORGANIZATION_NAME: organisation, NameOID.COMMON_NAME: name}
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names.items() if text])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial or next(_SERIALS))
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca, path_length if ca else None), critical=True)
    )
    named = ("key_cert_sign", "crl_sign") if ca and usages is SIGNING else usages
    extensions: list[tuple[x509.ExtensionType, bool]] = list(more)
    if named is not None:
        extensions.append((x509.KeyUsage(**{u: u in named for u in ALL_USAGES}), True))
    if extended:
        extensions.append((x509.ExtendedKeyUsage(extended), extended_critical))
    if no_check:
        extensions.append((x509.OCSPNoCheck(), False))
    if crl_url:
        point = x509.DistributionPoint([_uri(crl_url)], None, None, None)
        extensions.append((x509.CRLDistributionPoints([point]), False))
    access = [
        x509.AccessDescription(method, _uri(url))
        for method, url in (
            (AuthorityInformationAccessOID.OCSP, ocsp_url),
            (AuthorityInformationAccessOID.CA_ISSUERS, issuer_url),
        )
        if url
    ]
    if access:
        extensions.append((x509.AuthorityInformationAccess(access), False))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    signer = issuer.key if issuer else key
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    certificate = builder.sign(signer, algorithm)
    return certificate if digest == "sha256" else _signed_again(certificate, signer, digest)


def _signed_again(certificate: x509.Certificate, key: Key, digest: str) -> x509.Certificate:
    """Sign with a digest that the builder refuses."""
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    kind = "ecdsa" if isinstance(key, ec.EllipticCurvePrivateKey) else "rsa"
    parsed["tbs_certificate"]["signature"] = {"algorithm": f"{digest}_{kind}"}
    parsed["signature_algorithm"] = {"algorithm": f"{digest}_{kind}"}
    parsed["signature_value"] = sign_value(key, parsed["tbs_certificate"].dump(force=True), digest)
    return x509.load_der_x509_certificate(parsed.dump(force=True))


def _uri(url: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(url)


def make_root(name: str = "Specimen Root", kind: str = "p256", **options: Any) -> Holder:
    """Return a self-signed authority, valid from ten years before NOW to ten after."""
    options = {"not_before": NOW - 10 * YEAR, "not_after": NOW + 10 * YEAR, **options}
    key = _fresh_key(kind)
    return Holder(key, certify(None, name, key, ca=True, **options))


def make_tsa(issuer: Holder, name: str = "Specimen Time-Stamping", **options: Any) -> Holder:
    """Return a time-stamping authority."""
    options = {"usages": ("digital_signature",), **options}
    return issuer.issue(name, extended=(ExtendedKeyUsageOID.TIME_STAMPING,), **options)


def make_responder(issuer: Holder, **options: Any) -> Holder:
    """Return a delegated OCSP responder."""
    options = {"no_check": True, "usages": ("digital_signature",), **options}
    return issuer.issue("Specimen OCSP", extended=(ExtendedKeyUsageOID.OCSP_SIGNING,), **options)


@dataclass(frozen=True)
class CmsShape:
    """How a CMS is made; the defaults are those of a PAdES baseline signature."""

    digest: str = "sha256"
    pss: bool = False
    content_type: str = "data"
    content: bytes | None = None
    signing_time: datetime | None = None
    ess: bool | bytes = True
    """False: no signing-certificate-v2; bytes: for this certificate instead of the signer's."""
    certificates: tuple[bytes, ...] | None = None
    tokens: tuple[bytes, ...] = ()
    signed_attributes: bool = True
    repeat: str | None = None
    """Signed attribute that is there twice."""
    leave_out: str | None = None
    signers: int = 1
    crls: tuple[bytes, ...] = field(default=())
    signed: tuple[tuple[str, bytes], ...] = ()
    """Further signed attributes: OID, and the one value as DER."""
    unsigned: tuple[tuple[str, bytes], ...] = ()


def make_cms(holder: Holder, content_digest: bytes, shape: CmsShape | None = None) -> bytes:
    """Return a DER CMS of ``holder`` over ``content_digest``."""
    shape = shape or CmsShape()
    attributes = _attributes(holder, content_digest, shape)
    data = attributes.dump() if shape.signed_attributes else content_digest
    value = sign_value(holder.key, data, shape.digest, pss=shape.pss)
    signed = asn1_x509.Certificate.load(holder.der)
    info: dict[str, Any] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {
                "issuer_and_serial_number": {
                    "issuer": signed.issuer,
                    "serial_number": signed.serial_number,
                }
            }
        ),
        "digest_algorithm": {"algorithm": shape.digest},
        "signature_algorithm": _algorithm(holder.key, shape),
        "signature": value,
    }
    if shape.signed_attributes:
        info["signed_attrs"] = attributes
    if shape.tokens:
        tokens = [cms.ContentInfo.load(token) for token in shape.tokens]
        info["unsigned_attrs"] = [{"type": "signature_time_stamp_token", "values": tokens}]
    if shape.unsigned:
        info["unsigned_attrs"] = [*info.get("unsigned_attrs", ()), *map(_any, shape.unsigned)]
    ders = (holder.der, *holder.chain) if shape.certificates is None else shape.certificates
    encapsulated: dict[str, Any] = {"content_type": shape.content_type}
    if shape.content is not None:
        encapsulated["content"] = core.ParsableOctetString(shape.content)
    data_fields: dict[str, Any] = {
        "version": "v3" if shape.content is not None else "v1",
        "digest_algorithms": [{"algorithm": shape.digest}],
        "encap_content_info": encapsulated,
        "certificates": [asn1_x509.Certificate.load(der) for der in ders],
        "signer_infos": [info] * shape.signers,
    }
    content = cms.SignedData(data_fields)
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


def signed_digest(der: bytes) -> bytes:
    """Return the message-digest of a CMS."""
    attributes = cms.ContentInfo.load(der)["content"]["signer_infos"][0]["signed_attrs"]
    found = (a["values"][0].native for a in attributes if a["type"].native == "message_digest")
    return bytes(next(found))


def _algorithm(key: Key, shape: CmsShape) -> Any:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {"algorithm": "ed25519"}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {"algorithm": f"{shape.digest}_ecdsa"}
    if not shape.pss:
        return {"algorithm": "rsassa_pkcs1v15"}
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": shape.digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": shape.digest}},
            "salt_length": hashlib.new(shape.digest).digest_size,
        }
    )
    return {"algorithm": "rsassa_pss", "parameters": parameters}


def _attributes(holder: Holder, content_digest: bytes, shape: CmsShape) -> Any:
    values: dict[str, Any] = {"content_type": shape.content_type, "message_digest": content_digest}
    if shape.ess:
        named = shape.ess if isinstance(shape.ess, bytes) else holder.der
        certificate_id = {"cert_hash": hashlib.sha256(named).digest()}
        values["signing_certificate_v2"] = {"certs": [certificate_id]}
    if shape.signing_time:
        values["signing_time"] = cms.Time({"utc_time": core.UTCTime(shape.signing_time)})
    values.pop(shape.leave_out or "", None)
    listed = [{"type": name, "values": [value]} for name, value in values.items()]
    if shape.repeat:
        listed.append({"type": shape.repeat, "values": [values[shape.repeat]]})
    listed += [_any(one) for one in shape.signed]
    return cms.CMSAttributes([cms.CMSAttribute(one) for one in listed])


def _any(attribute: tuple[str, bytes]) -> dict[str, Any]:
    """Return an attribute; asn1crypto wants its own type where it knows one."""
    kind = cms.CMSAttributeType.map(attribute[0])
    spec = cms.CMSAttribute._oid_specs.get(kind)
    values = tlv(0x31, attribute[1])
    return {
        "type": attribute[0],
        "values": spec.load(values) if spec else [core.load(attribute[1])],
    }


def make_token(
    tsa: Holder,
    digest: bytes,
    moment: datetime,
    algorithm: str = "sha256",
    nonce: int | None = None,
    shape: CmsShape | None = None,
) -> bytes:
    """Return a DER time-stamp token of ``tsa`` over ``digest``."""
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": algorithm},
                "hashed_message": digest,
            },
            "serial_number": next(_SERIALS),
            "gen_time": moment,
            **({} if nonce is None else {"nonce": nonce}),
        }
    )
    content = bytes(info.dump())
    made = shape or CmsShape()
    made = CmsShape(
        **{**made.__dict__, "content_type": "tst_info", "content": content},
    )
    return make_cms(tsa, hashlib.new(made.digest, content).digest(), made)


def answer_query(tsa: Holder, query: bytes, moment: datetime, **changes: Any) -> bytes:
    """Return a DER TimeStampResp to ``query``; ``changes``: digest, nonce, algorithm, status."""
    asked = tsp.TimeStampReq.load(query)
    imprint = asked["message_imprint"]
    token = make_token(
        tsa,
        changes.get("digest", imprint["hashed_message"].native),
        moment,
        changes.get("algorithm", imprint["hash_algorithm"]["algorithm"].native),
        changes.get("nonce", asked["nonce"].native),
    )
    if "status" in changes and "with_token" not in changes:
        info = tsp.PKIStatusInfo({"status": changes["status"]}).dump()
        return b"\x30" + bytes([len(info)]) + bytes(info)
    status = {"status": changes.get("status", "granted")}
    answer = {"status": status, "time_stamp_token": cms.ContentInfo.load(token)}
    return bytes(tsp.TimeStampResp(answer).dump())
