"""qpdf, by pikepdf: with its recovery or without."""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pikepdf

from tests.corpus.structure.facts import (
    UNREADABLE,
    Facts,
    Name,
    Ref,
    Signature,
    Stream,
    digests,
    number,
    signature,
)

_Node = tuple[Any, str, str | None]
"""A form field, the name so far, and the type it inherits."""
_MAX_FIELDS: Final = 10_000
_HEX: Final = re.compile(rb"#([0-9a-fA-F]{2})")


def read(path: Path, *, recovery: bool) -> Facts:
    """Return what qpdf sees, or its error."""
    try:
        with (
            pikepdf.explicit_conversion(),
            pikepdf.open(
                path,
                attempt_recovery=recovery,
                suppress_warnings=True,
                inherit_page_attributes=False,
            ) as pdf,
        ):
            return _facts(pdf)
    except pikepdf.PasswordError:
        return Facts(error="password")
    except pikepdf.PdfError as error:
        return Facts(error=str(error).replace(str(path), "").strip(": ")[:120])


def _facts(pdf: pikepdf.Pdf) -> Facts:
    """Objects come first: to count pages qpdf mends what it finds."""
    objects, signatures = _objects(pdf), tuple(_signatures(pdf))
    return Facts(_pages(pdf), objects, signatures)


def _pages(pdf: pikepdf.Pdf) -> int | None:
    try:
        return len(pdf.pages)
    except pikepdf.PdfError:
        return None


def _objects(pdf: pikepdf.Pdf) -> dict[int, str]:
    """Numbers and digests; of two generations of a number the newer counts."""
    encrypted = pdf.is_encrypted
    found: dict[tuple[int, int], Any] = {}
    for item in pdf.objects:
        if item is not None:
            found[item.objgen] = _readable(item, encrypted=encrypted)
    return digests(dict(sorted(found.items())))


def _readable(item: Any, *, encrypted: bool) -> Any:
    try:
        return _neutral(item, top=True, encrypted=encrypted)
    except (pikepdf.PdfError, RecursionError):
        return UNREADABLE


def _neutral(item: Any, *, top: bool = False, encrypted: bool = False) -> Any:
    if item is None:
        return None
    if item.is_indirect and not top:
        return Ref(*item.objgen)
    match item._type_code:
        case pikepdf.ObjectType.stream:
            digest = None if encrypted else sha256(item.read_raw_bytes()).digest()
            return Stream(_dictionary(item), digest)
        case pikepdf.ObjectType.dictionary:
            return _dictionary(item)
        case pikepdf.ObjectType.array:
            return [_neutral(part) for part in item]
        case kind:
            return _PLAIN[kind](item)


def _dictionary(item: Any) -> dict[bytes, Any]:
    return {_name(key): _neutral(value) for key, value in item.items()}


def _unescaped(item: Any) -> Name:
    escaped = item.unparse(resolved=True)[1:]
    return Name(_HEX.sub(lambda found: bytes.fromhex(found[1].decode()), escaped))


_PLAIN: Final[dict[object, Callable[[Any], Any]]] = {
    pikepdf.ObjectType.name_: _unescaped,
    pikepdf.ObjectType.string: bytes,
    pikepdf.ObjectType.boolean: lambda item: item.unparse(resolved=True) == b"true",
    pikepdf.ObjectType.integer: int,
    pikepdf.ObjectType.real: lambda item: number(item.unparse(resolved=True)),
}


def _name(text: str) -> bytes:
    return text[1:].encode("utf-8", "surrogateescape")


def _signatures(pdf: pikepdf.Pdf) -> Iterator[Signature]:
    form = _get(pdf.Root, "/AcroForm")
    pending: list[_Node] = [(kid, "", None) for kid in _items(_get(form, "/Fields"))]
    seen: set[tuple[int, int]] = set()
    while pending and len(seen) < _MAX_FIELDS:
        node, prefix, inherited = pending.pop(0)
        if not isinstance(node, pikepdf.Dictionary) or node.objgen in seen:
            continue
        seen |= {node.objgen} - {(0, 0)}
        title, own = _get(node, "/T"), _get(node, "/FT")
        name = ".".join(part for part in (prefix, "" if title is None else str(title)) if part)
        kind = inherited if own is None else str(own)
        value = _get(node, "/V")
        if isinstance(value, pikepdf.Dictionary) and (kind == "/Sig" or "/ByteRange" in value):
            numbers = [int(n) for n in _items(_get(value, "/ByteRange"))]
            contents = _get(value, "/Contents")
            yield signature(name, numbers, b"" if contents is None else bytes(contents))
        pending += [(kid, name, kind) for kid in _items(_get(node, "/Kids"))]


def _get(item: Any, key: str) -> Any:
    return item.get(key) if isinstance(item, pikepdf.Dictionary) else None


def _items(item: Any) -> list[Any]:
    return list(item) if isinstance(item, pikepdf.Array) else []
