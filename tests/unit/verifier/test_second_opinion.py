"""Ten files, and what pdfsig and OpenSSL say of them; docs/verifier.md explains where they differ.

Both look at less: pdfsig (here without certificates) at digest and value, OpenSSL at these and the
path at one moment. Neither asks about revocation, proven times or what came after the signature.
"""

import hashlib
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from antin.core.bytesource import MemorySource
from antin.pdf.document import open_pdf
from antin.pki.trust import TrustMaterial
from antin.verifier.extract import extract, signed_bytes
from antin.verifier.report import SignatureReport
from tests.signedpdf import add_page, add_store, blank_pdf, check, replace_cms, sign, stamp
from tests.smallpki import DAY, NOW, CmsShape, Holder, make_cms, signed_digest
from tests.unit.verifier.conftest import Office

PAGE = Path(__file__).parents[3] / "docs" / "verifier.md"
YES, NO, NOTHING = "yes", "no", "–"
Made = tuple[bytes, TrustMaterial]
FILES: dict[str, Callable[[Office], Made]] = {}


def file(name: str) -> Callable[[Callable[[Office], Made]], Callable[[Office], Made]]:
    def register(make: Callable[[Office], Made]) -> Callable[[Office], Made]:
        FILES[name] = make
        return make

    return register


@file("a plain signature")
def plain(office: Office) -> Made:
    return sign(blank_pdf(), office.officer), office.trust()


@file("RSA-PSS with SHA-512")
def pss(office: Office) -> Made:
    officer = office.ca.issue("Trần Thị B", kind="rsa2048")
    return sign(blank_pdf(), officer, pss=True, digest="sha512"), office.trust()


@file("with a time-stamp")
def stamped(office: Office) -> Made:
    return sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - DAY)), office.trust()


@file("archived with a document time-stamp")
def archived(office: Office) -> Made:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 2 * DAY))
    data = add_store(data, [office.ca.der], office.crls(NOW - 2 * DAY))
    return stamp(data, office.stamper(NOW - DAY)), office.trust()


@file("a byte of the page altered")
def altered(office: Office) -> Made:
    data = sign(blank_pdf(), office.officer)
    return data.replace(b"Specimen letter", b"Specimen Letter"), office.trust()


@file("the value of another key")
def forged(office: Office) -> Made:
    key = office.root.issue("Forger").key
    forger = Holder(key, office.officer.certificate, office.officer.chain)
    data = sign(blank_pdf(), office.officer)
    return replace_cms(data, lambda der: make_cms(forger, signed_digest(der))), office.trust()


@file("a page added afterwards")
def added(office: Office) -> Made:
    return add_page(sign(blank_pdf(), office.officer)), office.trust()


@file("the certificate revoked")
def revoked(office: Office) -> Made:
    trust = office.trust(officer=(NOW - 3 * DAY, "keyCompromise"))
    return sign(blank_pdf(), office.officer), trust


@file("the certificate expired after the time-stamp")
def expired(office: Office) -> Made:
    officer = office.ca.issue("Trần Thị B", not_after=NOW - DAY)
    data = sign(blank_pdf(), officer, stamped=office.stamper(NOW - 2 * DAY))
    return data, office.trust(NOW - 2 * DAY)


@file("a time-stamp copied from elsewhere")
def copied(office: Office) -> Made:
    elsewhere = hashlib.sha256(b"another signature value").digest()
    stamper = office.stamper(NOW - DAY, digest=elsewhere)
    return sign(blank_pdf(), office.officer, stamped=stamper), office.trust()


@file("SHA-1, signed lately")
def sha1(office: Office) -> Made:
    officer = office.ca.issue("Trần Thị B", kind="rsa2048")
    return sign(blank_pdf(), officer, digest="sha1"), office.trust()


@file("a certificate exchanged for another of the same key")
def exchanged(office: Office) -> Made:
    other = office.ca.issue("Trần Thị B", key=office.officer.key)

    def swap(der: bytes) -> bytes:
        return make_cms(other, signed_digest(der), CmsShape(ess=office.officer.der))

    return replace_cms(sign(blank_pdf(), office.officer), swap), office.trust()


