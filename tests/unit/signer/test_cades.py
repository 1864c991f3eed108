"""Signatures beside files of any kind: levels, attributes, what others say of them."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import cms

from antin.core.bytesource import MemorySource
from antin.core.digests import CHUNK
from antin.core.errors import AntinError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pki.archive_stamps import ARCHIVE_TIMESTAMP
from antin.pki.cms_attributes import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNATURE_TIMESTAMP,
    SIGNING_TIME,
)
from antin.pki.cms_read import parse_signature
from antin.pki.trust import TrustMaterial
from antin.signer.cades import DetachedRequest, sign_detached
from antin.signer.request import Level
from antin.verifier.detached import verify_cms
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion, Report
from antin.verifier.signed_content import Content
from tests.archivestamps import archive_stamp_of
from tests.judges import openssl_cms, openssl_ts, write_anchor
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import NOW

CONTENT = "Phụ lục số liệu\r\n".encode() * 1000


def request_of(key: InsecureSoftwareKey, world: TrustWorld, level: Level) -> DetachedRequest:
    assert key.certificate is not None
    chain = world.chain("soft-officer-a")
    return DetachedRequest(key.certificate, key.algorithm, NOW, chain, level, "text/plain")


def made(world: TrustWorld, level: Level, key: InsecureSoftwareKey | None = None) -> bytes:
    key = key or world.officer_a
    services = world.timestamps(NOW), world.revocation(NOW)
    request = request_of(key, world, level)
    return sign_detached(MemorySource(CONTENT), key, request, *services, world.trust())


def judged(data: bytes, trust: TrustMaterial) -> Report:
    beside = Content("figures.txt", MemorySource(CONTENT))
    return verify_cms(MemorySource(data), beside, "figures.txt.p7s", trust, NOW, default_policy())


def anchors(world: TrustWorld) -> TrustMaterial:
    return TrustMaterial(world.trust().anchors)


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("label", ["soft-officer-a", "soft-officer-b"])
def test_each_level_is_what_the_verifier_calls_it(
    trust_world: TrustWorld, level: Level, label: str
) -> None:
    data = made(trust_world, level, trust_world.keys[label])
    lasting = level in {Level.B_LT, Level.B_LTA}
    trust = anchors(trust_world) if lasting else trust_world.trust(crls=True)
    report = judged(data, trust)
    (one,) = report.signatures
    assert (report.conclusion, one.level) == (Conclusion.PASSED, level)
    assert not one.warnings
    kinds = [stamp.kind for stamp in one.timestamps if stamp.proven]
    wanted = {Level.B_B: [], Level.B_LTA: ["signature", "archive"]}
    assert kinds == wanted.get(level, ["signature"])
    # With the content altered it is none of it.
    other = Content("figures.txt", MemorySource(CONTENT + b"!"))
    altered = verify_cms(MemorySource(data), other, "a", trust, NOW, default_policy())
    assert altered.conclusion is Conclusion.FAILED


@pytest.mark.real("openssl")
@pytest.mark.parametrize("level", list(Level))
def test_openssl_agrees(tmp_path: Path, trust_world: TrustWorld, level: Level) -> None:
    data, anchor = made(trust_world, level), write_anchor(tmp_path, trust_world.anchors[0])
    assert openssl_cms(tmp_path, data, CONTENT, anchor)
    assert not openssl_cms(tmp_path, data, CONTENT + b"!", anchor)
    one = parse_signature(data)
    assert len(one.timestamps) == (0 if level is Level.B_B else 1)
    for token in one.timestamps:
        assert openssl_ts(tmp_path, token, one.signature, anchor)
    if level is Level.B_LTA:
        token, stamped = archive_stamp_of(data, CONTENT)
        assert openssl_ts(tmp_path, token, stamped, anchor)
        assert not openssl_ts(tmp_path, token, stamped + b"!", anchor)


def names(attributes: cms.CMSAttributes) -> list[str]:
    return sorted(attribute["type"].dotted for attribute in attributes)


SIGNED = sorted(
    ("0.4.0.1733.2.1", CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, "1.2.840.113549.1.9.16.2.47")
)
"""mime-type, content-type, message-digest, signing-time, signing-certificate-v2"""


@pytest.mark.parametrize("level", list(Level))
def test_the_attributes_are_those_of_the_baseline(trust_world: TrustWorld, level: Level) -> None:
    """EN 319 122-1 §6.3, table 1, with requirements a, d, f, i, q, r."""
    content = cms.ContentInfo.load(made(trust_world, level), strict=True)["content"]
    (info,) = content["signer_infos"]
    assert content["encap_content_info"]["content"].native is None
    assert names(info["signed_attrs"]) == SIGNED
    stamps = [] if level is Level.B_B else [SIGNATURE_TIMESTAMP]
    archive = [ARCHIVE_TIMESTAMP] if level is Level.B_LTA else []
    assert names(info["unsigned_attrs"]) == archive + stamps
    lasting = level in {Level.B_LT, Level.B_LTA}
    held = [one.chosen.dump() for one in content["certificates"]]
    assert trust_world.officer_a.certificate in held
    assert (trust_world.anchors[0] in held) is lasting
    assert len(held) == len(set(held))
    listed = content["crls"]
    found = {one.name for one in listed} if lasting else set()
    assert found == ({"crl", "other"} if lasting else set())
    assert content["version"].native == ("v5" if lasting else "v1")


class Counting:
    """A content that is nowhere as a whole, and counts how it is read."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.read: list[int] = []

    def pread(self, offset: int, length: int) -> bytes:
        self.read.append(length)
        return bytes(min(length, self.size - offset))


