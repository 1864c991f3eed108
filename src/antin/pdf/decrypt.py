"""The only door to pyHanko here: decrypting what the empty user password opens.

It is loaded for files with /Encrypt only.
"""

import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Protocol

from antin.core.errors import InputError
from antin.pdf.objects import Dictionary, Name, Stream, Value, name

_IDENTITY: Final = "Identity"


class Cipher(Protocol):
    """Decrypts strings and streams of one file."""

    def decrypt(self, number: int, generation: int, value: Value) -> Value:
        """Return ``value`` of an object that lies in the file itself, its strings decrypted."""
        ...

    def stream(self, number: int, generation: int, stream: Stream, data: bytes) -> bytes:
        """Return the data of a stream, decrypted but still encoded."""
        ...


class StandardCipher:
    """The standard security handler (ISO 32000-2 §7.6.4), opened."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler

    def decrypt(self, number: int, generation: int, value: Value) -> Value:
        """Return ``value`` with its strings decrypted, a signature's /Contents as they are."""
        crypt = self._handler.get_string_filter()
        key = crypt.derive_object_key(number, generation)

        def plain(data: bytes) -> bytes:
            return bytes(_attempt(lambda: crypt.decrypt(key, data)))

        return _with_strings(value, plain)

    def stream(self, number: int, generation: int, stream: Stream, data: bytes) -> bytes:
        """Return the data decrypted by the filter that the stream, or else the file, names."""
        crypt = _attempt(lambda: self._handler.get_stream_filter(_crypt_filter(stream.dictionary)))
        key = _attempt(lambda: crypt.derive_object_key(number, generation))
        return bytes(_attempt(lambda: crypt.decrypt(key, data)))


def open_cipher(encryption: Dictionary, file_id: bytes | None) -> Cipher:
    """Return what decrypts a file with the dictionary ``encryption``, all of it resolved.

    ``file_id`` is the first part of the trailer's /ID. Error: ``pdf_encrypted`` when the empty user
    password does not open it, or nobody knows how it was encrypted.
    """
    from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler

    logging.getLogger("pyhanko").addHandler(logging.NullHandler())
    logging.getLogger("pyhanko").propagate = False
    if name(encryption.get("Filter")) != "Standard":
        raise InputError("pdf_encrypted")
    try:
        handler = StandardSecurityHandler.instantiate_from_pdf_object(_foreign(encryption))
        opened = handler.authenticate("", file_id).status is not AuthStatus.FAILED
    except Exception as error:  # it throws whatever its bytes lead it to
        raise InputError("pdf_encrypted") from error
    if not opened:
        raise InputError("pdf_encrypted")
    return StandardCipher(handler)


def _attempt(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except Exception as error:  # as above
        raise InputError("pdf_malformed", detail="it cannot be decrypted") from error


def _crypt_filter(dictionary: Dictionary) -> str | None:
    """Return the crypt filter that a stream names for itself (§7.4.10)."""
    kinds, parameters = dictionary.get("Filter"), dictionary.get("DecodeParms")
    first = kinds[0] if isinstance(kinds, tuple) and kinds else kinds
    if name(first) != "Crypt":
        return None
    own = parameters[0] if isinstance(parameters, tuple) and parameters else parameters
    named = name(own.get("Name")) if isinstance(own, Mapping) else None
    return f"/{named or _IDENTITY}"


def _with_strings(value: Value, plain: Callable[[bytes], bytes]) -> Value:
    """Return ``value`` with ``plain`` of each string; the lexer has limited how deep they lie.

    The /Contents of a signature are never encrypted (ISO 32000-2 §7.6.2).
    """
    match value:
        case bytes():
            return plain(value)
        case tuple():
            return tuple(_with_strings(item, plain) for item in value)
        case Stream():
            return Stream(
                {k: _with_strings(v, plain) for k, v in value.dictionary.items()}, value.raw
            )
        case Mapping():
            kept = "Contents" if "ByteRange" in value else None
            return {k: v if k == kept else _with_strings(v, plain) for k, v in value.items()}
        case _:
            return value


def _foreign(value: Value) -> Any:
    """Return pyHanko's object for a value that holds no references."""
    from pyhanko.pdf_utils import generic

    plain: dict[type, Callable[[Any], Any]] = {
        Name: lambda found: generic.NameObject(f"/{found}"),
        bool: generic.BooleanObject,
        int: generic.NumberObject,
        Decimal: generic.FloatObject,
        bytes: generic.ByteStringObject,
        tuple: lambda found: generic.ArrayObject([_foreign(item) for item in found]),
    }
    if isinstance(value, Mapping):
        items = {generic.NameObject(f"/{key}"): _foreign(item) for key, item in value.items()}
        return generic.DictionaryObject(items)
    make = plain.get(type(value))
    return generic.NullObject() if make is None else make(value)
