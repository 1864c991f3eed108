"""Prepare, sign elsewhere, complete: what comes out, and what is refused."""

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import cms

from antin.core.bytesource import MemorySource
from antin.core.errors import AntinError, UnavailableError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pki.algorithms import SignatureAlgorithm
from antin.pki.certificates import load_certificate
from antin.pki.cms_read import check_value as value_is_right
from antin.pki.cms_read import ess_matches, parse_signature
from antin.pki.fetching import TimestampService
from antin.signer.request import Level, SignatureRequest
from antin.signer.two_phase import check_value, complete, prepare
from tests.trustworld import InProcessTimestampService, TrustWorld
from tests.unit.signer.helpers import (
    code_of,
    pdfsig,
    prepared_file,
    qpdf_is_content,
    request_for,
    signatures,
    signed,
    small_pdf,
)

BASELINE = {"content_type", "message_digest", "signing_certificate_v2"}


@pytest.fixture(params=["p256", "p384", "rsa-pss", "rsa-v15"])
def key(request: pytest.FixtureRequest, trust_world: TrustWorld) -> InsecureSoftwareKey:
    kinds: dict[str, Callable[[], InsecureSoftwareKey]] = {
        "p256": lambda: trust_world.officer_a,
        "p384": lambda: trust_world.issue(kind="p384"),
        "rsa-pss": lambda: trust_world.officer_b.with_scheme("rsassa_pss"),
        "rsa-v15": lambda: trust_world.officer_b.with_scheme("rsassa_pkcs1v15"),
    }
    return kinds[str(request.param)]()


@pytest.mark.real("pdfsig")
@pytest.mark.real("qpdf")
@pytest.mark.parametrize("streams", ["tables", "streams"])
def test_outside_judges_agree(tmp_path: Path, key: InsecureSoftwareKey, streams: str) -> None:
    pdf = small_pdf(streams=streams == "streams")
    path, prepared = prepared_file(pdf, tmp_path, request_for(key))
    complete(path, prepared, key.sign(prepared.signed_attributes), None)
    assert path.read_bytes().startswith(pdf)
    assert pdfsig(path) == ["Signature is Valid."]
    assert qpdf_is_content(path)


def test_the_container_is_what_the_baseline_profile_says(
    tmp_path: Path, key: InsecureSoftwareKey
) -> None:
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key))
    done = complete(path, prepared, key.sign(prepared.signed_attributes), None)
    info = cms.ContentInfo.load(done.cms, strict=True)["content"]["signer_infos"][0]
    assert {attribute["type"].native for attribute in info["signed_attrs"]} == BASELINE
    parsed = parse_signature(done.cms)
    certificate = load_certificate(prepared.certificate)
    assert parsed.message_digest == prepared.document_digest
    assert ess_matches(parsed, certificate) is True
    assert value_is_right(parsed, certificate, prepared.document_digest)
    assert parsed.algorithm.scheme == key.algorithm.scheme
    assert parsed.algorithm.digest == key.algorithm.digest
    if key.algorithm.scheme == "rsassa_pss":
        assert (parsed.algorithm.mgf_digest, parsed.algorithm.salt_length) == ("sha256", 32)


def test_the_dictionary_names_profile_time_and_reason(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    request = request_for(trust_world.officer_a)
    path, _ = prepared_file(small_pdf(), tmp_path, request)
    (field,) = signatures(path)
    assert field.subfilter == "ETSI.CAdES.detached"
    assert field.claimed_time == request.signing_time
    assert field.name == "Signature1"


def test_chain_certificates_travel_along(tmp_path: Path, trust_world: TrustWorld) -> None:
    key, chain = trust_world.officer_a, trust_world.chain("soft-officer-a")
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key, chain=chain))
    done = complete(path, prepared, key.sign(prepared.signed_attributes), None)
    assert set(parse_signature(done.cms).certificates) == {prepared.certificate, *chain}


@pytest.mark.real("openssl")
def test_openssl_agrees(tmp_path: Path, key: InsecureSoftwareKey) -> None:
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key))
    done = complete(path, prepared, key.sign(prepared.signed_attributes), None)
    data, (_, start, end, length) = path.read_bytes(), prepared.byte_range
    (tmp_path / "content").write_bytes(data[:start] + data[end : end + length])
    (tmp_path / "cms").write_bytes(done.cms)
    command = "openssl cms -verify -binary -inform DER -in cms -content content -noverify -out out"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)


def test_a_second_signature_leaves_the_first_whole(tmp_path: Path, trust_world: TrustWorld) -> None:
    one, two = trust_world.officer_a, trust_world.officer_b
    first = signed(small_pdf(), tmp_path, one, request_for(one))
    second = signed(first, tmp_path, two, request_for(two))
    assert second.startswith(first)
    path = tmp_path / "both.pdf"
    path.write_bytes(second)
    assert [field.name for field in signatures(path)] == ["Signature1", "Signature2"]


def test_another_value_is_refused_and_nothing_is_written(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    key = trust_world.officer_a
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key))
    before = path.read_bytes()
    good = key.sign(prepared.signed_attributes)
    others = [
        b"",
        b"\x00",
        good[:-1] + bytes([good[-1] ^ 1]),
        key.sign(prepared.signed_attributes + b"x"),
        trust_world.agency_seal.sign(prepared.signed_attributes),
        trust_world.officer_b.sign(prepared.signed_attributes),
    ]
    for wrong in others:
        for attempt in (
            lambda value=wrong: check_value(prepared, value),
            lambda value=wrong: complete(path, prepared, value, None),
        ):
            with pytest.raises(AntinError) as caught:
                attempt()
            assert code_of(caught.value) == "signature_value_wrong"
    assert path.read_bytes() == before
    complete(path, prepared, good, None)


