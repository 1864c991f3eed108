"""PDFs that were made to cost: each kind drives one part of a reader too far."""

import zlib
from collections.abc import Callable
from functools import cache
from typing import Final

from tests.fuzz.pdf_file import Body, File, Form, encoded_stream, put_together, take_apart
from tests.fuzz.pdf_syntax import Array, Dict, Value, parse
from tests.fuzz.seed_files import seeds
from tests.fuzz.target import Dice

_BIG: Final = (10, 300, 3000, 20_000)


def hostile_pdf(chance: Dice) -> bytes:
    """Return a PDF that should be made to cost, in one of the forms that files have."""
    kind = chance.choice(_KINDS)
    made = kind(chance)
    if isinstance(made, bytes):
        return made
    return put_together(made, Form(chance.choice(("table", "stream", "packed", "hybrid"))))


@cache
def _form() -> File:
    return take_apart(seeds("pdf")["form"])


def _file(**parts: bytes) -> File:
    """Return a form letter; ``parts`` are set in its catalog."""
    file = _form().copied()
    catalog = file.objects[1].value
    assert isinstance(catalog, Dict)
    for key, value in parts.items():
        catalog.set(b"/" + key.encode(), parse(value))
    return file


def _put(file: File, bodies: dict[int, bytes]) -> File:
    file.objects |= {number: Body(body) for number, body in bodies.items()}
    return file


def _chain(chance: Dice) -> File:
    """A tree of one branch, thousands deep: pages, fields, outlines, names."""
    size, (key, down) = chance.choice(_BIG), chance.choice(_TREES)
    file = _file(**{key: b"<</Fields[1000 0 R]>>" if key == "AcroForm" else b"1000 0 R"})
    return _put(file, {1000 + n: down(1000 + n, [1001 + n]) for n in range(size)})


def _doubling(chance: Dice) -> File:
    """A tree whose every node has the next one twice: small on disk, endless to walk."""
    size, (key, down) = chance.choice((10, 30, 200)), chance.choice(_TREES)
    file = _file(**{key: b"<</Fields[1000 0 R]>>" if key == "AcroForm" else b"1000 0 R"})
    return _put(file, {1000 + n: down(1000 + n, [1001 + n] * 2) for n in range(size)})


def _circle(chance: Dice) -> File:
    """A tree that comes back to its root."""
    size, (key, down) = chance.choice((1, 2, 50)), chance.choice(_TREES)
    file = _file(**{key: b"<</Fields[1000 0 R]>>" if key == "AcroForm" else b"1000 0 R"})
    bodies = {1000 + n: down(1000 + n, [1000 + (n + 1) % size, 1000]) for n in range(size)}
    return _put(file, bodies)


