"""What is kept of a signature between its two phases."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Preparation:
    """What must be kept verbatim until the signature is in the file."""

    blob_sha256: str
    """The prepared file; of a seal only what it adds to the revision that is sealed."""
    certificate: bytes
    chain: tuple[bytes, ...]
    scheme: str
    digest: str
    field_name: str
    signed_attributes: bytes
    document_digest: bytes
    byte_range: tuple[int, int, int, int]
    reserved: int
    prepared_at: datetime
