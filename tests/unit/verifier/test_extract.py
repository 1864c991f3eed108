"""What is taken out of a file, other programs can check."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from antin.core.errors import InputError, NotFoundError
from antin.verifier.extract import extract, revision_bytes, signed_bytes
from tests.pdfs import letter, opened, signed, signer_certificate, timestamped, timestamper


def openssl(*arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def pem(path: Path, der: bytes) -> str:
    path.write_bytes(load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return str(path)


@pytest.mark.real("openssl")
@pytest.mark.parametrize(("flipped", "verdict"), [(False, "successful"), (True, "failure")])
def test_openssl_agrees_on_the_signature(tmp_path: Path, *, flipped: bool, verdict: str) -> None:
    data = bytearray(signed(letter()))
    data[40] ^= flipped
    document = opened(bytes(data))
    parts = extract(document, "Sig1")
    (tmp_path / "sig.p7s").write_bytes(parts.cms)
    (tmp_path / "signed.bin").write_bytes(b"".join(signed_bytes(document, parts)))
    anchor = pem(tmp_path / "ca.pem", signer_certificate())
    told = openssl(
        *("cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-CAfile", anchor),
        *("-in", str(tmp_path / "sig.p7s"), "-content", str(tmp_path / "signed.bin")),
        *("-out", str(tmp_path / "out"), "-attime", "1780300800"),
    )
    assert verdict in told


@pytest.mark.real("openssl")
def test_openssl_agrees_on_the_timestamp(tmp_path: Path) -> None:
    parts = extract(opened(signed(letter(), timestamp=True)), "Sig1")
    assert parts.timestamp_token is not None
    (tmp_path / "token").write_bytes(parts.timestamp_token)
    (tmp_path / "value").write_bytes(parts.signature_value)
    anchor = pem(tmp_path / "tsa.pem", timestamper().tsa_cert.dump())
    told = openssl(
        *("ts", "-verify", "-token_in", "-in", str(tmp_path / "token"), "-CAfile", anchor),
        *("-data", str(tmp_path / "value"), "-attime", "1780300800"),
    )
    assert "Verification: OK" in told


def test_padding_is_left_behind() -> None:
    document = opened(signed(letter()))
    parts = extract(document, "Sig1")
    assert parts.timestamp_token is None
    assert document.signatures[0].contents.startswith(parts.cms)
    assert not document.signatures[0].contents[len(parts.cms) :].strip(b"\0")


def test_revision_is_the_file_as_it_was_signed() -> None:
    first = signed(letter())
    document = opened(signed(first, "Sig2"))
    assert b"".join(revision_bytes(document, extract(document, "Sig1"))) == first


def test_document_timestamp_comes_apart_too() -> None:
    document = opened(timestamped(signed(letter())))
    assert extract(document, document.signatures[1].name).cms.startswith(b"\x30")


def test_no_such_field() -> None:
    with pytest.raises(NotFoundError) as caught:
        extract(opened(letter()), "Sig1")
    assert caught.value.code == "signature_not_found"


def test_field_without_a_signature_in_it() -> None:
    data = signed(letter())
    start, end = opened(data).signatures[0].contents_span or (0, 0)
    with pytest.raises(InputError) as caught:
        extract(opened(data[: start + 1] + b"0" * (end - start - 2) + data[end - 1 :]), "Sig1")
    assert caught.value.code == "cms_malformed"
