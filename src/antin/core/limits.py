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
MAX_REDACTED: Final = 1_000
"""Ledger entries that one entry about erasing names."""
MAX_ERASED: Final = 10_000
"""Ledger entries whose facts one request erases."""
MAX_HISTORY_LINE_BYTES: Final = 64 << 10
"""Longest line of another system's change log."""
MAX_JSON_BYTES: Final = 16 << 20
MAX_SIGNERS: Final = 50
"""Asked for one document at once."""
SIGNING_TASK_SECONDS: Final = 7 * 86_400
"""How long a signing task waits for its officer, unless it says otherwise."""
VERIFY_SECONDS: Final = 10.0
"""Processor time that judging a file may take, whatever is in it."""
VERIFY_BYTES_PER_SECOND: Final = 20_000_000
"""A large file gets a second more for each of these."""
VERIFY_MEMORY_BYTES: Final = 300 << 20
"""What judging a file may use above what its process had before."""
MAX_ARCHIVE_BYTES: Final = 8 << 30
"""Largest zip file that is looked into, and the most that its files may unpack to, together."""
MAX_ARCHIVE_ENTRIES: Final = 100_000
MAX_ARCHIVE_RATIO: Final = 200
"""Unpacked bytes for each packed one, in files of an archive that are larger than 16 MiB."""
MAX_LIST_NAME_BYTES: Final = 32 << 10
"""Longest file name in a list of files."""


def verify_seconds(size: int) -> float:
    """Return how much processor time judging ``size`` bytes gets."""
    return VERIFY_SECONDS + size / VERIFY_BYTES_PER_SECOND
