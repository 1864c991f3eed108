"""The development trust world, judged by OpenSSL."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from antin.core.errors import UnavailableError
from devpki.pki import open_pki
from tests.trustworld import TrustWorld

pytestmark = pytest.mark.real("openssl")


def openssl(*arguments: str | Path) -> tuple[bool, str]:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stdout + done.stderr


def verified(world: TrustWorld, label: str, folder: Path, *more: str) -> tuple[bool, str]:
    crls = folder / "crls.pem"
    issuers = folder / "issuers.pem"
    crls.write_bytes(
        b"".join(
            x509.load_der_x509_crl(path.read_bytes()).public_bytes(Encoding.PEM)
            for path in (world.trust_folder / "crls").iterdir()
        )
    )
    pems = (world.trust_folder / "intermediates").iterdir()
    issuers.write_bytes(b"".join(path.read_bytes() for path in pems))
    root = world.trust_folder / "root.pem"
    certificate = world.pki.folder / "certs" / f"{label}.pem"
    checks = ("verify", "-x509_strict", "-crl_check_all", *more)
    files = ("-CRLfile", crls, "-untrusted", issuers, "-CAfile", root, certificate)
    return openssl(*checks, *files)


@pytest.mark.parametrize(
    "label", ["soft-officer-a", "soft-officer-b", "soft-seal", "tsa", "wrong-usage"]
)
def test_certificates_have_a_path_to_the_root(
    trust_world: TrustWorld, label: str, tmp_path: Path
) -> None:
    passed, said = verified(trust_world, label, tmp_path)
    assert passed, said


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("revoked", "certificate revoked"),
        ("expired", "certificate has expired"),
        ("not-yet-valid", "certificate is not yet valid"),
    ],
)
def test_odd_certificates_are_odd_in_one_way(
    trust_world: TrustWorld, label: str, why: str, tmp_path: Path
) -> None:
    passed, said = verified(trust_world, label, tmp_path)
    assert not passed
    assert why in said


def test_crls_of_the_trust_folder_last_a_year(trust_world: TrustWorld, tmp_path: Path) -> None:
    almost_a_year = str(int((trust_world.made_at + timedelta(days=365)).timestamp()))
    passed, said = verified(trust_world, "soft-officer-a", tmp_path, "-attime", almost_a_year)
    assert passed, said


def test_key_usage_is_as_wanted(trust_world: TrustWorld) -> None:
    def usage(label: str) -> x509.KeyUsage:
        certificate = x509.load_der_x509_certificate(trust_world.certificate(label))
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value

    assert usage("soft-officer-a").content_commitment
    assert not usage("wrong-usage").content_commitment
    assert not usage("wrong-usage").digital_signature


def test_tsa_is_for_time_stamping_only(trust_world: TrustWorld) -> None:
    certificate = x509.load_der_x509_certificate(trust_world.certificate("tsa"))
    extension = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert extension.critical
    assert list(extension.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def status(world: TrustWorld, label: str) -> ocsp.OCSPResponse:
    leaf = x509.load_der_x509_certificate(world.certificate(label))
    issuer = x509.load_der_x509_certificate(world.chain(label)[0])
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    urls = {entry.access_method: entry.access_location.value for entry in access}
    query = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256()).build()
    service = world.revocation()
    certificate = service.certificates(urls[AuthorityInformationAccessOID.CA_ISSUERS])
    assert certificate == world.chain(label)[0]
    answer = service.ocsp(
        urls[AuthorityInformationAccessOID.OCSP], query.public_bytes(Encoding.DER)
    )
    return ocsp.load_der_ocsp_response(answer)


def test_ocsp_knows_good_and_revoked(trust_world: TrustWorld) -> None:
    assert status(trust_world, "soft-seal").certificate_status is ocsp.OCSPCertStatus.GOOD
    revoked = status(trust_world, "revoked")
    assert revoked.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert revoked.revocation_time_utc == trust_world.made_at - timedelta(days=7)


def test_ocsp_responder_is_authorised_by_the_issuer(trust_world: TrustWorld) -> None:
    (responder,) = status(trust_world, "soft-officer-a").certificates
    issuer = x509.load_der_x509_certificate(trust_world.certificate("officers"))
    responder.verify_directly_issued_by(issuer)
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck)


def test_served_crl_tells_the_revocation(trust_world: TrustWorld) -> None:
    url = f"{trust_world.pki.base_url}/dev/crls/officers/latest.crl"
    revoked = x509.load_der_x509_certificate(trust_world.certificate("revoked")).serial_number
    for moment, known in ((timedelta(0), True), (timedelta(days=-8), False)):
        crl = trust_world.revocation(trust_world.made_at + moment).crl(url)
        found = x509.load_der_x509_crl(crl).get_revoked_certificate_by_serial_number(revoked)
        assert (found is not None) is known


def test_time_stamps_satisfy_openssl(trust_world: TrustWorld, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"data")
    query, reply = tmp_path / "query", tmp_path / "reply"
    openssl("ts", "-query", "-data", tmp_path / "data", "-sha256", "-cert", "-out", query)
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    reply.write_bytes(trust_world.timestamps(moment).request(query.read_bytes()))
    root = trust_world.trust_folder / "root.pem"
    passed, said = openssl("ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", root)
    assert passed, said
    assert "Jan  2 03:04:05 2030 GMT" in openssl("ts", "-reply", "-in", reply, "-text")[1]


def test_certificates_stay_the_same_bytes(trust_world: TrustWorld) -> None:
    before = {label: trust_world.certificate(label) for label in ("root", "tsa", "soft-seal")}
    trust_world.issue()
    again = open_pki(trust_world.pki.folder)
    assert {label: again.certificate(label) for label in before} == before


def test_certificate_issued_later_is_known_to_the_services(trust_world: TrustWorld) -> None:
    when = trust_world.made_at - timedelta(days=1)
    trust_world.issue(revoked_at=when, revocation_reason="certificate_hold")
    answer = status(trust_world, f"issued-{len(trust_world._issued)}")
    assert answer.revocation_time_utc == when
    assert answer.revocation_reason is x509.ReasonFlags.certificate_hold


def test_what_is_not_served_is_said(trust_world: TrustWorld) -> None:
    with pytest.raises(UnavailableError) as caught:
        trust_world.revocation().crl(f"{trust_world.pki.base_url}/dev/crls/nobody/latest.crl")
    assert caught.value.code == "fetch_failed"
