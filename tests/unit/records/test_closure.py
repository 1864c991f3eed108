from dataclasses import replace
from datetime import UTC, date, datetime

from antin.core import canonical
from antin.records.closure import (
    ClosureFacts,
    DocumentFact,
    Shortcoming,
    SignatureFact,
    manifest,
)
from antin.records.document import Cause, Document, DocumentKind, Revision
from antin.records.record import Record

NOW = datetime(2026, 11, 22, 2, 5, 7, 123, tzinfo=UTC)
RECORD = Record("r1", "a1", "01.TCCB", "Hồ sơ mẫu", "06", "Nguyễn Văn A", date(2026, 1, 5), NOW)
DOCUMENT = Document(
    "d1", "a1", "Công văn", DocumentKind.MAIN, "letter.pdf", NOW, None, "12", "UBND-VP"
)
REVISION = Revision("v3", "d1", 3, "ab" * 32, 4711, Cause.AUGMENTED, NOW)
SIGNATURE = SignatureFact("Sig1", "signature", "CN=Nguyễn Văn A", "B-LTA", "TOTAL-PASSED", NOW)
FACT = DocumentFact(1, DOCUMENT, REVISION, "TOTAL-PASSED", (), "cd" * 32, (SIGNATURE,))
LEDGER: canonical.JsonObject = {
    "origin": "mau.example/antin",
    "stream": "record/r1",
    "n": 4,
    "leaf": "ef" * 32,
}


def made(*facts: DocumentFact) -> canonical.JsonObject:
    return manifest(ClosureFacts(RECORD, facts), 1, NOW, "u1", LEDGER)


def test_the_manifest_says_all_that_it_certifies() -> None:
    assert made(FACT) == {
        "schema": "antin-closure/1",
        "record": {
            "id": "r1",
            "agency_id": "a1",
            "code_notation": "01.TCCB",
            "title": "Hồ sơ mẫu",
            "retention": "06",
            "creator": "Nguyễn Văn A",
            "start_date": "2026-01-05",
        },
        "number": 1,
        "closed_at": "2026-11-22T02:05:07Z",
        "closed_by": "u1",
        "documents": (
            {
                "ordinal": 1,
                "document_id": "d1",
                "title": "Công văn",
                "kind": "main",
                "code_number": "12",
                "code_notation": "UBND-VP",
                "file_name": "letter.pdf",
                "revision": 3,
                "sha256": "ab" * 32,
                "size": 4711,
                "conclusion": "TOTAL-PASSED",
                "report_sha256": "cd" * 32,
                "signatures": (
                    {
                        "field": "Sig1",
                        "kind": "signature",
                        "signer": "CN=Nguyễn Văn A",
                        "level": "B-LTA",
                        "indication": "TOTAL-PASSED",
                        "time": "2026-11-22T02:05:07Z",
                    },
                ),
            },
        ),
        "ledger": LEDGER,
    }


def test_the_manifest_has_canonical_bytes() -> None:
    data = canonical.dumps(made(FACT, replace(FACT, ordinal=2, signatures=())))
    read = canonical.loads_object(data)
    assert canonical.dumps(read) == data


def test_a_time_that_is_not_known_is_null() -> None:
    listed = made(replace(FACT, signatures=(replace(SIGNATURE, time=None, level=None),)))
    read = canonical.loads_object(canonical.dumps(listed))
    assert '"level":null' in canonical.dumps(read).decode()
    assert '"time":null' in canonical.dumps(read).decode()


def test_documents_stand_in_the_order_of_the_record() -> None:
    listed = made(FACT, replace(FACT, ordinal=2), replace(FACT, ordinal=3))["documents"]
    assert isinstance(listed, tuple)
    assert [one["ordinal"] for one in listed if isinstance(one, dict)] == [1, 2, 3]


def test_a_shortcoming_as_programs_get_it() -> None:
    assert Shortcoming("has_documents", "the record holds no document").as_json() == {
        "rule": "has_documents",
        "detail": "the record holds no document",
        "document_id": None,
    }
