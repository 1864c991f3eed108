"""The closure certificate: what a closed record holds, as a PDF that a person reads.

The machine's side of a closure is the signed manifest (closure.json); this is the paper form's
successor (chứng từ kết thúc hồ sơ, Decree 30/2020 art. 29.4). It is drawn from values alone: the
same facts give the same bytes. The agency's stamp goes to the free place at the top right of page
1 (:data:`STAMP_AREA_MM`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from antin.core.errors import DefectError

Language = Literal["vi", "en"]

STAMP_AREA_MM: Final = (122.0, 9.0, 70.0, 9.0)
"""Left, top, width, height of the place that page 1 keeps free for the agency's text stamp."""


@dataclass(frozen=True)
class CertificateDocument:
    """One document of the record as it was closed."""

    ordinal: int
    title: str
    sha256: str
    """Of the revision that the closure pins; 64 hex digits."""
    signers: tuple[str, ...] = ()
    level: str | None = None
    """The lowest PAdES level of its signatures; None without signatures."""
    conclusion: str | None = None
    """As in the report (``TOTAL-PASSED`` …); None reads as "could not be determined"."""


@dataclass(frozen=True)
class CertificateFacts:
    """All that the certificate says; times are aware."""

    record_title: str
    code_notation: str
    agency_name: str
    retention: str
    opened_at: datetime
    closed_at: datetime
    closure_number: int
    """1 for the first closure, one more after each reopening."""
    manifest_sha256: str
    officer_name: str
    """Who closed the record."""
    documents: tuple[CertificateDocument, ...]
    ledger_origin: str
    ledger_position: int
    """The newest entry about the record before its closure (the closure's own entry holds this
    certificate's digest, so the certificate can't name it)."""
    checkpoint_size: int | None = None
    checkpoint_root: str | None = None
    """Hex; size and root of the newest checkpoint before the closure, None where there is none."""


def render_certificate(facts: CertificateFacts, language: Language = "vi") -> bytes:
    """Return the certificate as an A4 PDF with embedded fonts.

    Text of strangers is made harmless first: control and direction characters go, letters that the
    font lacks become □, and what is longer than its metadata field may be ends in "…" (the manifest
    holds it whole). ``defect`` if it can't be drawn.
    """
    if facts.opened_at.tzinfo is None or facts.closed_at.tzinfo is None:
        raise DefectError("defect", detail="a certificate's time has no zone")

    from fpdf.errors import FPDFException

    from antin.infra.certificate_page import draw_certificate

    try:
        return draw_certificate(facts, language)
    except (FPDFException, ValueError, LookupError) as error:
        detail = f"the closure certificate cannot be drawn ({type(error).__name__})"
        raise DefectError("defect", detail=detail) from error
