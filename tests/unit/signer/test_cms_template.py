"""CMS from templates: canonical DER, read back the same by us, asn1crypto and OpenSSL."""

import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import cms, core
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.pki import der_write
from antin.pki.algorithms import Digest, Scheme, SignatureAlgorithm
from antin.pki.ber import to_der
from antin.pki.cms_read import check_value, ess_matches, find_signer, parse_signature
from antin.signer.algorithms import DIGEST_OIDS
from antin.signer.cms_write import signed_attributes, signed_data
from tests.smallpki import NOW, Holder, make_root, make_token, make_tsa, sign_value

ROOT = make_root()
TSA = make_tsa(ROOT)
DIGESTS: list[Digest] = ["sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"]
SCHEMES: dict[str, Scheme] = {"p256": "ecdsa", "p384": "ecdsa", "rsa2048": "rsassa_pkcs1v15"}
HOLDERS = {
    kind: ROOT.issue("Specimen CA", ca=True).issue("Nguyễn Văn A", kind=kind) for kind in SCHEMES
}


def made(
    holder: Holder, algorithm: SignatureAlgorithm, content: bytes, when: datetime | None, token: int
) -> bytes:
    digest = hashlib.new(algorithm.digest, content).digest()
    attributes = signed_attributes(digest, holder.der, algorithm, signing_time=when)
    pss = algorithm.scheme == "rsassa_pss"
    value = sign_value(holder.key, attributes, algorithm.digest, pss=pss)
    stamp = make_token(TSA, hashlib.sha256(value).digest(), NOW) if token else None
    return signed_data(
        attributes,
        value,
        certificate=holder.der,
        chain=holder.chain[: token + 1],
        algorithm=algorithm,
        timestamp=stamp,
    )


@given(
    st.sampled_from(sorted(SCHEMES)),
    st.sampled_from(DIGESTS),
    st.binary(max_size=50),
    st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 — Hypothesis wants naive bounds
    st.integers(0, 1),
    st.sampled_from(["rsassa_pss", "rsassa_pkcs1v15"]),
)
@settings(max_examples=20, deadline=None)
def test_what_is_made_is_canonical_and_read_back(
    kind: str, digest: Digest, content: bytes, when: datetime | None, token: int, rsa: Scheme
) -> None:
    scheme: Scheme = rsa if kind.startswith("rsa") else SCHEMES[kind]
    algorithm, holder = SignatureAlgorithm(scheme, digest), HOLDERS[kind]
    der = made(holder, algorithm, content, when, token)
    # 1. It is DER already: nothing is left to be made canonical.
    assert to_der(der, "cms_malformed") == (der, len(der))
    if not token:  # asn1crypto takes a minute to write a token inside a signature anew
        assert cms.ContentInfo.load(der, strict=True).dump(force=True) == der
    # 2. Our strict reader finds nothing to put up with, and what was put in.
    parsed = parse_signature(der)
    assert parsed.deviations == ()
    assert (parsed.digest, parsed.algorithm.scheme) == (digest, scheme)
    assert parsed.claimed_time == (None if when is None else when.replace(microsecond=0))
    assert len(parsed.timestamps) == token
    # 3. It is a signature of this certificate over this content.
    certificate = find_signer(parsed)
    assert certificate is not None
    assert certificate.der == holder.der
    assert ess_matches(parsed, certificate) is True
    content_digest = hashlib.new(digest, content).digest()
    assert parsed.message_digest == content_digest
    assert check_value(parsed, certificate, content_digest)


@pytest.mark.real("openssl")
@pytest.mark.parametrize("kind", sorted(SCHEMES))
def test_openssl_verifies_and_writes_the_same_bytes(tmp_path: Path, kind: str) -> None:
    algorithm = SignatureAlgorithm(SCHEMES[kind], "sha256")
    der = made(HOLDERS[kind], algorithm, b"a letter", NOW, 1)
    (tmp_path / "cms").write_bytes(der)
    (tmp_path / "content").write_bytes(b"a letter")
    check = "openssl cms -verify -binary -inform DER -in cms -content content -noverify -out out"
    again = "openssl cms -cmsout -inform DER -outform DER -in cms -out again"
    for command in (check, again):
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "again").read_bytes() == der


@given(st.integers(-(1 << 200), 1 << 200))
@settings(max_examples=100)
def test_integers(value: int) -> None:
    assert der_write.integer(value) == core.Integer(value).dump()


@pytest.mark.parametrize(
    "dotted", [*DIGEST_OIDS.values(), "0.4.0.127.0.7.1.1.4.1.3", "1.3.101.112"]
)
def test_identifiers(dotted: str) -> None:
    assert der_write.oid(dotted) == core.ObjectIdentifier(dotted).dump()