@pytest.mark.parametrize("level", [Level.B_B, Level.B_LTA])
def test_the_content_is_read_once_in_pieces(trust_world: TrustWorld, level: Level) -> None:
    content = Counting(20 * CHUNK + 7)
    services = trust_world.timestamps(NOW), trust_world.revocation(NOW)
    key = trust_world.officer_a
    request = request_of(key, trust_world, level)
    data = sign_detached(content, key, request, *services, trust_world.trust())
    assert (max(content.read), sum(content.read)) == (CHUNK, content.size)
    digest = hashlib.sha256(bytes(content.size)).digest()
    assert parse_signature(data).message_digest == digest


def refusal(world: TrustWorld, key: InsecureSoftwareKey, level: Level, **changes: object) -> str:
    services = {"timestamps": world.timestamps(NOW), "revocation": world.revocation(NOW)}
    given = {"trust": world.trust(), **services, **changes}
    with pytest.raises(AntinError) as caught:
        sign_detached(
            MemorySource(CONTENT),
            key,
            request_of(key, world, level),
            given["timestamps"],  # type: ignore[arg-type]  # as the caller says
            given["revocation"],  # type: ignore[arg-type]  # as above
            given["trust"],  # type: ignore[arg-type]  # as above
        )
    return caught.value.code


def test_what_is_refused(trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    nowhere = {"timestamps": None}
    assert refusal(trust_world, key, Level.B_T, **nowhere) == "timestamp_not_configured"
    stranger = {"trust": TrustMaterial()}
    assert refusal(trust_world, key, Level.B_LT, **stranger) == "certificate_untrusted"
    revoked = trust_world.keys["revoked"]
    assert refusal(trust_world, revoked, Level.B_LTA) == "certificate_revoked"
    weak = trust_world.issue(kind="rsa1024")
    assert refusal(trust_world, weak, Level.B_B) == "algorithm_forbidden"
    with pytest.raises(AntinError) as caught:
        sign_detached(MemorySource(b""), key, request_of(key, trust_world, Level.B_B), None)
    assert caught.value.code == "empty_file"


def test_a_value_that_is_not_the_keys(trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    other = trust_world.agency_seal
    request = replace(request_of(key, trust_world, Level.B_B), certificate=other.certificate or b"")
    with pytest.raises(AntinError) as caught:
        sign_detached(MemorySource(CONTENT), key, request, None)
    assert caught.value.code == "signature_value_wrong"
