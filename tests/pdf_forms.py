"""PDFs written by hand in every form of cross-reference, revision by revision."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Literal

Form = Literal["table", "stream", "hybrid", "objstm"]
HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
Row = tuple[int, int, int]
"""The three fields of a cross-reference stream's row."""


def add_revision(
    data: bytes,
    form: Form,
    objects: Mapping[int, bytes],
    freed: Sequence[int] = (),
    extra: int = 900,
    root: int = 1,
) -> bytes:
    """Return ``data`` and one more revision of ``objects``, none of them streams.

    Numbers from ``extra`` on are for the streams that the form itself needs.
    """
    out = bytearray(data or HEADER)
    rows: dict[int, Row] = dict.fromkeys(freed, (0, 0, 1))
    if not data:
        rows[0] = (0, 0, 65535)
    inside = sorted(objects) if form in {"objstm", "hybrid"} else []
    if inside:
        rows |= _packed(out, {n: objects[n] for n in inside}, extra + 1)
    for number in sorted({*objects} - {*inside}):
        rows[number] = (1, len(out), 0)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, objects[number])
    trailer = b"/Size %d/Root %d 0 R" % (extra + 2, root)
    if data:
        trailer += b"/Prev " + data.rsplit(b"startxref", 1)[1].split()[0]
    if form in {"stream", "objstm"}:
        start = len(out)
        rows[extra] = (1, start, 0)
        out += _xref_stream(rows, trailer, extra)
    elif form == "hybrid":
        start = _hybrid(out, rows, trailer, extra)
    else:
        start = len(out)
        out += _table(rows) + b"trailer\n<<%b>>\n" % trailer
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def _packed(out: bytearray, objects: Mapping[int, bytes], number: int) -> dict[int, Row]:
    """Append an object stream, return the rows of all that is in it, and its own."""
    head, bodies = b"", b""
    for n, body in objects.items():
        head += b"%d %d " % (n, len(bodies))
        bodies += body + b"\n"
    rows: dict[int, Row] = {n: (2, number, index) for index, n in enumerate(objects)}
    rows[number] = (1, len(out), 0)
    entries = b"/Type/ObjStm/N %d/First %d" % (len(objects), len(head))
    out += b"%d 0 obj\n%b\nendobj\n" % (number, _deflated(entries, head + bodies))
    return rows


def _hybrid(out: bytearray, rows: dict[int, Row], trailer: bytes, extra: int) -> int:
    """Append a table that hides what lies in object streams, and the stream that shows it."""
    hidden = {n: row for n, row in rows.items() if row[0] == 2}
    at = len(out)
    out += _xref_stream(hidden or {extra: (1, at, 0)}, b"/Size %d" % (extra + 2), extra)
    start = len(out)
    shown = rows | dict.fromkeys(hidden, (0, 0, 0)) | {extra: (1, at, 0)}
    out += _table(shown) + b"trailer\n<<%b/XRefStm %d>>\n" % (trailer, at)
    return start


def _table(rows: Mapping[int, Row]) -> bytes:
    text = b"xref\n"
    for number, (kind, second, third) in sorted(rows.items()):
        offset, generation = (second, third) if kind else (0, third)
        text += b"%d 1\n%010d %05d %b \n" % (number, offset, generation, b"n" if kind else b"f")
    return text


def _xref_stream(rows: Mapping[int, Row], trailer: bytes, number: int) -> bytes:
    index = b" ".join(b"%d 1" % n for n in sorted(rows))
    data = b"".join(
        b"%c%b%b" % (a, b.to_bytes(4, "big"), c.to_bytes(2, "big"))
        for _, (a, b, c) in sorted(rows.items())
    )
    entries = b"/Type/XRef/W[1 4 2]/Index[%b]%b" % (index, trailer)
    return b"%d 0 obj\n%b\nendobj\n" % (number, _deflated(entries, data))


def _deflated(entries: bytes, data: bytes) -> bytes:
    packed = zlib.compress(data)
    form = b"<</Length %d/Filter/FlateDecode%b>>\nstream\n%b\nendstream"
    return form % (len(packed), entries, packed)
