"""What stream filters hide (ISO 32000-2 §7.4), decoded within bounds.

Filters for data only, none for pictures: structure never lies behind those.
"""

import re
import zlib
from base64 import a85decode
from binascii import unhexlify
from collections.abc import Callable, Mapping
from typing import Final

from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.lexer import WHITE
from antin.pdf.lzw import lzw_decode
from antin.pdf.objects import Dictionary, Stream, Value, dictionary_of, name
from antin.pdf.predictors import undo_predictor

_MAX_FILTERS: Final = 8
_NOT_HEX: Final = re.compile(rb"[^0-9A-Fa-f]++")
_SLOW: Final = 4
"""Decoding in Python costs about as much as parsing so many times the bytes."""

Decoder = Callable[[bytes, Dictionary, int], bytes]
"""Takes data, parameters and how many bytes may come out; ValueError if they make no sense."""


def decode(
    stream: Stream,
    raw: bytes,
    budget: Budget,
    resolve: Callable[[Value], Value] = lambda value: value,
) -> bytes:
    """Return ``raw``, decrypted data of ``stream``, with all its filters undone.

    ``resolve`` follows references in the stream's dictionary. Errors: ``pdf_malformed``,
    ``pdf_too_complex``.
    """
    data = raw
    for kind, parameters in _filters(stream.dictionary, resolve):
        if kind not in _FAST:
            budget.parse(_SLOW * len(data))
        limit = budget.largest
        data = _decoded(kind, data, parameters, limit)
        if len(data) > limit:
            raise InputError("pdf_too_complex", detail="a stream inflates too much")
        budget.inflate(len(data))
        data = undo_predictor(data, parameters, budget)
    return data


def _decoded(kind: str, data: bytes, parameters: Dictionary, limit: int) -> bytes:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise InputError("pdf_malformed", detail="a stream has a filter that hides no data")
    try:
        return decoder(data, parameters, limit)
    except (ValueError, zlib.error) as error:
        raise InputError("pdf_malformed", detail=f"a stream is no {kind} data") from error


def _filters(
    dictionary: Dictionary, resolve: Callable[[Value], Value]
) -> list[tuple[str, Dictionary]]:
    kinds = _as_list(resolve(dictionary.get("Filter", dictionary.get("F"))))
    parameters = _as_list(resolve(dictionary.get("DecodeParms", dictionary.get("DP"))))
    if len(kinds) > _MAX_FILTERS:
        raise InputError("pdf_too_complex", detail=f"a stream with {len(kinds)} filters")
    parameters += [None] * (len(kinds) - len(parameters))
    return [
        (name(resolve(kind)) or "", _resolved(dictionary_of(resolve(item)) or {}, resolve))
        for kind, item in zip(kinds, parameters, strict=False)
    ]


def _as_list(value: Value) -> list[Value]:
    if value is None:
        return []
    return list(value) if isinstance(value, tuple) else [value]


def _resolved(parameters: Dictionary, resolve: Callable[[Value], Value]) -> Dictionary:
    return {key: resolve(value) for key, value in parameters.items()}


def inflate(data: bytes, _: Dictionary, limit: int) -> bytes:
    """Return the data behind FlateDecode; what follows their end is left out."""
    return zlib.decompressobj().decompress(data, limit + 1)


def _hex(data: bytes, _: Dictionary, __: int) -> bytes:
    digits = _NOT_HEX.sub(b"", data.partition(b">")[0])
    return unhexlify(digits + b"0" * (len(digits) % 2))


def _ascii85(data: bytes, _: Dictionary, __: int) -> bytes:
    return a85decode(data.lstrip(WHITE).removeprefix(b"<~").partition(b"~")[0], ignorechars=WHITE)


def _run_length(data: bytes, _: Dictionary, limit: int) -> bytes:
    out = bytearray()
    at = 0
    while at < len(data) and data[at] != 128 and len(out) <= limit:
        count = data[at]
        if count < 128:
            out += data[at + 1 : at + 2 + count]
            at += 2 + count
        else:
            out += data[at + 1 : at + 2] * (257 - count)
            at += 2
    return bytes(out)


def _as_it_is(data: bytes, _: Dictionary, __: int) -> bytes:
    """Pass on what a Crypt filter left: decrypting comes before all this."""
    return data


_DECODERS: Final[Mapping[str, Decoder]] = {
    "ASCII85Decode": _ascii85,
    "A85": _ascii85,
    "ASCIIHexDecode": _hex,
    "AHx": _hex,
    "FlateDecode": inflate,
    "Fl": inflate,
    "LZWDecode": lzw_decode,
    "LZW": lzw_decode,
    "RunLengthDecode": _run_length,
    "RL": _run_length,
    "Crypt": _as_it_is,
}
_FAST: Final = frozenset({"FlateDecode", "Fl", "ASCIIHexDecode", "AHx", "Crypt"})
