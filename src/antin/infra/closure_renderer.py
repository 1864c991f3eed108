"""The closing flow's facts, laid out as the readable closure certificate."""

from typing import Final

from antin.flows.services import Closing
from antin.infra.closure_certificate import (
    STAMP_AREA_MM,
    CertificateDocument,
    CertificateFacts,
    Language,
    render_certificate,
)
from antin.records.closure import DocumentFact

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
            retention=record.retention,
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
        signers=tuple(s.signer for s in persons),
        level=min(levels, key=_ORDER.index, default=None),
        conclusion=fact.conclusion,
    )
