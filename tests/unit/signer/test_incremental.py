"""What a revision touches, and hostile structures."""

import errno
import io
import os
import zlib
from pathlib import Path

import pikepdf
import pytest

from antin.core.errors import AntinError, InputError
from antin.pki.revocation import RevocationData
from antin.signer.incremental import append, open_for_update
from antin.signer.validation_store import add_validation_data
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import (
    field_taken_in,
    pdfsig,
    request_for,
    signatures,
    signed,
    small_pdf,
)


def with_information() -> bytes:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(small_pdf())) as pdf:
        pdf.docinfo["/Title"] = "Công văn"
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = "Công văn"
        pdf.save(target)
    return target.getvalue()


def test_a_revision_leaves_information_and_version_alone(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    key, pdf = trust_world.officer_a, with_information()
    assert b"xpacket" in pdf
    added = signed(pdf, tmp_path, key, request_for(key))[len(pdf) :]
    for untouched in (b"/ModDate", b"/Producer", b"xpacket", b"/Version", b"/Title"):
        assert untouched not in added


@pytest.mark.real("pdfsig")
def test_a_size_that_is_too_small_does_not_let_objects_be_replaced(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    key = trust_world.officer_a
    pdf = small_pdf(pages=3).replace(b"/Size 9", b"/Size 4")
    assert b"/Size 4" in pdf
    path = tmp_path / "out.pdf"
    path.write_bytes(signed(pdf, tmp_path, key, request_for(key)))
    with pikepdf.open(path) as again:
        assert len(again.pages) == 3
        assert all("/Contents" in page.obj for page in again.pages)
    assert pdfsig(path) == ["Signature is Valid."]


@pytest.mark.real("pdfsig")
def test_a_form_loop_is_walked_once(tmp_path: Path, trust_world: TrustWorld) -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(small_pdf())) as pdf:
        field = pdf.make_indirect(pikepdf.Dictionary(T="a", FT=pikepdf.Name.Sig))
        field.Kids = pikepdf.Array([field])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
        pdf.save(target)
    path = tmp_path / "out.pdf"
    key = trust_world.officer_a
    path.write_bytes(signed(target.getvalue(), tmp_path, key, request_for(key)))
    assert [field.name for field in signatures(path)] == ["Signature1"]


def test_a_bomb_ends_in_a_code() -> None:
    bomb = zlib.compress(b"\x00" * (150 << 20), 9)
    entries = b"/Type /XRef /W [1 2 1] /Index [0 99999999] /Size 99999999 /Root 1 0 R"
    head = b"%%PDF-1.5\n1 0 obj\n<< %s /Filter /FlateDecode /Length %d >>\nstream\n"
    body = head % (entries, len(bomb)) + bomb + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
    with pytest.raises(InputError) as caught:
        field_taken_in(body)
    assert caught.value.code == "pdf_too_complex"


def test_a_file_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antin.pdf.document.MAX_PDF_BYTES", 100)
    with pytest.raises(AntinError) as caught:
        field_taken_in(small_pdf())
    assert caught.value.code == "file_too_large"


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(AntinError) as caught, open_for_update(tmp_path / "none.pdf"):
        pass
    assert caught.value.code == "file_not_found"


def test_a_full_disk_has_a_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(small_pdf())

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with open_for_update(path) as update:
        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(AntinError) as caught:
            append(path, update)
    assert caught.value.code == "storage_full"


def test_validation_data_are_added_once(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(small_pdf())
    data = RevocationData(crls=(b"one",), ocsps=(b"two",), certificates=(b"three",))
    assert add_validation_data(path, data)
    size = path.stat().st_size
    assert not add_validation_data(path, data)
    assert path.stat().st_size == size
    assert add_validation_data(path, data + RevocationData(crls=(b"four",)))
    with pikepdf.open(path) as pdf:
        store = pdf.Root.DSS
        assert [one.read_bytes() for one in store.CRLs] == [b"one", b"four"]
        assert [len(store.OCSPs), len(store.Certs)] == [1, 1]
