"""What every closure certificate's layout promises (antin.flows.services.CertificateRenderer)."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pikepdf
import pytest
import time_machine

from antin.flows.services import CertificateRenderer, Closing
from antin.infra.closure_renderer import ClosureRenderer
from antin.records.agency import Agency
from antin.records.closure import ClosureFacts, DocumentFact, SignatureFact
from antin.records.document import Cause, Document, DocumentKind, Revision
from antin.records.record import Record
from tests.office import PlainCertificate

AT = datetime(2026, 11, 22, tzinfo=UTC)
MM_PER_POINT = 25.4 / 72


@pytest.fixture(params=["plain", "vi", "en"])
def renderer(request: pytest.FixtureRequest) -> CertificateRenderer:
    return PlainCertificate() if request.param == "plain" else ClosureRenderer(request.param)


def closing(documents: int) -> Closing:
    record = Record("r", "a", "01.VP", "Hồ sơ mẫu", "01", "Văn phòng", date(2026, 1, 2), AT)
    facts = ClosureFacts(record, tuple(map(document, range(1, documents + 1))))
    agency = Agency("a", "MAU", "UBND tỉnh Mẫu")
    return Closing(facts, agency, 1, AT, "Trần Thị B", "22" * 32, "ledger.example.vn", 7)


def document(ordinal: int) -> DocumentFact:
    kept = Document(f"d{ordinal}", "a", f"Công văn {ordinal}", DocumentKind.MAIN, "x.pdf", AT)
    revision = Revision(f"v{ordinal}", kept.id, 1, "00" * 32, 1, Cause.SIGNED, AT)
    signature = SignatureFact("S", "signature", "CN=Nguyễn Văn A", "B-LTA", "TOTAL-PASSED", AT)
    return DocumentFact(ordinal, kept, revision, "TOTAL-PASSED", (), "11" * 32, (signature,))


@pytest.mark.parametrize("documents", [0, 1, 60])
def test_it_is_a_pdf_that_opens(renderer: CertificateRenderer, documents: int) -> None:
    with pikepdf.open(io.BytesIO(renderer.render(closing(documents)))) as pdf:
        assert not pdf.check_pdf_syntax()
        assert len(pdf.pages) >= 1


def test_the_same_facts_give_the_same_bytes(renderer: CertificateRenderer) -> None:
    with time_machine.travel(AT):
        today = renderer.render(closing(3))
    with time_machine.travel(AT + timedelta(days=400)):
        assert renderer.render(closing(3)) == today


def test_another_closing_gives_another_page(renderer: CertificateRenderer) -> None:
    one = closing(1)
    other = replace(one, manifest_sha256="33" * 32)
    assert renderer.render(one) != renderer.render(other)


@pytest.mark.parametrize("documents", [0, 60])
def test_the_stamp_lies_on_the_first_page(renderer: CertificateRenderer, documents: int) -> None:
    left, top, width, height = renderer.stamp_area_mm
    with pikepdf.open(io.BytesIO(renderer.render(closing(documents)))) as pdf:
        x0, y0, x1, y1 = (float(side) * MM_PER_POINT for side in pdf.pages[0].mediabox)
    assert min(left, top) >= 0
    assert min(width, height) > 0
    assert left + width <= x1 - x0
    assert top + height <= y1 - y0
