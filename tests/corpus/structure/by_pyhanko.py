"""pyHanko's own reader, lenient, without anything of ours around it."""

from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.corpus.structure.facts import (
    UNREADABLE,
    Facts,
    Name,
    Ref,
    Signature,
    Stream,
    digests,
    signature,
)


def read(path: Path) -> Facts:
    """Return what pyHanko sees, or what it throws."""
    try:
        with path.open("rb") as file:
            reader = PdfFileReader(file, strict=False)
            if reader.encrypted and reader.decrypt("").status is AuthStatus.FAILED:
                return Facts(error="password")
            return Facts(_pages(reader), _objects(reader), _signatures(reader))
    except Exception as error:  # noqa: BLE001 — it throws whatever its bytes lead it to
        return Facts(error=f"{type(error).__name__}: {error}"[:120])


def _pages(reader: PdfFileReader) -> int | None:
    """Count leaves: pyHanko has no count of its own but what /Count claims."""
    seen: set[object] = set()
    pending: list[Any] = [reader.root.raw_get("/Pages")]
    pages = 0
    while pending:
        item = pending.pop()
        key = (item.idnum, item.generation) if hasattr(item, "idnum") else id(item)
        node = item.get_object()
        if key in seen or not isinstance(node, generic.DictionaryObject):
            continue
        seen.add(key)
        kids = node.get("/Kids")
        if kids is not None and "/Contents" not in node:
            pending += kids
        elif node:
            pages += 1
    return pages


def _objects(reader: PdfFileReader) -> dict[int, str]:
    current: dict[int, tuple[int, bool]] = {}
    for index in reversed(range(reader.xrefs.total_revisions)):
        data = reader.xrefs.get_xref_data(index)
        for number, generation, is_there in _entries(data):
            current.setdefault(number, (generation, is_there))
    values = {
        (number, generation): _value(reader, number, generation)
        for number, (generation, is_there) in sorted(current.items())
        if is_there
    }
    return digests(values)


def _entries(data: Any) -> list[tuple[int, int, bool]]:
    """Entries of a section; what comes first counts."""
    found = [(n, g, True) for n, (g, _) in data.standard_xrefs.items()]
    found += [(n, 0, True) for n in data.xrefs_in_objstm]
    if data.hybrid is not None:
        found += _entries(data.hybrid.xref_data)
    return found + [(n, g, False) for n, g in data.freed.items()]


def _value(reader: PdfFileReader, number: int, generation: int) -> Any:
    try:
        found = reader.get_object(generic.Reference(number, generation, reader))
        return _neutral(found, encrypted=reader.encrypted)
    except Exception:  # noqa: BLE001 — as above
        return UNREADABLE


def _neutral(raw: Any, *, encrypted: bool) -> Any:
    raw = getattr(raw, "decrypted", raw)
    match raw:
        case generic.StreamObject():
            data = None if encrypted else sha256(raw.encoded_data).digest()
            return Stream(_dictionary(raw, encrypted=encrypted), data)
        case generic.DictionaryObject():
            return _dictionary(raw, encrypted=encrypted)
        case generic.ArrayObject():
            return [_neutral(item, encrypted=encrypted) for item in list.__iter__(raw)]
        case _:
            return _neutral_plain(raw)


def _neutral_plain(raw: Any) -> Any:
    for kind, conversion in _PLAIN.items():
        if isinstance(raw, kind):
            return conversion(raw)
    return None


def _dictionary(raw: Any, *, encrypted: bool) -> dict[bytes, Any]:
    return {_name(key): _neutral(raw.raw_get(key), encrypted=encrypted) for key in raw}


def _name(raw: Any) -> bytes:
    text = str(raw)[1:]
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


_PLAIN: dict[type, Callable[[Any], Any]] = {
    generic.IndirectObject: lambda raw: Ref(raw.idnum, raw.generation),
    generic.NameObject: lambda raw: Name(_name(raw)),
    generic.TextStringObject: lambda raw: bytes(raw.original_bytes),
    generic.ByteStringObject: lambda raw: bytes(raw.original_bytes),
    generic.BooleanObject: lambda raw: bool(raw.value),
    generic.NumberObject: int,
    generic.FloatObject: Decimal,
}


def _signatures(reader: PdfFileReader) -> tuple[Signature, ...]:
    return tuple(
        signature(
            str(found.field_name),
            [int(n) for n in found.sig_object["/ByteRange"]],
            bytes(found.pkcs7_content),
        )
        for found in reader.embedded_signatures
    )
