"""Good files, and ways in which files get damaged on their way."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import pikepdf

from tests.pdfs import letter, signed, stream

MORE: Final = {
    60: b"<</Kind(of \\(own\\))/Next 61 0 R>>",
    61: b"[1 2.5 -3 /Name#20here <48 65> true null]",
    62: stream(b"plain text of a stream, with the words obj and endobj in it"),
}


def plain() -> bytes:
    """Return a file with a table and uncompressed streams."""
    return letter(3, more=MORE)


def packed() -> bytes:
    """Return the same with object streams and a cross-reference stream."""
    out = BytesIO()
    with pikepdf.open(BytesIO(plain())) as pdf:
        pdf.add_blank_page()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


def linear() -> bytes:
    """Return the same linearised: two tables, the first at the front."""
    out = BytesIO()
    with pikepdf.open(BytesIO(plain())) as pdf:
        pdf.save(out, linearize=True, deterministic_id=True)
    return out.getvalue()


def updated() -> bytes:
    """Return a file signed twice: three revisions."""
    return signed(signed(plain()), "Sig2")


def encrypted() -> bytes:
    """Return a file encrypted under the empty user password, with object streams."""
    out = BytesIO()
    with pikepdf.open(BytesIO(plain())) as pdf:
        pdf.save(
            out,
            encryption=pikepdf.Encryption(owner="owner", user="", R=6),
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            static_id=True,
        )
    return out.getvalue()


GOOD: Final[Mapping[str, Callable[[], bytes]]] = {
    "plain": plain,
    "packed": packed,
    "linear": linear,
    "updated": updated,
    "encrypted": encrypted,
}


@dataclass(frozen=True)
class Damage:
    """One way to damage a file, and the repair that undoes it."""

    inflict: Callable[[bytes], bytes]
    repair: str
    """Code by which the repair is named."""


def _startxref(number: Callable[[int], int]) -> Callable[[bytes], bytes]:
    def inflict(data: bytes) -> bytes:
        found = list(re.finditer(rb"startxref\s+(\d+)", data))[-1]
        new = b"%d" % number(int(found[1]))
        return data[: found.start(1)] + new + data[found.end(1) :]

    return inflict


def _without_last(word: bytes) -> Callable[[bytes], bytes]:
    def inflict(data: bytes) -> bytes:
        at = data.rindex(word)
        return data[:at] + b"#" * len(word) + data[at + len(word) :]

    return inflict


def _cut_at_last(word: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[: data.rindex(word)]


ANY_FORM: Final[Mapping[str, Damage]] = {
    "junk-before": Damage(lambda d: b"HTTP/1.1 200 OK\r\n\r\n" + d, "pdf_header_moved"),
    "header-lost": Damage(lambda d: d.replace(b"%PDF-", b"%FDP-", 1), "pdf_header_missing"),
    "startxref-wrong": Damage(_startxref(lambda n: n + 7), "pdf_xref_rebuilt"),
    "startxref-zero": Damage(_startxref(lambda _: 0), "pdf_xref_rebuilt"),
    "startxref-beyond": Damage(_startxref(lambda _: 99_999_999), "pdf_xref_rebuilt"),
    "startxref-lost": Damage(_without_last(b"startxref"), "pdf_xref_rebuilt"),
    "end-cut-off": Damage(_cut_at_last(b"startxref"), "pdf_xref_rebuilt"),
    "eof-lost": Damage(lambda d: d[: d.rindex(b"%%EOF")], "pdf_eof_missing"),
}


def _tables(change: Callable[[re.Match[bytes]], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: re.sub(rb"\d{10} \d{5} n", change, data)


def _font_entry_wrong(data: bytes) -> bytes:
    """Let the entry of the font lead elsewhere; it is never written anew."""
    number = re.findall(rb"(\d+) 0 obj\s*<<[^>]*/Helvetica", data)[0]
    offset = re.search(rb"(?<!\d)%b 0 obj" % number, data)
    assert offset is not None
    return data.replace(b"%010d 00000 n" % offset.start(), b"0000000017 00000 n")


WITH_TABLE: Final[Mapping[str, Damage]] = {
    "entries-off": Damage(
        _tables(lambda row: b"%010d%b" % (int(row[0][:10]) + 10, row[0][10:])), "pdf_xref_rebuilt"
    ),
    "entry-wrong": Damage(_font_entry_wrong, "pdf_xref_rebuilt"),
    "table-garbled": Damage(_tables(lambda _: b"?" * 18), "pdf_xref_rebuilt"),
    "table-lost": Damage(_cut_at_last(b"xref\n"), "pdf_xref_rebuilt"),
    "trailer-lost": Damage(_without_last(b"trailer"), "pdf_xref_rebuilt"),
}
