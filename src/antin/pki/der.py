"""Reading foreign DER and BER: whatever a library throws becomes one of our codes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from antin.core.errors import AntinError, InputError
from antin.pki.ber import to_der
from antin.pki.der_read import Cursor

T = TypeVar("T")
BER: Final = "it is encoded in BER where DER is asked for"


@contextmanager
def translated(code: str) -> Iterator[None]:
    """Turn every foreign exception into ``InputError(code)``; ours pass unchanged.

    Parsers of hostile bytes fail in ways nobody lists: RecursionError, KeyError, struct.error. A
    lack of memory passes, too: it says nothing of these bytes, and what is left out as unreadable
    could have been what speaks against a signature.
    """
    try:
        yield
    except (AntinError, MemoryError):
        raise
    except Exception as error:  # nobody lists what parsers raise: see above
        raise InputError(code, detail=_reason(error)) from error


def _reason(error: Exception) -> str:
    """Return one printable line."""
    text = "".join(c if c.isprintable() else " " for c in str(error)).strip()
    return (text or type(error).__name__)[:200].rstrip(".")


def padded_value(data: bytes, limit: int, code: str) -> bytes:
    """Return the DER value in ``data``; only zero bytes may follow it.

    /Contents of a PDF signature is padded with zeros. Error: ``code``, also above ``limit`` bytes.
    """
    check_size(data, limit, code)
    cursor = Cursor(data, code)
    value = cursor.raw()
    _check_end(data, len(value), limit, code)
    return value


def read_leniently(
    data: bytes, limit: int, code: str, read: Callable[[bytes, bytes, tuple[str, ...]], T]
) -> T:
    """Return ``read`` of the value in ``data``: strictly as DER, else once more with BER made DER.

    ``read`` gets the value as it lies, the same in DER, and the deviations so far. What can't be
    read either way fails with the first reason. Error: ``code``, also above ``limit`` bytes.
    """
    check_size(data, limit, code)
    try:
        value = padded_value(data, limit, code)
        return read(value, value, ())
    except InputError as error:
        der, length = _from_ber(data, code, error)
    _check_end(data, length, limit, code)
    return read(data[:length], der, (BER,))


def _from_ber(data: bytes, code: str, strict: InputError) -> tuple[bytes, int]:
    """Return the DER of ``data`` and its length there; raise ``strict`` where it was no matter."""
    try:
        der, length = to_der(data, code)
    except InputError:
        raise strict from None
    if der == data[:length]:
        raise strict from None
    return der, length


def check_size(data: bytes, limit: int, code: str) -> None:
    """Raise ``code`` when ``data`` is too long, its padding considered."""
    if len(data) > limit * 2:
        raise InputError(code, detail=f"more than {limit} bytes")


def _check_end(data: bytes, length: int, limit: int, code: str) -> None:
    if length > limit:
        raise InputError(code, detail=f"more than {limit} bytes")
    if data[length:].strip(b"\x00"):
        raise InputError(code, detail=f"bytes follow the value, at byte {length}", offset=length)


def load(spec: Any, data: bytes, code: str) -> Any:
    """Parse ``data`` whole as asn1crypto type ``spec``; error ``code``."""
    with translated(code):
        return spec.load(data, strict=True)
