"""A PDF taken apart into objects, and put together in any form that files have."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tests.fuzz.pdf_syntax import Dict, Value, copied, dump, parse

_OBJECT: Final = re.compile(rb"(?<!\d)(\d{1,7})[ \r\n]+(\d{1,5})[ \r\n]+obj\b")
_STREAM: Final = re.compile(rb"stream\r?\n")
_TRAILER: Final = re.compile(rb"\btrailer\b\s*(?=<<)")
_OF_TABLES: Final = (b"/W", b"/Index", b"/Prev", b"/XRefStm", b"/Length", b"/Filter", b"/Type")
_OF_STREAMS: Final = (b"/DecodeParms", b"/Size")


@dataclass
class Body:
    """What stands between ``obj`` and ``endobj``."""

    value: Value
    data: bytes | None = None
    """Of a stream, encoded; None: it is no stream."""

    def dump(self) -> bytes:
        """Return the bytes."""
        if self.data is None:
            return dump(self.value)
        return dump(self.value) + b"\nstream\n" + self.data + b"\nendstream"

    def copied(self) -> "Body":
        """Return a copy that shares nothing."""
        return Body(copied(self.value), self.data)


@dataclass
class File:
    """Objects by number (the last version of each) and the trailer's own keys."""

    objects: dict[int, Body]
    trailer: Dict

    def copied(self) -> "File":
        """Return a copy that shares nothing."""
        trailer = Dict([(key, copied(value)) for key, value in self.trailer.pairs])
        return File({n: body.copied() for n, body in self.objects.items()}, trailer)

    @property
    def next_number(self) -> int:
        """A number that no object has."""
        return max(self.objects, default=0) + 1


@dataclass(frozen=True)
class Form:
    """In which form cross-references are written, and what is wrong with them."""

    kind: str = "table"
    """``table``, ``stream``, ``hybrid`` or ``packed`` (objects in object streams as well)."""
    wrong_offsets: Mapping[int, int] = field(default_factory=dict)
    """By object number, instead of the right ones."""
    keys: tuple[tuple[bytes, bytes], ...] = ()
    """Put into the trailer or the cross-reference stream's dictionary, whatever is there."""
    previous: int | None = None
    startxref: int | None = None
    """Instead of the right one."""


def take_apart(data: bytes) -> File:
    """Return the objects that can be found in ``data``, those in object streams included."""
    objects: dict[int, Body] = {}
    trailer = Dict([])
    for match in _OBJECT.finditer(data):
        body = _body(data, match.end())
        kind = body.value.get(b"/Type") if isinstance(body.value, Dict) else None
        if kind == b"/XRef" and isinstance(body.value, Dict):
            trailer = _merged(trailer, body.value)
        elif kind == b"/ObjStm":
            objects |= _unpacked(body)
        else:
            objects[int(match[1])] = body
    for match in _TRAILER.finditer(data):
        found = parse(data[match.end() : match.end() + 4000])
        if isinstance(found, Dict):
            trailer = _merged(trailer, found)
    return File(objects, trailer)


