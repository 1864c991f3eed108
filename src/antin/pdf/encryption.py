"""The only door to pyHanko here: the ciphers of files that the empty user password opens.

It is loaded for files with /Encrypt only (ISO 32000-2 §7.6).
"""

import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Protocol

from antin.core.errors import InputError
from antin.pdf.access import ALL_ALLOWED, Access
from antin.pdf.objects import Dictionary, Name, Stream, Value, integer, name

_IDENTITY: Final = "Identity"
_LAST_OF_PDF_1: Final = 5
"""The revision of AES-256 before PDF 2.0, which pyHanko does not know (§7.6.4.3.3, note)."""


class Cipher(Protocol):
    """Encrypts and decrypts strings and streams of one file."""

    access: Access

    def decrypt(self, number: int, generation: int, value: Value) -> Value:
        """Return ``value`` of an object that lies in the file itself, its strings decrypted."""
        ...

    def encrypt(self, number: int, generation: int, value: Value) -> Value:
        """Return ``value`` of an object that will lie in the file itself, its strings encrypted."""
        ...

    def stream(self, number: int, generation: int, stream: Dictionary, data: bytes) -> bytes:
        """Return the data of a stream, decrypted but still encoded."""
        ...

    def sealed(self, number: int, generation: int, stream: Dictionary, data: bytes) -> bytes:
        """Return the encoded data of a stream, encrypted."""
        ...


class StandardCipher:
    """The standard security handler (ISO 32000-2 §7.6.4), opened."""

    def __init__(self, handler: Any, access: Access) -> None:
        self._handler = handler
        self.access = access

    def decrypt(self, number: int, generation: int, value: Value) -> Value:
        """Return ``value`` with its strings decrypted, a signature's /Contents as they are."""
        crypt = self._handler.get_string_filter()
        key = crypt.derive_object_key(number, generation)
        return _with_strings(value, lambda data: _attempt(lambda: crypt.decrypt(key, data)))

    def encrypt(self, number: int, generation: int, value: Value) -> Value:
        """Return ``value`` with its strings encrypted, a signature's /Contents as they are."""
        crypt = self._handler.get_string_filter()
        key = crypt.derive_object_key(number, generation)
        return _with_strings(value, lambda data: _attempt(lambda: crypt.encrypt(key, data)))

    def stream(self, number: int, generation: int, stream: Dictionary, data: bytes) -> bytes:
        """Return the data decrypted by the filter that the stream, or else the file, names."""
        crypt, key = self._of_stream(number, generation, stream)
        return _attempt(lambda: crypt.decrypt(key, data))

    def sealed(self, number: int, generation: int, stream: Dictionary, data: bytes) -> bytes:
        """Return the data encrypted by the filter that the stream, or else the file, names."""
        crypt, key = self._of_stream(number, generation, stream)
        return _attempt(lambda: crypt.encrypt(key, data))

    def _of_stream(self, number: int, generation: int, stream: Dictionary) -> tuple[Any, bytes]:
        try:
            crypt = self._handler.get_stream_filter(_crypt_filter(stream))
            return crypt, crypt.derive_object_key(number, generation)
        except Exception as error:  # it throws whatever its bytes lead it to
            raise _unusable() from error


def open_cipher(encryption: Dictionary, file_id: bytes | None) -> Cipher:
    """Return what decrypts a file with the dictionary ``encryption``, all of it resolved.

    ``file_id`` is the first part of the trailer's /ID. Error: ``pdf_encrypted`` when the empty user
    password does not open it, or nobody knows how it was encrypted.
    """
    from pyhanko.pdf_utils.crypt import AuthStatus

    logging.getLogger("pyhanko").addHandler(logging.NullHandler())
    logging.getLogger("pyhanko").propagate = False
    if name(encryption.get("Filter")) != "Standard":
        raise InputError("pdf_encrypted")
    try:
        handler = _handler(encryption)
        status = handler.authenticate("", file_id).status
    except Exception as error:  # it throws whatever its bytes lead it to
        raise InputError("pdf_encrypted") from error
    if status is AuthStatus.FAILED:
        raise InputError("pdf_encrypted")
    # Whoever has the owner's password may do everything (§7.6.4.1), and here it is the empty one.
    access = ALL_ALLOWED if status is AuthStatus.OWNER else _access(encryption)
    return StandardCipher(handler, access)


def _handler(encryption: Dictionary) -> Any:
    from pyhanko.pdf_utils.crypt import StandardSecurityHandler

    made = StandardSecurityHandler.instantiate_from_pdf_object(_foreign(encryption))
    if integer(encryption.get("R")) == _LAST_OF_PDF_1:
        made._authenticate_r6 = lambda _: _opened_by_sha256(made)  # noqa: SLF001 — the one step that differs
    return made


def _opened_by_sha256(handler: Any) -> Any:
    """Try the empty password as revision 5 does: one SHA-256 where revision 6 does many rounds.

    /U and /O hold digest, validation salt and key salt; the owner's digest covers /U, too.
    """
    from hashlib import sha256

    from pyhanko.pdf_utils.crypt import AuthStatus
    from pyhanko.pdf_utils.crypt._util import aes_cbc_decrypt

    ways = (
        (AuthStatus.OWNER, handler.odata, handler.udata, handler.oeseed),
        (AuthStatus.USER, handler.udata, b"", handler.ueseed),
    )
    for status, entry, more, sealed in ways:
        if sha256(entry[32:40] + more).digest() == entry[:32]:
            key = sha256(entry[40:48] + more).digest()
            return status, aes_cbc_decrypt(key, sealed, bytes(16), use_padding=False)
    return AuthStatus.FAILED, None


def _access(encryption: Dictionary) -> Access:
    return Access(integer(encryption.get("P")) or 0, integer(encryption.get("R")) or 0)


def _attempt(action: Callable[[], Any]) -> bytes:
    try:
        return bytes(action())
    except Exception as error:  # as above
        raise _unusable() from error


def _unusable() -> InputError:
    return InputError("pdf_malformed", detail="its encryption cannot be used")


def _crypt_filter(dictionary: Dictionary) -> str | None:
    """Return the crypt filter that a stream names for itself (§7.4.10)."""
    kinds, parameters = dictionary.get("Filter"), dictionary.get("DecodeParms")
    first = kinds[0] if isinstance(kinds, tuple) and kinds else kinds
    if name(first) != "Crypt":
        return None
    own = parameters[0] if isinstance(parameters, tuple) and parameters else parameters
    named = name(own.get("Name")) if isinstance(own, Mapping) else None
    return f"/{named or _IDENTITY}"


def _with_strings(value: Value, change: Callable[[bytes], bytes]) -> Value:
    """Return ``value`` with ``change`` of each string; the lexer has limited how deep they lie.

    The /Contents of a signature are never encrypted (ISO 32000-2 §7.6.2).
    """
    match value:
        case bytes():
            return change(value)
        case tuple():
            return tuple(_with_strings(item, change) for item in value)
        case Stream():
            return Stream(
                {k: _with_strings(v, change) for k, v in value.dictionary.items()}, value.raw
            )
        case Mapping():
            kept = "Contents" if "ByteRange" in value else None
            return {k: v if k == kept else _with_strings(v, change) for k, v in value.items()}
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
