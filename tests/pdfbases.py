"""The same letter under each form of cross-reference that there is."""

import re
from functools import cache
from io import BytesIO

import pikepdf

from tests.pdfs import appended, letter, stream

PAGES = 2
KINDS = ("table", "stream", "object-streams", "hybrid", "hybrid-behind-stream")


@cache
def base(kind: str) -> bytes:
    """Return a letter of two pages whose cross-reference is of that kind."""
    match kind:
        case "table":
            return letter(PAGES)
        case "stream":
            return stream_only(letter(PAGES))
        case "object-streams":
            return in_object_streams(letter(PAGES))
        case "hybrid":
            return hybrid(letter(PAGES))
        case _:
            return hybrid(stream_only(letter(PAGES)))


def in_object_streams(data: bytes) -> bytes:
    """Return ``data`` as qpdf writes it with object streams."""
    target = BytesIO()
    mode = pikepdf.ObjectStreamMode.generate
    with pikepdf.open(BytesIO(data)) as pdf:
        pdf.save(target, object_stream_mode=mode, deterministic_id=True)
    return target.getvalue()


def stream_only(data: bytes) -> bytes:
    """Return ``data``, as ``letter`` makes it, with its objects under a cross-reference stream."""
    body, table = data.rsplit(b"\nxref\n", 1)
    body += b"\n"
    rows = re.findall(rb"^(\d+) 1\n(\d{10}) 00000 n", table, re.MULTILINE)
    used = {int(number): int(offset) for number, offset in rows}
    number = max(used) + 1
    used[number] = len(body)
    data = b"".join(b"\x01%b\x00" % at.to_bytes(4, "big") for _, at in sorted(used.items()))
    index = b" ".join(b"%d 1" % n for n in sorted(used))
    head = b"/Type/XRef/Root 1 0 R/W[1 4 1]/Size %d/Index[%b]" % (number + 1, index)
    tail = b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"%d 0 obj\n%b" % (number, stream(data, head)) + tail


def hybrid(data: bytes) -> bytes:
    """Return ``data`` with an update whose object 90 only a cross-reference stream knows."""
    held = len(data)
    data += b"91 0 obj\n%b\nendobj\n" % stream(b"90 0 (hidden)", b"/Type/ObjStm/N 1/First 5")
    at = len(data)
    rows = b"\x02%b\x00" % (91).to_bytes(4, "big") + b"\x01%b\x00" % held.to_bytes(4, "big")
    head = b"/Type/XRef/Size 92/W[1 4 1]/Index[90 2]"
    data += b"92 0 obj\n%b\nendobj\n" % stream(rows, head)
    return appended(data, {93: b"(visible)"}, b"/Root 1 0 R/XRefStm %d" % at)
