"""PDF files of a wanted size, no two alike."""

import random
import zlib


def make_pdf(size: int, seed: int) -> bytes:
    """Return a one-page PDF of about ``size`` bytes, most of it a picture; per ``seed`` another."""
    noise = random.Random(seed)  # noqa: S311 — a picture, not a secret
    side = 64
    rows = noise.randbytes(3 * side * side)
    picture = zlib.compress(rows, 0)
    # What is left to the wanted size is a stream that nothing draws.
    rest = noise.randbytes(max(0, size - len(picture) - 1_200))
    drawing = b"q 300 0 0 300 100 300 cm /Im1 Do Q"
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /XObject << /Im1 5 0 R >> >> /PieceInfo << /Bench 6 0 R >> >>",
            _stream(b"", drawing),
            _stream(
                b" /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB"
                b" /BitsPerComponent 8 /Filter /FlateDecode" % (side, side),
                picture,
            ),
            _stream(b"", rest),
        ]
    )


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
