"""Our own reader."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from antin.core.bytesource import FileSource
from antin.core.errors import InputError
from antin.pdf.document import Manner, PdfDocument, open_pdf
from antin.pdf.history import Unreadable
from antin.pdf.objects import Name as OurName
from antin.pdf.objects import Ref as OurRef
from antin.pdf.objects import Stream as OurStream
from tests.corpus.structure.facts import UNREADABLE, Facts, Name, Ref, Stream, digests, signature


def read(path: Path, manner: Manner) -> Facts:
    """Return what our reader sees, or the code of its refusal."""
    with FileSource(path) as source:
        try:
            document = open_pdf(source, manner)
            return facts_of(document)
        except InputError as error:
            return Facts(error=error.code)


def facts_of(document: PdfDocument) -> Facts:
    """Return what is seen in an opened document."""
    signatures = tuple(
        signature(found.name, list(found.byte_range), found.contents)
        for found in document.signatures
    )
    return Facts(document.page_count, _objects(document), signatures)


def _objects(document: PdfDocument) -> dict[int, str]:
    view = document.final_view
    encrypted = "Encrypt" in view.trailer
    values = {}
    for number in sorted(view.history.numbers()):
        place = view.place(number)
        if place is not None:
            found = view.history.value(number, place)
            values[number, place.generation] = (
                UNREADABLE
                if isinstance(found, Unreadable)
                else _neutral(found, encrypted=encrypted)
            )
    return digests(values)


def _neutral(value: Any, *, encrypted: bool) -> Any:
    match value:
        case OurStream():
            return Stream(_dictionary(value.dictionary), None if encrypted else value.digest)
        case OurRef():
            return Ref(value.number, value.generation)
        case OurName():
            return Name(_name(value))
        case Mapping():
            return _dictionary(value)
        case tuple():
            return [_neutral(item, encrypted=encrypted) for item in value]
        case _:
            return value


def _dictionary(value: Mapping[str, Any]) -> dict[bytes, Any]:
    return {_name(key): _neutral(item, encrypted=False) for key, item in value.items()}


def _name(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
