"""Bounds on what strangers can make us do; in one place so that they can be read together."""

from typing import Final

MAX_PDF_BYTES: Final = 1 << 30
"""Largest PDF that is accepted anywhere (1 GiB)."""
MAX_UPLOAD_BYTES: Final = MAX_PDF_BYTES
MAX_SIGNATURES: Final = 1_000
MAX_REVISIONS: Final = 2_000
MAX_CMS_BYTES: Final = 8 << 20
MAX_CERTIFICATE_BYTES: Final = 64 << 10
MAX_REVOCATION_BYTES: Final = 64 << 20
MAX_OCSP_BYTES: Final = 1 << 20
MAX_TIMESTAMP_BYTES: Final = 256 << 10
MAX_IMAGE_BYTES: Final = 8 << 20
MAX_ENTRY_BYTES: Final = 64 << 10
"""A ledger entry is smaller than this; payloads are digests."""
MAX_JSON_BYTES: Final = 16 << 20
SIGNING_TASK_SECONDS: Final = 7 * 86_400
"""How long a signing task waits for its officer, unless it says otherwise."""
