"""Reading foreign DER and BER: whatever a library throws becomes one of our codes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asn1crypto import parser

from antin.core.errors import AntinError, InputError


@contextmanager
def translated(code: str) -> Iterator[None]:
    """Turn every foreign exception into ``InputError(code)``; ours pass unchanged.

    Parsers of hostile bytes fail in ways nobody lists: RecursionError, KeyError, struct.error.
    """
    try:
        yield
    except AntinError:
        raise
    except MemoryError as error:
        raise InputError(code, detail="it needs too much memory") from error
    except Exception as error:
        raise InputError(code, detail=_reason(error)) from error


def _reason(error: Exception) -> str:
    """Return one printable line."""
    text = "".join(c if c.isprintable() else " " for c in str(error)).strip()
    return (text or type(error).__name__)[:200].rstrip(".")


def first_value(data: bytes, limit: int, code: str) -> bytes:
    """Return the first BER value in ``data``; only zero bytes may follow it.

    /Contents of a PDF signature is padded with zeros. Error: ``code``, also above ``limit`` bytes.
    """
    if len(data) > limit * 2:
        raise InputError(code, detail=f"more than {limit} bytes")
    with translated(code):
        length = parser.peek(data)
    if length > limit:
        raise InputError(code, detail=f"more than {limit} bytes")
    if data[length:].strip(b"\x00"):
        raise InputError(code, detail="bytes follow the value")
    return data[:length]


def load(spec: Any, data: bytes, code: str) -> Any:
    """Parse ``data`` whole as asn1crypto type ``spec``; error ``code``."""
    with translated(code):
        return spec.load(data, strict=True)