def _references(numbers: list[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)


def _pages(own: int, kids: list[int]) -> bytes:
    return b"<</Type/Pages/Count 9/Parent %d 0 R/Kids[%b]>>" % (own - 1, _references(kids))


def _fields(own: int, kids: list[int]) -> bytes:
    return b"<</T(a)/FT/Sig/Parent %d 0 R/Kids[%b]>>" % (own - 1, _references(kids))


def _outlines(own: int, kids: list[int]) -> bytes:
    return b"<</Title(a)/First %d 0 R/Next %d 0 R/Parent %d 0 R>>" % (kids[0], kids[-1], own - 1)


def _names(own: int, kids: list[int]) -> bytes:
    kid = _references(kids)
    return b"<</Dests<</Kids[%b]>>/Kids[%b]/Limits[(a)(b)]/Parent %d 0 R>>" % (kid, kid, own)


def _store(own: int, kids: list[int]) -> bytes:
    kid = _references(kids)
    return b"<</Certs[%b]/CRLs[%b]/VRI<</A %d 0 R>>>>" % (kid, kid, own)


_TREES: Final[tuple[tuple[str, Callable[[int, list[int]], bytes]], ...]] = (
    ("Pages", _pages),
    ("AcroForm", _fields),
    ("Outlines", _outlines),
    ("Names", _names),
    ("DSS", _store),
)


def _many_objects(chance: Dice) -> File:
    return _put(_file(), {1000 + n: b"<</A[1 0 R]>>" for n in range(chance.choice((1000, 60_000)))})


def _many_fields(chance: Dice) -> File:
    """Thousands of signature fields, with values or without."""
    count = chance.choice((10, 1200, 6000))
    value = chance.choice((b"", b"/V 999 0 R", b"/V<</Type/Sig/ByteRange[0 1 2 3]/Contents<30>>>"))
    bodies = {1000 + n: b"<</FT/Sig/T(f%d)%b>>" % (n, value) for n in range(count)}
    file = _file(AcroForm=b"<</Fields[%b]>>" % _references(list(bodies)))
    signature = (
        b"<</Type/Sig/Filter/A/SubFilter/ETSI.CAdES.detached/ByteRange[0 9 30 9]/Contents<30>>>"
    )
    return _put(file, bodies | {999: signature})


def _wide(chance: Dice) -> File:
    """One object that is very large."""
    size = chance.choice((1000, 200_000))
    text = chance.choice((b"1 0 R ", b"[]", b"/A ", b"0 ", b"(a)", b"<</A 1>>"))
    return _put(_file(), {1000: b"[" + text * size + b"]", 1001: b"<<" + b"/A 1 " * size + b">>"})


def _sections(chance: Dice) -> bytes:
    """Hundreds of updates, or thousands."""
    count = chance.choice((50, 700, 2500))
    data = bytearray(put_together(_file(), Form("table")))
    start = data.rindex(b"xref\n", 0, data.rindex(b"startxref"))
    for n in range(count):
        row = b"900 0 obj\n%d\nendobj\nxref\n900 1\n%010d 00000 n \n" % (n, len(data))
        previous, start = start, len(data) + row.index(b"xref")
        data += row + b"trailer\n<</Size 950/Root 1 0 R/Prev %d>>\n" % previous
        data += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(data)


def _previous_circle(chance: Dice) -> bytes:
    """/Prev and /XRefStm that lead back, forth, and nowhere."""
    data = put_together(_file(), Form("table"))
    at = data.rindex(b"xref\n", 0, data.rindex(b"startxref"))
    target = chance.choice((at, len(data) - 5, 0, -1, 2**40, len(data) + 3))
    key = chance.choice((b"/Prev", b"/XRefStm"))
    form = Form(chance.choice(("table", "stream")), keys=((key, b"%d" % target),))
    return (
        put_together(_file(), form) if chance.random() < 0.5 else put_together(_file(), form, data)
    )


def _table_promises(chance: Dice) -> bytes:
    """A cross-reference stream that promises more than is there."""
    keys = (
        (
            b"/W",
            chance.choice((b"[0 0 0]", b"[1 0 0]", b"[0 1 0]", b"[8 8 8]", b"[1 5]", b"[9 9 9]")),
        ),
        (b"/Index", chance.choice((b"[0 999999999]", b"[-5 10]", b"[0 1 0 1]", b"[5]", b"[]"))),
        (b"/Size", chance.choice((b"999999999", b"0", b"-1", b"8388607"))),
    )
    chosen = tuple(pair for pair in keys if chance.random() < 0.6)
    return put_together(_file(), Form("stream", keys=chosen))


def _bomb(chance: Dice) -> File:
    """A page, an object stream or a store that inflates without end."""
    zeros = zlib.compress(b" " * (60 << 20), 9)
    deep = zlib.compress(zeros, 9)
    filters: Value = b"/FlateDecode"
    data = zeros
    if chance.random() < 0.5:
        data, filters = deep, Array([b"/FlateDecode", b"/FlateDecode"])
    head = Dict([(b"/Length", b"%d" % len(data)), (b"/Filter", filters)])
    head.pairs += [(b"/Type", b"/ObjStm"), (b"/N", b"5"), (b"/First", b"20")]
    file = _file(DSS=b"<</Certs[1000 0 R 1001 0 R]/CRLs[1000 0 R]/OCSPs[1001 0 R]>>")
    count = chance.choice((1, 40))
    file.objects |= {1000 + n: Body(head, data) for n in range(count)}
    return file


def _streams_in_streams(chance: Dice) -> bytes:
    """Object streams whose objects are said to lie in each other."""
    file = _file()
    inner = encoded_stream(
        b"1 0 <</Type/Catalog/Pages 2 0 R>>",
        [(b"/Type", b"/ObjStm"), (b"/N", b"1"), (b"/First", b"4"), (b"/Extends", b"1001 0 R")],
    )
    file.objects |= {1000: inner, 1001: inner}
    rows = b"".join(
        bytes([2]) + chance.choice((1000, 1001, 1, 5000)).to_bytes(2, "big") + bytes([n % 3])
        for n in (1, 2, 1000, 1001)
    )
    table = encoded_stream(
        rows,
        [
            (b"/Type", b"/XRef"),
            (b"/W", b"[1 2 1]"),
            (b"/Index", b"[1 2 1000 2]"),
            (b"/Size", b"2000"),
            (b"/Root", b"1 0 R"),
        ],
    )
    data = put_together(file, Form("table"))
    return data + b"1500 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table.dump(), len(data))


def _length_circle(chance: Dice) -> File:
    """Lengths that are references to streams that have such lengths."""
    number = chance.choice((1000, 1001, 1002))
    head = Dict([(b"/Length", b"%d 0 R" % number)])
    file = _file(DSS=b"<</Certs[1000 0 R 1001 0 R]>>")
    file.objects |= {1000 + n: Body(head, b"data") for n in range(2)}
    return file


def _inflated_certificates(chance: Dice) -> File:
    """A store of thousands of certificates, CRLs and answers, all different."""
    kind, name = chance.choice(
        (("certificates", "officer"), ("crls", "revoked"), ("ocsps", "good"))
    )
    count, der = chance.choice((20, 3000)), seeds(kind)[name]
    key = {"certificates": b"Certs", "crls": b"CRLs", "ocsps": b"OCSPs"}[kind]
    file = _file()
    for n in range(count):
        at = len(der) // 3
        data = der[:at] + n.to_bytes(2, "big") + der[at + 2 :]
        file.objects[1000 + n] = encoded_stream(data, [])
    catalog = file.objects[1].value
    assert isinstance(catalog, Dict)
    catalog.set(b"/DSS", b"<</%b[%b]>>" % (key, _references(list(range(1000, 1000 + count)))))
    return file


_KINDS: Final[tuple[Callable[[Dice], File | bytes], ...]] = (
    _chain,
    _doubling,
    _circle,
    _many_objects,
    _many_fields,
    _wide,
    _sections,
    _previous_circle,
    _table_promises,
    _bomb,
    _streams_in_streams,
    _length_circle,
    _inflated_certificates,
)