def told_here(one: SignatureReport) -> str:
    return f"{one.indication} {one.sub_indication or ''}".strip()


def pdfsig(path: Path, folder: Path) -> str:
    """Return yes or no as to the first signature; certificates of this machine play no part."""
    ran = subprocess.run(
        ["pdfsig", "-nocert", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )
    told = re.search(r"Signature Validation: (.+)", ran.stdout)
    assert told is not None, ran.stdout + ran.stderr
    return YES if told[1] == "Signature is Valid." else NO


def openssl(*arguments: str) -> str:
    moment = str(int(NOW.timestamp()))
    command = ["openssl", *arguments, "-attime", moment]
    return YES if subprocess.run(command, capture_output=True, check=False).returncode == 0 else NO


def openssl_cms(folder: Path, cms: bytes, content: bytes, anchor: str) -> str:
    (folder / "signature").write_bytes(cms)
    (folder / "content").write_bytes(content)
    return openssl(
        *("cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-CAfile", anchor),
        *("-in", str(folder / "signature"), "-content", str(folder / "content")),
        *("-out", str(folder / "out")),
    )


def openssl_ts(folder: Path, token: bytes | None, data: bytes, anchor: str) -> str:
    if token is None:
        return NOTHING
    (folder / "token").write_bytes(token)
    (folder / "data").write_bytes(data)
    return openssl(
        *("ts", "-verify", "-token_in", "-in", str(folder / "token"), "-CAfile", anchor),
        *("-data", str(folder / "data")),
    )


def table() -> dict[str, tuple[str, ...]]:
    section = PAGE.read_text().split("## A second opinion", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (.+) \|$", section, re.MULTILINE)[1:]
    cells = (tuple(cell.strip(" `") for cell in row.split(" | ")) for row in rows)
    return {name: rest for name, *rest in cells}  # type: ignore[misc]  # a list, told apart below


def test_the_page_lists_these_files() -> None:
    assert list(table()) == list(FILES)
    assert len(FILES) >= 10


@pytest.mark.real("openssl")
@pytest.mark.real("pdfsig")
@pytest.mark.parametrize("name", FILES)
def test_three_verdicts(office: Office, tmp_path: Path, name: str) -> None:
    data, trust = FILES[name](office)
    (path := tmp_path / "a.pdf").write_bytes(data)
    anchor = tmp_path / "root.pem"
    root = load_der_x509_certificate(office.root.der)
    anchor.write_bytes(root.public_bytes(Encoding.PEM))
    document = open_pdf(MemorySource(data))
    parts = extract(document, "Sig1")
    content = b"".join(signed_bytes(document, parts))
    found = (
        told_here(check(data, trust).signatures[0]),
        pdfsig(path, tmp_path),
        openssl_cms(tmp_path, parts.cms, content, str(anchor)),
        openssl_ts(tmp_path, parts.timestamp_token, parts.signature_value, str(anchor)),
    )
    *listed, why = table()[name]
    assert found == tuple(listed)
    # Where somebody sees it otherwise, the page says why; elsewhere there is nothing to explain.
    passed = YES if found[0] == "TOTAL-PASSED" else NO
    assert (why != NOTHING) is any(other not in {passed, NOTHING} for other in found[1:])


@pytest.mark.real("openssl")
def test_the_document_time_stamp_of_the_archived_file(office: Office, tmp_path: Path) -> None:
    data, trust = archived(office)
    anchor = tmp_path / "root.pem"
    root = load_der_x509_certificate(office.root.der)
    anchor.write_bytes(root.public_bytes(Encoding.PEM))
    for changed, expected in ((data, YES), (data.replace(b"letter", b"Letter"), NO)):
        document = open_pdf(MemorySource(changed))
        parts = extract(document, document.signatures[1].name)
        content = b"".join(signed_bytes(document, parts))
        assert openssl_ts(tmp_path, parts.cms, content, str(anchor)) == expected
        passed = check(changed, trust).signatures[1].sub_indication is None
        assert passed is (expected == YES)
