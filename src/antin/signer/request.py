"""What is asked of the signer, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from antin.pdf.restrictions import FieldLock
from antin.pki.algorithms import SignatureAlgorithm
from antin.verifier.report import Finding


class Level(StrEnum):
    """PAdES baseline levels (EN 319 142-1 §6)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"


class Certification(StrEnum):
    """What a certification still allows after it (ISO 32000-2 table 257)."""

    NO_CHANGES = "no-changes"
    FORM_FILLING = "form-filling"
    ANNOTATIONS = "annotations"

    @property
    def permission(self) -> int:
        """/P of its transform parameters; each allows what those before it do."""
        return list(Certification).index(self) + 1


@dataclass(frozen=True)
class Stamp:
    """A visible appearance at a fixed place; lengths in millimetres from the page's top left."""

    page: int = 1
    """1-based; negative counts from the end."""
    left_mm: float = 0
    top_mm: float = 0
    width_mm: float = 0
    height_mm: float = 0
    image: bytes | None = None
    """A PNG with transparency."""
    text: str | None = None
    """Upright black 10 pt lines, in the embedded font."""


@dataclass(frozen=True)
class SignatureRequest:
    """How one signature is to be made; certificate and algorithm are fixed at prepare."""

    certificate: bytes
    """The signer's DER certificate."""
    algorithm: SignatureAlgorithm
    signing_time: datetime
    """Claimed; aware; goes into /M."""
    chain: tuple[bytes, ...] = ()
    """Further DER certificates to embed, issuer first, anchor left out."""
    level: Level = Level.B_B
    field_name: str | None = None
    """None: an unused name is chosen."""
    reason: str | None = None
    location: str | None = None
    signer_name: str | None = None
    stamp: Stamp | None = None
    certify: Certification | None = None
    """The first signature of a file, by its author; None: an approval, as any other is."""
    lock: FieldLock | None = None
    """Form fields that become final by this signature."""


@dataclass(frozen=True)
class Prepared:
    """Between the two phases: keep all of it verbatim; the file lies beside, locked."""

    field_name: str
    signed_attributes: bytes
    """DER SET OF: what the token signs (after hashing it itself)."""
    document_digest: bytes
    """Digest over the byte range, as in messageDigest."""
    byte_range: tuple[int, int, int, int]
    reserved: int
    """Bytes of DER that fit into /Contents."""
    certificate: bytes
    chain: tuple[bytes, ...]
    algorithm: SignatureAlgorithm
    warnings: tuple[Finding, ...] = ()
    """What the signer should know of the file; needed for nothing later."""
