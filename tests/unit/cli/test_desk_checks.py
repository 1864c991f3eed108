"""The desk signs only what it recomputed: every way in which an offer can lie is refused."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms, tsp
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import ExternalSigner, PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from antin.cli.desk_checks import Offer, check_offer
from antin.core.bytesource import FileSource, MemorySource
from antin.core.errors import RefusedError
from antin.pdf.document import open_pdf
from antin.pdf.restrictions import FieldLock, Restrictions
from antin.signer import two_phase
from antin.signer.permissions import NO_RULES, Rules
from antin.signer.request import Certification, SignatureRequest
from tests.trustworld import TrustWorld

LETTER = Path(__file__).parents[3] / "examples" / "letter.pdf"
REPORT = LETTER.with_name("report.pdf")


@dataclass(frozen=True)
class Prepared:
    """What an honest server sends."""

    offer: Offer
    shown: bytes
    prepared: bytes
    certificate: bytes


def _prepare(document: bytes, world: TrustWorld, folder: Path, rules: Rules = NO_RULES) -> Prepared:
    key = world.officer_a
    certificate = key.certificate or b""
    request = SignatureRequest(
        certificate,
        key.algorithm,
        datetime.now(UTC),
        certify=rules.certify,
        lock=rules.lock,
    )
    path = folder / "prepared.pdf"
    made = two_phase.prepare(MemorySource(document), path, request)
    offer = Offer(
        made.field_name, made.byte_range, "sha256", made.signed_attributes, Restrictions()
    )
    return Prepared(offer, document, path.read_bytes(), certificate)


@pytest.fixture
def honest(trust_world: TrustWorld, tmp_path: Path) -> Prepared:
    return _prepare(LETTER.read_bytes(), trust_world, tmp_path)


def _check(case: Prepared) -> None:
    check_offer(MemorySource(case.shown), MemorySource(case.prepared), case.offer, case.certificate)


def _refused(case: Prepared, why: str) -> None:
    with pytest.raises(RefusedError) as caught:
        _check(case)
    assert caught.value.code == "prepared_document_wrong"
    assert why in str(caught.value.values["detail"])


def test_an_honest_offer_is_signed(honest: Prepared) -> None:
    _check(honest)


def test_another_document_than_the_one_shown(honest: Prepared) -> None:
    _refused(replace(honest, shown=REPORT.read_bytes()), "does not begin with")


def test_a_changed_byte_in_what_was_added(honest: Prepared) -> None:
    data = honest.prepared.replace(b"/Type /Sig", b"/Type /Sog")
    if data == honest.prepared:
        data = honest.prepared.replace(b"/Type/Sig", b"/Type/Sog")
    assert data != honest.prepared
    _refused(replace(honest, prepared=data), "")


def test_a_digest_of_something_else(
    honest: Prepared, trust_world: TrustWorld, tmp_path: Path
) -> None:
    other = _prepare(REPORT.read_bytes(), trust_world, tmp_path)
    offer = replace(honest.offer, signed_attributes=other.offer.signed_attributes)
    _refused(replace(honest, offer=offer), "digest")


def test_another_certificate(honest: Prepared, trust_world: TrustWorld) -> None:
    certificate = trust_world.officer_b.certificate or b""
    _refused(replace(honest, certificate=certificate), "another certificate")


def test_a_byte_range_that_leaves_something_out(honest: Prepared) -> None:
    start, before, after, rest = honest.offer.byte_range
    offer = replace(honest.offer, byte_range=(start, before, after, rest - 1))
    _refused(replace(honest, offer=offer), "byte range")


def test_a_gap_wider_than_the_value_to_come(honest: Prepared) -> None:
    """What lies in the gap could be exchanged after the officer has signed."""
    _, before, after, rest = honest.offer.byte_range
    wider = (0, before - 9, after, rest)
    data = honest.prepared.replace(b"[0 %d " % before, b"[0 %d " % wider[1])
    assert data != honest.prepared
    assert len(data) == len(honest.prepared)
    attributes = cms.CMSAttributes.load(honest.offer.signed_attributes)
    (digest,) = (one for one in attributes if one["type"].native == "message_digest")
    covered = data[: wider[1]] + data[after:]
    digest["values"] = [hashlib.sha256(covered).digest()]
    signed = attributes.dump(force=True)
    offer = replace(honest.offer, byte_range=wider, signed_attributes=signed)
    _refused(replace(honest, prepared=data, offer=offer), "leaves something out")


def test_another_field(honest: Prepared) -> None:
    offer = replace(honest.offer, field="Other")
    _refused(replace(honest, offer=offer), "another name")


def test_an_opaque_hash_is_no_offer(honest: Prepared) -> None:
    offer = replace(honest.offer, signed_attributes=b"\x00" * 32)
    _refused(replace(honest, offer=offer), "attributes")


def test_an_attribute_too_many(honest: Prepared) -> None:
    attributes = cms.CMSAttributes.load(honest.offer.signed_attributes)
    extra = cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": _NOW})]})
    attributes.append(extra)
    offer = replace(honest.offer, signed_attributes=attributes.dump(force=True))
    _refused(replace(honest, offer=offer), "attributes")


_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _weak(naming: tsp.SigningCertificateV2, certificate: bytes) -> None:
    naming["certs"][0]["hash_algorithm"]["algorithm"] = "sha1"
    naming["certs"][0]["cert_hash"] = hashlib.sha1(certificate).digest()  # noqa: S324 — to be refused


def _another_too(naming: tsp.SigningCertificateV2, _: bytes) -> None:
    naming["certs"].append(tsp.ESSCertIDv2({"cert_hash": b"\x01" * 32}))


def _under_a_policy(naming: tsp.SigningCertificateV2, _: bytes) -> None:
    naming["policies"] = [{"policy_identifier": "1.2.3"}]


@pytest.mark.parametrize("change", [_weak, _another_too, _under_a_policy])
def test_more_or_less_than_the_name_of_the_certificate(
    honest: Prepared, change: Callable[[tsp.SigningCertificateV2, bytes], None]
) -> None:
    attributes = cms.CMSAttributes.load(honest.offer.signed_attributes)
    (naming,) = (
        one["values"][0] for one in attributes if one["type"].native == "signing_certificate_v2"
    )
    change(naming, honest.certificate)
    offer = replace(honest.offer, signed_attributes=attributes.dump(force=True))
    _refused(replace(honest, offer=offer), "another certificate")


def test_a_signature_that_is_there_already(
    honest: Prepared, trust_world: TrustWorld, tmp_path: Path
) -> None:
    """What is shown was signed in between: two revisions were added, or a filled field."""
    _, before, after, _ = honest.offer.byte_range
    filled = bytearray(honest.prepared)
    filled[before + 1 : before + 5] = b"3003"
    _refused(replace(honest, prepared=bytes(filled)), "")
    assert after > before


def test_a_truncated_file(honest: Prepared) -> None:
    _refused(replace(honest, prepared=honest.prepared[:-50]), "")


def test_a_page_that_is_changed_along_with_the_signature(honest: Prepared) -> None:
    """The overlay attack: what the officer signs is not what the officer saw."""
    writer = IncrementalPdfFileWriter(BytesIO(honest.shown))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = NumberObject(90)
    writer.update_container(page)
    signer = ExternalSigner(None, SimpleCertificateStore(), signature_value=64)  # type: ignore[no-untyped-call]  # pyHanko's
    pdf_signer = PdfSigner(PdfSignatureMetadata(field_name="Sig1", md_algorithm="sha256"), signer)
    made = pdf_signer.async_digest_doc_for_signing(writer, bytes_reserved=8192)
    _, _, output = asyncio.run(made)
    output.seek(0)
    prepared = output.read()
    (field,) = open_pdf(MemorySource(prepared)).signatures
    offer = replace(honest.offer, field="Sig1", byte_range=field.byte_range)
    _refused(replace(honest, prepared=prepared, offer=offer), "changes more")


def test_files_are_read_where_they_lie(honest: Prepared, tmp_path: Path) -> None:
    path = tmp_path / "again.pdf"
    path.write_bytes(honest.prepared)
    with FileSource(LETTER) as shown, FileSource(path) as prepared:
        check_offer(shown, prepared, honest.offer, honest.certificate)


LOCK = FieldLock("Include", frozenset({"name"}))


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (Rules(Certification.NO_CHANGES), Restrictions(1)),
        (Rules(Certification.ANNOTATIONS), Restrictions(3)),
        (Rules(lock=LOCK), Restrictions(None, (LOCK,))),
        (Rules(Certification.FORM_FILLING, LOCK), Restrictions(2, (LOCK,))),
    ],
)
def test_what_becomes_final_is_what_was_told(
    trust_world: TrustWorld, tmp_path: Path, rules: Rules, told: Restrictions
) -> None:
    case = _prepare(LETTER.read_bytes(), trust_world, tmp_path, rules)
    _check(replace(case, offer=replace(case.offer, restrictions=told)))
    for other in (
        Restrictions(),
        Restrictions(2),
        Restrictions(None, (FieldLock("All", LOCK.fields),)),
    ):
        lying = replace(case, offer=replace(case.offer, restrictions=other))
        _refused(lying, "makes other things final")


def test_nothing_becomes_final_where_that_was_told(honest: Prepared) -> None:
    told = replace(honest.offer, restrictions=Restrictions(1))
    _refused(replace(honest, offer=told), "makes other things final")


@pytest.mark.parametrize("instead", [b"/DocMDP 1 0 R", b"/DocMDX %d 0 R", b"/UR3 %d 0 R"])
def test_the_catalog_names_the_certification_and_nothing_else(
    trust_world: TrustWorld, tmp_path: Path, instead: bytes
) -> None:
    rules = Rules(Certification.FORM_FILLING)
    case = _prepare(LETTER.read_bytes(), trust_world, tmp_path, rules)
    (field,) = open_pdf(MemorySource(case.prepared)).signatures
    number = field.object_number or 0
    named = b"/DocMDP %d 0 R" % number
    assert case.prepared.count(named) == 1
    swapped = (instead % number if b"%d" in instead else instead).ljust(len(named))
    told = replace(case.offer, restrictions=Restrictions(2))
    _check(replace(case, offer=told))
    lying = replace(case, offer=told, prepared=case.prepared.replace(named, swapped))
    _refused(lying, "changes more than adding a signature")
