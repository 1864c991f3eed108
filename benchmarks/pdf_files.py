"""PDF files of a wanted size, no two alike."""

import math
import random


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
