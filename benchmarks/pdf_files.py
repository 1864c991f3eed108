"""PDF files of a wanted size, no two alike."""

import math
import random
import re
import zlib
from pathlib import Path

_PACK = 100
"""So many objects go into one object stream."""
_BLOCK = 1 << 20


def make_pdf(size: int, seed: int) -> bytes:
    """Return a one-page PDF of about ``size`` bytes, all but a few a picture; seeded."""
    side = math.isqrt(size // 3)
    noise = random.Random(seed).randbytes(3 * side * side)  # noqa: S311 — a picture, not a secret
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /Im1 5 0 R >> >> >>"
    )
    picture = (
        b" /Type /XObject /Subtype /Image /Width %d /Height %d"
        b" /ColorSpace /DeviceRGB /BitsPerComponent 8" % (side, side)
    )
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            page,
            _stream(b"", b"q 300 0 0 300 100 300 cm /Im1 Do Q"),
            _stream(picture, noise),
        ]
    )


def write_pdf(path: Path, size: int) -> None:
    """Write what :func:`make_pdf` makes piece by piece: the picture repeats itself."""
    blocks = math.ceil(size / _BLOCK)
    block = random.Random(blocks).randbytes(_BLOCK)  # noqa: S311 — a picture, not a secret
    empty = make_pdf(0, 0)
    start, xref = empty.index(b"5 0 obj"), empty.index(b"xref\n")
    head = b" /Type /XObject /Subtype /Image /Width 1024 /Height %d" % (1024 * blocks)
    head += b" /ColorSpace /DeviceGray /BitsPerComponent 8"
    picture = b"5 0 obj\n<< /Length %d%b >>\nstream\n" % (blocks * _BLOCK, head)
    end = b"\nendstream\nendobj\n"
    at = start + len(picture) + blocks * _BLOCK + len(end)
    tail = empty[xref : empty.index(b"startxref")] + b"startxref\n%d\n%%%%EOF\n" % at
    with path.open("wb") as file:
        file.write(empty[:start] + picture)
        for _ in range(blocks):
            file.write(block)
        file.write(end + tail)


def make_pages(pages: int, seed: int) -> bytes:
    """Return a PDF of ``pages`` pages with four objects each, and a cross-reference table."""
    return _file(_pages(pages, seed))


def make_bookmarked(pages: int, seed: int, bookmarks: int | None = None) -> bytes:
    """Return the same with a bookmark for each page, or so many, all in one chain."""
    objects = _pages(pages, seed)
    root, count = len(objects) + 1, pages if bookmarks is None else bookmarks
    objects[0] = b"<</Type/Catalog/Pages 2 0 R/Outlines %d 0 R>>" % root
    ends = (count, root + 1, root + count)
    objects.append(b"<</Type/Outlines/Count %d/First %d 0 R/Last %d 0 R>>" % ends)
    for n in range(count):
        at = root + 1 + n
        prev = b"/Prev %d 0 R" % (at - 1) if n else b""
        following = b"/Next %d 0 R" % (at + 1) if n < count - 1 else b""
        objects.append(
            b"<</Title(Page %d)/Parent %d 0 R/Dest[%d 0 R/Fit]%b%b>>"
            % (n + 1, root, 4 * (n % pages) + 3, prev, following)
        )
    return _file(objects)


def make_form(fields: int) -> bytes:
    """Return a PDF of one page with ``fields`` empty text fields, objects 4 and up."""
    listed = b" ".join(b"%d 0 R" % (n + 4) for n in range(fields))
    return _file(
        [
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%b]/DA(/F 9 Tf)>>>>" % listed,
            b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>",
            b"<</Type/Page/Parent 2 0 R/Annots[%b]>>" % listed,
            *(field(n) for n in range(fields)),
        ]
    )


def field(number: int, value: bytes = b"") -> bytes:
    """Return a text field of :func:`make_form` with ``value``."""
    entries = b"<</Type/Annot/Subtype/Widget/Rect[0 0 9 9]/P 3 0 R/FT/Tx/T(t%d)/V(%b)>>"
    return entries % (number, value)


