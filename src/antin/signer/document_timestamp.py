"""Document time-stamps (EN 319 142-1 §5.4.3): proof that a whole file existed at a time."""

import os
from pathlib import Path
from typing import Final

from antin.core.digests import hash_ranges
from antin.core.errors import RefusedError
from antin.pdf.objects import Dictionary, Name
from antin.pki.fetching import TimestampService
from antin.pki.timestamps import TimestampFacts
from antin.signer.container_size import room_for
from antin.signer.field_writing import sign_field
from antin.signer.fields import choose_field
from antin.signer.files import storage_errors
from antin.signer.incremental import open_for_update
from antin.signer.placeholder import WrittenRevision, fill, write_revision
from antin.signer.timestamping import stamp

DIGEST: Final = "sha256"
_ENTRIES: Final[Dictionary] = {
    "Type": Name("DocTimeStamp"),
    "Filter": Name("Adobe.PPKLite"),
    "SubFilter": Name("ETSI.RFC3161"),
}
"""ISO 32000-2 §12.8.5."""


def add_document_timestamp(path: Path, timestamps: TimestampService | None) -> TimestampFacts:
    """Append a document time-stamp to ``path``, in place; return the checked token.

    The file is a temporary one of the caller's: after an error its end is unusable. Where a token
    is larger than foreseen, another one is asked for, with room for it. Errors: those of
    :func:`antin.signer.timestamping.stamp` and of reading the PDF.
    """
    size = path.stat().st_size
    try:
        return _add(path, timestamps)
    except RefusedError as error:
        if error.code != "container_too_small":
            raise
        with storage_errors():
            os.truncate(path, size)
        return _add(path, timestamps)


def _add(path: Path, timestamps: TimestampService | None) -> TimestampFacts:
    written = _write(path, room_for(timestamps))
    facts = stamp(timestamps, written.digest, DIGEST)
    fill(path, written.byte_range, facts.token)
    return facts


def _write(path: Path, reserved: int) -> WrittenRevision:
    with open_for_update(path) as update:
        name = choose_field(update.document, None, "Timestamp")
        sign_field(update, name, _ENTRIES, reserved)
        state = hash_ranges(update.document.source, [(0, update.document.source.size)], DIGEST)
        return write_revision(path, update, state)
