"""The closing flow's facts as the certificate's: names people know, words instead of codes."""

from datetime import UTC, date, datetime

import pytest

from antin.flows.services import Closing
from antin.infra import closure_renderer
from antin.infra.closure_certificate import CertificateFacts, Language
from antin.records.agency import Agency
from antin.records.closure import ClosureFacts, DocumentFact, SignatureFact
from antin.records.document import Cause, Document, DocumentKind, Revision
from antin.records.record import Record

_AT = datetime(2026, 11, 22, tzinfo=UTC)


def closing(retention: str, signer: str) -> Closing:
    record = Record("r", "a", "01.VP", "Hồ sơ", retention, "Văn phòng", date(2026, 1, 2), _AT)
    document = Document("d", "a", "Công văn", DocumentKind.MAIN, "x.pdf", _AT)
    revision = Revision("v", "d", 1, "00" * 32, 1, Cause.SIGNED, _AT)
    signature = SignatureFact("S1", "signature", signer, "B-LTA", "TOTAL-PASSED", _AT)
    stamp = SignatureFact("T1", "document-timestamp", "CN=TSA", "B-B", "TOTAL-PASSED", _AT)
    fact = DocumentFact(1, document, revision, "TOTAL-PASSED", (), "11" * 32, (signature, stamp))
    agency = Agency("a", "MAU", "UBND Mẫu")
    return Closing(ClosureFacts(record, (fact,)), agency, 1, _AT, "D", "22" * 32, "log", 7)


def facts_of(
    monkeypatch: pytest.MonkeyPatch, told: Closing, language: Language
) -> CertificateFacts:
    seen: list[CertificateFacts] = []

    def catch(facts: CertificateFacts, _language: Language) -> bytes:
        seen.append(facts)
        return b""

    monkeypatch.setattr(closure_renderer, "render_certificate", catch)
    closure_renderer.ClosureRenderer(language).render(told)
    return seen[0]


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("CN=Nguyễn Văn A,O=UBND,C=VN", "Nguyễn Văn A"),
        ("O=UBND,C=VN", "O=UBND,C=VN"),
        ("no name at all", "no name at all"),
        ("", ""),
    ],
)
def test_signers_are_named_as_people_name_them(
    monkeypatch: pytest.MonkeyPatch, subject: str, shown: str
) -> None:
    facts = facts_of(monkeypatch, closing("04", subject), "vi")
    assert facts.documents[0].signers == (shown,)
    assert facts.documents[0].level == "B-LTA", "a document time-stamp has no say in it"


def test_retention_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert facts_of(monkeypatch, closing("04", ""), "vi").retention == "30 năm"
    assert facts_of(monkeypatch, closing("01", ""), "en").retention == "permanent"
    assert facts_of(monkeypatch, closing("theo vụ việc", ""), "vi").retention == "theo vụ việc"
