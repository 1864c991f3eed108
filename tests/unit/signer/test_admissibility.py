"""What may be signed, and by whom."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec
from pyhanko.sign.fields import append_signature_field as add_field
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

from antin.core.errors import AntinError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustMaterial
from antin.signer.admissibility import check_certificate, judge_certificate
from antin.signer.request import Level
from tests.trustworld import BAD_CERTIFICATES, TrustWorld
from tests.unit.signer.helpers import NOW, field_taken_in, small_pdf


def refusal(data: bytes, field: str | None = None) -> str:
    with pytest.raises(AntinError) as caught:
        field_taken_in(data, field)
    return caught.value.code


def encrypted(password: str) -> bytes:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(small_pdf())) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(owner="o", user=password))
    return target.getvalue()


def pyhanko_signed(
    data: bytes, signer: SimpleSigner, metadata: PdfSignatureMetadata, field: SigFieldSpec
) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    made = PdfSigner(metadata, signer, new_field_spec=field).sign_pdf(writer)
    result: bytes = made.getvalue()
    return result


@pytest.fixture(scope="session")
def other_signer(tmp_path_factory: pytest.TempPathFactory) -> SimpleSigner:
    """Another program's signer with a key of its own."""
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Trần Thị B")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(NOW - dt.timedelta(1)).not_valid_after(NOW + dt.timedelta(9))
    folder = tmp_path_factory.mktemp("other-signer")
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "cert").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    untyped: Any = SimpleSigner
    made: SimpleSigner = untyped.load(str(folder / "key"), str(folder / "cert"))
    return made


def test_a_plain_file_is_admitted_and_a_field_is_named() -> None:
    assert field_taken_in(small_pdf()) == "Signature1"
    assert field_taken_in(small_pdf(), "Chữ ký") == "Chữ ký"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"hello", "not_a_pdf"),
        (small_pdf()[:-40], "pdf_truncated"),
        (small_pdf()[:300], "pdf_truncated"),
        (small_pdf() + b"tail", "pdf_truncated"),
        (small_pdf().replace(b"startxref\n", b"startxref\n9"), "pdf_malformed"),
        (small_pdf().replace(b"/Kids", b"/Kidz"), "pdf_malformed"),
        (b"junk\n" + small_pdf(), "pdf_malformed"),
        (encrypted("secret"), "pdf_encrypted"),
    ],
)
def test_what_is_no_whole_open_pdf_is_refused(data: bytes, code: str) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "x" * 300])
def test_field_names_that_are_none(name: str) -> None:
    assert refusal(small_pdf(), name) == "field_invalid"


def test_a_signed_field_is_taken_and_a_free_one_is_not(other_signer: SimpleSigner) -> None:
    field = SigFieldSpec("Ký")
    data = pyhanko_signed(small_pdf(), other_signer, PdfSignatureMetadata("Ký"), field)
    assert refusal(data, "Ký") == "field_taken"
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(small_pdf()))
    add_field(writer, SigFieldSpec("Trống"))
    empty = io.BytesIO()
    writer.write(empty)
    assert field_taken_in(empty.getvalue(), "Trống") == "Trống"


@pytest.mark.parametrize("permission", list(MDPPerm))
def test_a_certified_file_is_admitted_as_it_says(
    other_signer: SimpleSigner, permission: MDPPerm
) -> None:
    metadata = PdfSignatureMetadata("C", certify=True, docmdp_permissions=permission)
    data = pyhanko_signed(small_pdf(), other_signer, metadata, SigFieldSpec("C"))
    if permission is MDPPerm.NO_CHANGES:
        assert refusal(data) == "signing_forbidden"
    else:
        assert field_taken_in(data) == "Signature1"


def test_a_locked_field_is_left_alone(other_signer: SimpleSigner) -> None:
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, ["Khóa"])
    field = SigFieldSpec("C", field_mdp_spec=lock)
    data = pyhanko_signed(small_pdf(), other_signer, PdfSignatureMetadata("C"), field)
    assert refusal(data, "Khóa") == "field_locked"
    assert field_taken_in(data, "Khác") == "Khác"


def judged(world: TrustWorld, key: InsecureSoftwareKey, level: Level = Level.B_T) -> str | None:
    assert key.certificate is not None
    try:
        check_certificate(key.certificate, (), world.trust(), world.revocation(NOW), NOW, level)
    except AntinError as error:
        return error.code
    return None


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize(
    ("which", "code"),
    [
        ("soft-officer-a", None),
        ("soft-officer-b", None),
        ("soft-seal", None),
        *BAD_CERTIFICATES,
    ],
)
def test_certificates_at_every_level(
    trust_world: TrustWorld, which: str, code: str | None, level: Level
) -> None:
    assert judged(trust_world, trust_world.keys[which], level) == code


def test_a_suspended_certificate_does_not_sign(trust_world: TrustWorld) -> None:
    key = trust_world.issue(
        revoked_at=NOW - timedelta(days=1), revocation_reason="certificate_hold"
    )
    assert judged(trust_world, key) == "certificate_revoked"


def test_an_unknown_authority_is_not_trusted(trust_world: TrustWorld) -> None:
    certificate = trust_world.certificate("soft-officer-a")
    with pytest.raises(AntinError) as caught:
        check_certificate(
            certificate, (), TrustMaterial(), trust_world.revocation(NOW), NOW, Level.B_B
        )
    assert caught.value.code == "certificate_untrusted"


def offline(world: TrustWorld, level: Level) -> Callable[[], tuple[object, ...]]:
    certificate = world.certificate("soft-officer-a")
    return lambda: check_certificate(certificate, (), world.trust(), None, NOW, level)


@pytest.mark.parametrize("level", [Level.B_T, Level.B_LT, Level.B_LTA])
def test_unknown_revocation_blocks_from_b_t_up(trust_world: TrustWorld, level: Level) -> None:
    with pytest.raises(AntinError) as caught:
        offline(trust_world, level)()
    assert caught.value.code == "revocation_unknown"


@pytest.mark.requirement("CRY-3")
def test_unknown_revocation_warns_at_b_b(trust_world: TrustWorld) -> None:
    certificate = trust_world.certificate("soft-officer-a")
    (warning,) = check_certificate(certificate, (), trust_world.trust(), None, NOW, Level.B_B)
    assert warning.code == "revocation_undetermined"
    assert (
        check_certificate(certificate, (), trust_world.trust(crls=True), None, NOW, Level.B_B) == ()
    )


def test_judging_fetches_nothing(trust_world: TrustWorld) -> None:
    trust = trust_world.trust(crls=True)
    certificate = trust_world.certificate("revoked")
    with pytest.raises(AntinError) as caught:
        judge_certificate(certificate, (), trust, NOW, Level.B_T)
    assert caught.value.code == "certificate_revoked"
    assert trust.revocation != RevocationData()
