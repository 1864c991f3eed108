"""Stored files as answers: streamed from the blob store, never whole in memory."""

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

from fastapi.responses import StreamingResponse

from antin.core.digests import CHUNK
from antin.flows.services import Services


def stored_file(
    services: Services, sha256: str, file_name: str, media_type: str = "application/pdf"
) -> StreamingResponse:
    """Return the blob as a download. Error: ``blob_not_found``, before anything is sent."""
    stack = ExitStack()
    source = stack.enter_context(services.blobs.open(sha256))

    def chunks() -> Iterator[bytes]:
        with stack:
            for offset in range(0, source.size, CHUNK):
                yield source.pread(offset, CHUNK)

    headers = {
        "Content-Length": str(source.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name, safe='')}",
        "ETag": f'"{sha256}"',
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(chunks(), media_type=media_type, headers=headers)
