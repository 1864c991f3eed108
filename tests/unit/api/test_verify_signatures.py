"""``POST /v1/verify`` on a signature apart from what it signs, or from its digest alone."""

import hashlib
from typing import Any

import pytest

from antin.core.digests import digest_of
from tests.smallpki import NOW, CmsShape, make_cms, make_root
from tests.unit.api.conftest import Office

CONTENT = "Một văn bản mẫu.".encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def signature() -> bytes:
    officer = make_root().issue("Nguyễn Văn A")
    return make_cms(officer, digest_of(CONTENT, "sha256"), CmsShape(signing_time=NOW))


def ask(office: Office, files: dict[str, Any], **fields: str) -> Any:
    known = {"Authorization": f"Bearer {office.admin_key}"}
    listed = {name: (f"{name}.bin", data) for name, data in files.items()}
    return office.http.post("/v1/verify", files=listed, data=fields, headers=known)


@pytest.mark.parametrize("altered", [False, True])
def test_a_signature_and_its_file(office: Office, signature: bytes, *, altered: bool) -> None:
    content = CONTENT + b"!" if altered else CONTENT
    answer = ask(office, {"file": content, "signature": signature})
    assert answer.status_code == 200
    report = answer.json()
    (one,) = report["signatures"]
    assert (report["container"], report["file"]) == ("cms", "signature.bin")
    assert (report["content"]["file"], report["content"]["size"]) == ("file.bin", len(content))
    assert (one["digest_ok"], one["signature_ok"]) == (not altered, True)
    wanted = "HASH_FAILURE" if altered else "NO_CERTIFICATE_CHAIN_FOUND"
    assert one["sub_indication"] == wanted


@pytest.mark.parametrize("right", [True, False])
def test_a_signature_and_a_digest(office: Office, signature: bytes, *, right: bool) -> None:
    digest = SHA256 if right else hashlib.sha256(b"else").hexdigest()
    report = ask(office, {"signature": signature}, digest=f"sha256:{digest}").json()
    (one,) = report["signatures"]
    assert one["digest_ok"] is right
    assert report["content"] == {"file": None, "sha256": digest, "size": None, "inside": False}


def test_a_signature_alone(office: Office, signature: bytes) -> None:
    for part in ("signature", "file"):
        report = ask(office, {part: signature}).json()
        (one,) = report["signatures"]
        assert (one["digest_ok"], report["content"]) == (None, None)
        assert report["conclusion"] == "INDETERMINATE"


def test_a_file_that_is_no_signature(office: Office) -> None:
    report = ask(office, {"file": CONTENT, "signature": b"x"}).json()
    assert (report["conclusion"], report["error"]["code"]) == ("UNREADABLE", "cms_malformed")


@pytest.mark.parametrize(
    "digest",
    ["", "sha256", f"sha256:{SHA256[2:]}", f"md5:{SHA256[:32]}", f"sha256:{'x' * 64}", SHA256],
)
def test_what_is_no_digest_is_refused(office: Office, signature: bytes, digest: str) -> None:
    answer = ask(office, {"signature": signature}, digest=digest)
    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")


def test_combinations_that_make_no_sense(office: Office, signature: bytes) -> None:
    digest = f"sha256:{SHA256}"
    for answer in (
        ask(office, {"file": CONTENT}, digest=digest),
        ask(office, {"file": CONTENT, "signature": signature}, digest=digest),
        ask(office, {}, at="2026-01-01T00:00:00Z"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")


def test_two_signatures_or_two_files(office: Office, signature: bytes) -> None:
    known = {"Authorization": f"Bearer {office.admin_key}"}
    for name in ("file", "signature"):
        files = [(name, ("a", signature)), (name, ("b", signature))]
        answer = office.http.post("/v1/verify", files=files, headers=known)
        assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")


def test_a_document_has_no_signature_beside_it(office: Office, signature: bytes) -> None:
    """Where only one file belongs, a part by that name is a file like any other."""
    files = {"file": ("a.pdf", CONTENT), "signature": ("b", signature)}
    answer = office.post("/v1/documents", files=files, data={"title": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")