def put_together(file: File, form: Form, before: bytes = b"") -> bytes:
    """Return a whole PDF, or with ``before`` an update of that one, with ``file``'s objects."""
    out = bytearray(before or b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    packed = _packable(file) if form.kind == "packed" else []
    top = max([0, *file.objects]) + 1
    inside = {number: (top, index) for index, number in enumerate(packed)}
    offsets: dict[int, int] = {}
    for number, body in file.objects.items():
        if number not in inside:
            offsets[number] = len(out)
            out += b"%d 0 obj\n%b\nendobj\n" % (number, body.dump())
    if packed:
        offsets[top] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (top, _object_stream(file, packed).dump())
        top += 1
    _write_references(out, file, form, offsets, inside, top)
    return bytes(out)


def encoded_stream(data: bytes, pairs: list[tuple[bytes, Value]]) -> Body:
    """Return a stream of ``data`` through Flate."""
    small = zlib.compress(data)
    head: list[tuple[bytes, Value]] = [
        *pairs,
        (b"/Filter", b"/FlateDecode"),
        (b"/Length", b"%d" % len(small)),
    ]
    return Body(Dict(head), small)


def _write_references(
    out: bytearray,
    file: File,
    form: Form,
    offsets: dict[int, int],
    inside: dict[int, tuple[int, int]],
    top: int,
) -> None:
    offsets = offsets | {n: at for n, at in form.wrong_offsets.items() if n in offsets}
    trailer = Dict(list(file.trailer.pairs))
    trailer.set(b"/Size", b"%d" % (top + 1))
    if form.previous is not None:
        trailer.set(b"/Prev", b"%d" % form.previous)
    if form.kind == "hybrid":
        half = dict(list(offsets.items())[::2])
        trailer.set(b"/XRefStm", b"%d" % len(out))
        _write_stream(out, Dict([*trailer.pairs]), replace(form, keys=()), half, {}, top)
        offsets = {n: at for n, at in offsets.items() if n not in half}
    start = len(out)
    if form.kind in {"stream", "packed"}:
        _write_stream(out, trailer, form, offsets, inside, top)
    else:
        _write_table(out, trailer, form, offsets)
    out += b"startxref\n%d\n%%%%EOF\n" % (start if form.startxref is None else form.startxref)


def _write_table(out: bytearray, trailer: Dict, form: Form, offsets: dict[int, int]) -> None:
    out += b"xref\n"
    if form.previous is None:
        out += b"0 1\n0000000000 65535 f \n"
    for number, at in sorted(offsets.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, max(at, 0))
    for key, value in form.keys:
        trailer.set(key, value)
    out += b"trailer\n" + dump(trailer) + b"\n"


def _write_stream(
    out: bytearray,
    trailer: Dict,
    form: Form,
    offsets: dict[int, int],
    inside: dict[int, tuple[int, int]],
    number: int,
) -> None:
    entries = {n: (1, max(at, 0), 0) for n, at in offsets.items()}
    entries |= {n: (2, holder, index) for n, (holder, index) in inside.items()}
    entries[number] = (1, len(out), 0)
    if form.previous is None:
        entries[0] = (0, 0, 0)
    rows = b"".join(
        bytes([kind]) + (at & 0xFFFFFFFFFF).to_bytes(5, "big") + index.to_bytes(2, "big")
        for _, (kind, at, index) in sorted(entries.items())
    )
    index = b" ".join(b"%d 1" % n for n in sorted(entries))
    head: list[tuple[bytes, Value]] = [
        (b"/Type", b"/XRef"),
        (b"/W", b"[1 5 2]"),
        (b"/Index", b"[" + index + b"]"),
        *((k, v) for k, v in trailer.pairs if k not in {b"/Filter", b"/Length", b"/DecodeParms"}),
    ]
    body = encoded_stream(rows, head)
    assert isinstance(body.value, Dict)
    for key, value in form.keys:
        body.value.set(key, value)
    out += b"%d 0 obj\n%b\nendobj\n" % (number, body.dump())


def _packable(file: File) -> list[int]:
    """Return the numbers of objects that may lie in an object stream."""
    kept = {dump(value).split(b" ")[0] for key, value in file.trailer.pairs if key == b"/Encrypt"}
    return [
        number
        for number, body in file.objects.items()
        if body.data is None and b"%d" % number not in kept and b"/ByteRange" not in body.dump()
    ]


def _object_stream(file: File, numbers: list[int]) -> Body:
    pieces, header, at = [], [], 0
    for number in numbers:
        text = dump(file.objects[number].value) + b" "
        header.append(b"%d %d" % (number, at))
        pieces.append(text)
        at += len(text)
    head = b" ".join(header) + b" "
    pairs: list[tuple[bytes, Value]] = [
        (b"/Type", b"/ObjStm"),
        (b"/N", b"%d" % len(numbers)),
        (b"/First", b"%d" % len(head)),
    ]
    return encoded_stream(head + b"".join(pieces), pairs)


def _body(data: bytes, start: int) -> Body:
    end = data.find(b"endobj", start)
    end = len(data) if end < 0 else end
    stream = _STREAM.search(data, start, end)
    if stream is None:
        return Body(parse(data[start:end]))
    stop = data.find(b"endstream", stream.end())
    raw = data[stream.end() : stop if stop >= 0 else end]
    return Body(parse(data[start : stream.start()]), raw.removesuffix(b"\n").removesuffix(b"\r"))


def _unpacked(body: Body) -> dict[int, Body]:
    """Return the objects in an object stream; none if it can't be read."""
    assert isinstance(body.value, Dict)
    try:
        plain = zlib.decompressobj().decompress(body.data or b"", 1 << 20)
        first = int(dump(body.value.get(b"/First") or b""))
        numbers = list(map(int, plain[:first].split()))
    except (ValueError, zlib.error):
        return {}
    pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
    ends = [at for _, at in pairs[1:]] + [len(plain)]
    return {
        n: Body(parse(plain[first + at : first + end]))
        for (n, at), end in zip(pairs, ends, strict=True)
    }


def _merged(trailer: Dict, other: Dict) -> Dict:
    found = Dict(list(trailer.pairs))
    for key, value in other.pairs:
        if key not in {*_OF_TABLES, *_OF_STREAMS}:
            found.set(key, value)
    return found
