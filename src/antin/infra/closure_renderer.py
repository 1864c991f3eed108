"""The closing flow's facts, laid out as the readable closure certificate."""

from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from antin.flows.services import Closing
from antin.infra.closure_certificate import (
    STAMP_AREA_MM,
    CertificateDocument,
    CertificateFacts,
    Language,
    render_certificate,
)
from antin.records.closure import DocumentFact

_RETENTION: Final[dict[Language, dict[str, str]]] = {
    "vi": {
        "01": "Vĩnh viễn",
        "02": "70 năm",
        "03": "50 năm",
        "04": "30 năm",
        "05": "20 năm",
        "06": "10 năm",
    },
    "en": {
        "01": "permanent",
        "02": "70 years",
        "03": "50 years",
        "04": "30 years",
        "05": "20 years",
        "06": "10 years",
    },
}
"""Retention codes of Circular 05/2025/TT-BNV; 07 (other) and free text stand as they are."""
_ORDER: Final = ("CMS", "B-B", "B-T", "B-LT", "B-LTA")


class ClosureRenderer:
    """Implements the flow's ``CertificateRenderer`` in one language."""

    stamp_area_mm = STAMP_AREA_MM

    def __init__(self, language: Language) -> None:
        self._language: Language = language

    def render(self, closing: Closing) -> bytes:
        record = closing.facts.record
        facts = CertificateFacts(
            record_title=record.title,
            code_notation=record.code_notation,
            agency_name=closing.agency.name,
            retention=_RETENTION[self._language].get(record.retention, record.retention),
            opened_at=record.created_at,
            closed_at=closing.closed_at,
            closure_number=closing.number,
            manifest_sha256=closing.manifest_sha256,
            officer_name=closing.closed_by,
            documents=tuple(map(_document, closing.facts.documents)),
            ledger_origin=closing.origin,
            ledger_position=closing.position,
        )
        return render_certificate(facts, self._language)


def _document(fact: DocumentFact) -> CertificateDocument:
    persons = [s for s in fact.signatures if s.kind == "signature"]
    levels = [s.level for s in persons if s.level in _ORDER]
    return CertificateDocument(
        ordinal=fact.ordinal,
        title=fact.document.title,
        sha256=fact.revision.sha256,
        signers=tuple(_common_name(s.signer) for s in persons),
        level=min(levels, key=_ORDER.index, default=None),
        conclusion=fact.conclusion,
    )


def _common_name(subject: str) -> str:
    """Return whom a person would name; the whole subject where it has no common name."""
    try:
        names = x509.Name.from_rfc4514_string(subject).get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return subject
    return str(names[0].value) if names else subject