@pytest.mark.parametrize("where", ["first byte", "last byte", "appended", "container"])
def test_a_changed_file_is_not_completed(
    tmp_path: Path, trust_world: TrustWorld, where: str
) -> None:
    key = trust_world.officer_a
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key))
    data = bytearray(path.read_bytes())
    match where:
        case "first byte":
            data[9] ^= 1
        case "last byte":
            data[-2] ^= 1
        case "appended":
            data += b"\n"
        case _:
            data[prepared.byte_range[1] + 5] = ord("1")
    path.write_bytes(data)
    with pytest.raises(AntinError) as caught:
        complete(path, prepared, key.sign(prepared.signed_attributes), None)
    assert code_of(caught.value) == "prepared_document_wrong"
    assert path.read_bytes() == data


def test_a_file_is_completed_once(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key))
    complete(path, prepared, key.sign(prepared.signed_attributes), None)
    with pytest.raises(AntinError) as caught:
        complete(path, prepared, key.sign(prepared.signed_attributes), None)
    assert code_of(caught.value) == "prepared_document_wrong"


def test_changed_attributes_are_not_completed(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key))
    _, other = prepared_file(small_pdf(pages=2), tmp_path, request_for(key))
    mixed = replace(prepared, signed_attributes=other.signed_attributes)
    with pytest.raises(AntinError) as caught:
        complete(path, mixed, key.sign(mixed.signed_attributes), None)
    assert code_of(caught.value) == "prepared_document_wrong"


def test_a_time_stamp_is_over_the_signature_value(
    tmp_path: Path, trust_world: TrustWorld, key: InsecureSoftwareKey
) -> None:
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key, level=Level.B_T))
    service = trust_world.timestamps()
    done = complete(path, prepared, key.sign(prepared.signed_attributes), service)
    parsed = parse_signature(done.cms)
    assert parsed.timestamps == (done.timestamp,)
    assert done.timestamp_time is not None
    imprint = hashlib.new(key.algorithm.digest, parsed.signature).digest()
    assert imprint in service.queries[0]


class Lying(InProcessTimestampService):
    """Answers every query as if it had been another."""

    def request(self, query: bytes) -> bytes:
        from antin.pki.timestamps import new_query

        return super().request(new_query(b"\x07" * 32))


class Dead:
    def request(self, query: bytes) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="http://tsa.example", detail="gone")


class Babbling:
    def request(self, query: bytes) -> bytes:
        return b"<html>"


def test_no_time_stamp_is_used_unchecked(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key, level=Level.B_T))
    before = path.read_bytes()
    value = key.sign(prepared.signed_attributes)
    bad: dict[str, list[TimestampService]] = {
        "timestamp_wrong": [Lying(trust_world.pki), Babbling()],
        "timestamp_unavailable": [Dead()],
    }
    for code, services in bad.items():
        for service in services:
            with pytest.raises(AntinError) as caught:
                complete(path, prepared, value, service)
            assert code_of(caught.value) == code
    # Nothing was written: the same preparation can be completed when the service is back.
    assert path.read_bytes() == before
    complete(path, prepared, value, trust_world.timestamps())


def test_a_larger_time_stamp_says_how_much_room_it_needs(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    key, service = trust_world.officer_a, trust_world.timestamps()
    request = request_for(key, level=Level.B_T)
    path, prepared = prepared_file(small_pdf(), tmp_path, request, room=100)
    before = path.read_bytes()
    with pytest.raises(AntinError) as caught:
        complete(path, prepared, key.sign(prepared.signed_attributes), service)
    assert code_of(caught.value) == "container_too_small"
    assert path.read_bytes() == before
    needed = int(str(caught.value.values["needed"]))
    path, prepared = prepared_file(
        small_pdf(), tmp_path, request, room=needed - prepared.reserved + 120
    )
    complete(path, prepared, key.sign(prepared.signed_attributes), service)


def test_room_is_computed_not_guessed(tmp_path: Path, key: InsecureSoftwareKey) -> None:
    path, prepared = prepared_file(small_pdf(), tmp_path, request_for(key))
    done = complete(path, prepared, key.sign(prepared.signed_attributes), None)
    # An ECDSA value is a few bytes shorter than the longest one.
    assert 0 <= prepared.reserved - len(done.cms) <= 12


def refusal(request: SignatureRequest, folder: Path) -> str:
    with pytest.raises(AntinError) as caught:
        prepare(MemorySource(small_pdf()), folder / "x.pdf", request)
    return caught.value.code


@pytest.mark.requirement("CRY-1")
def test_weak_and_unfitting_keys_are_refused(tmp_path: Path, trust_world: TrustWorld) -> None:
    weak = request_for(trust_world.issue(kind="rsa1024"))
    assert refusal(weak, tmp_path) == "algorithm_forbidden"
    other = request_for(trust_world.officer_a)
    for algorithm in (SignatureAlgorithm("rsassa_pss"), SignatureAlgorithm("ed25519", "sha512")):
        assert refusal(replace(other, algorithm=algorithm), tmp_path) == "algorithm_forbidden"


def test_a_certificate_that_is_none_is_refused(tmp_path: Path, trust_world: TrustWorld) -> None:
    request = request_for(trust_world.officer_a)
    for wrong in (
        replace(request, certificate=b"0\x80"),
        replace(request, certificate=b""),
        replace(request, chain=(b"no certificate",)),
    ):
        assert refusal(wrong, tmp_path) == "certificate_malformed"