def updated(data: bytes, objects: dict[int, bytes], more: bytes = b"") -> bytes:
    """Return ``data``, whose newest section is a table, updated; ``more`` is for the trailer."""
    end = data.rindex(b"startxref")
    previous = int(data[end:].split()[1])
    start = data.rindex(b"trailer", 0, end) + len(b"trailer")
    trailer = data[data.index(b"<<", start) + 2 : data.rindex(b">>", 0, end)]
    kept = b" ".join(re.findall(rb"/Root \d+ 0 R|/ID ?\[[^]]*\]|/Info \d+ 0 R", trailer))
    size = max(int(re.findall(rb"/Size (\d+)", trailer)[0]), max(objects) + 1)
    out, rows = bytearray(data), b""
    for number, body in sorted(objects.items()):
        rows += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    at = len(out)
    out += b"xref\n%btrailer\n<</Size %d /Prev %d %b%b>>" % (rows, size, previous, kept, more)
    return bytes(out + b"\nstartxref\n%d\n%%%%EOF\n" % at)


def make_packed_pages(pages: int, seed: int) -> bytes:
    """Return the same in object streams, with a cross-reference stream."""
    return _packed_file(_pages(pages, seed))


def _pages(pages: int, seed: int) -> list[bytes]:
    kids = b" ".join(b"%d 0 R" % (4 * n + 3) for n in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%b]/MediaBox[0 0 595 842]>>" % (pages, kids),
    ]
    for n in range(pages):
        page = 4 * n + 3
        text = b"BT /F 12 Tf 72 700 Td (Page %d of file %d) Tj ET" % (n + 1, seed)
        objects += [
            b"<</Type/Page/Parent 2 0 R/Contents %d 0 R/Resources %d 0 R/Annots[%d 0 R]>>"
            % (page + 1, page + 2, page + 3),
            _stream(b"", text),
            b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>",
            b"<</Type/Annot/Subtype/Link/Rect[0 0 90 20]/Border[0 0 0]/Dest[%d 0 R/Fit]>>" % page,
        ]
    return objects


def _packed_file(objects: list[bytes]) -> bytes:
    """Return a file with its plain objects in object streams, and a cross-reference stream."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    rows = {0: (0, 0, 255)}
    plain = [n for n, body in enumerate(objects, 1) if not body.endswith(b"endstream")]
    number = len(objects) + 1
    for first in range(0, len(plain), _PACK):
        pack = plain[first : first + _PACK]
        rows[number] = (1, len(out), 0)
        rows |= {n: (2, number, index) for index, n in enumerate(pack)}
        out += b"%d 0 obj\n%b\nendobj\n" % (number, _object_stream(pack, objects))
        number += 1
    for n, body in enumerate(objects, 1):
        if n not in rows:
            rows[n] = (1, len(out), 0)
            out += b"%d 0 obj\n%b\nendobj\n" % (n, body)
    rows[number] = (1, len(out), 0)
    start = len(out)
    out += b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (number, _xref_stream(rows), start)
    return bytes(out)


def _object_stream(numbers: list[int], objects: list[bytes]) -> bytes:
    head, bodies = b"", b""
    for number in numbers:
        head += b"%d %d " % (number, len(bodies))
        bodies += objects[number - 1] + b" "
    entries = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(numbers), len(head))
    return _stream(entries, zlib.compress(head + bodies))


def _xref_stream(rows: dict[int, tuple[int, int, int]]) -> bytes:
    """Return the rows with PNG's "up" predictor, as most programs write them."""
    plain = [b"%c%b%c" % (a, b.to_bytes(4, "big"), c) for _, (a, b, c) in sorted(rows.items())]
    pairs = zip(plain, [bytes(6), *plain], strict=False)
    up = b"".join(
        b"\2" + bytes((x - y) & 255 for x, y in zip(*pair, strict=True)) for pair in pairs
    )
    entries = b"/Type/XRef/Root 1 0 R/Size %d/W[1 4 1]/Filter/FlateDecode" % len(rows)
    entries += b"/DecodeParms<</Predictor 12/Columns 6>>"
    return _stream(entries, zlib.compress(up))


def _stream(entries: bytes, data: bytes) -> bytes:
    return b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def _file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    lines = [b"0000000000 65535 f \n"]
    for number, body in enumerate(objects, 1):
        lines.append(b"%010d 00000 n \n" % len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n" % len(lines) + b"".join(lines)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(lines), start)
    return bytes(out)
