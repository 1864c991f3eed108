"""One PKCS#11 session: finding objects, reading attributes, logging in, signing."""

import ctypes
from collections.abc import Sequence
from ctypes import byref, c_ulong
from typing import Final

from antin.hsm.cryptoki import (
    Attribute,
    Cryptoki,
    CryptokiError,
    MechanismStruct,
    PssParameters,
    SessionInfo,
    Template,
)
from antin.hsm.cryptoki_values import CKF_SERIAL_SESSION
from antin.hsm.mechanism_calls import MechanismCall

_LONGEST_SIGNATURE: Final = 2048
"""Bytes; RSA-16384. A buffer that is large enough spares the call that asks for the length."""
_USER_STATES: Final = frozenset({1, 3})
"""CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS."""
_MOST_OBJECTS: Final = 1000
_LONGEST_VALUE: Final = 64 << 10
"""Bytes of an attribute; certificates are the longest that are read."""
_ABSENT: Final = c_ulong(-1).value
"""CK_UNAVAILABLE_INFORMATION: the object has no such attribute."""


class Session:
    """An open session; one thread at a time. Every method raises ``CryptokiError``."""

    def __init__(self, cryptoki: Cryptoki, slot: int) -> None:
        handle = c_ulong()
        cryptoki.call("C_OpenSession", slot, CKF_SERIAL_SESSION, None, None, byref(handle))
        self._call = cryptoki.call
        self._handle = handle.value
        self._signature = ctypes.create_string_buffer(_LONGEST_SIGNATURE)

    def close(self) -> None:
        """Close it; one that is dead already is as good as closed."""
        try:
            self._call("C_CloseSession", self._handle)
        except CryptokiError:
            return

    @property
    def logged_in(self) -> bool:
        """Whether the user's login of this process stands."""
        info = SessionInfo()
        self._call("C_GetSessionInfo", self._handle, byref(info))
        return info.state in _USER_STATES

    def login(self, pin: str, user: int) -> None:
        """Log in as ``user`` (CKU_USER, CKU_CONTEXT_SPECIFIC)."""
        text = pin.encode()
        self._call("C_Login", self._handle, user, text, len(text))

    def find(self, *wanted: tuple[int, bytes]) -> tuple[int, ...]:
        """Return the handles of the objects with these attributes, at most a thousand."""
        template = Template(wanted)
        found = (c_ulong * _MOST_OBJECTS)()
        count = c_ulong()
        self._call("C_FindObjectsInit", self._handle, template.array, len(wanted))
        try:
            self._call("C_FindObjects", self._handle, found, _MOST_OBJECTS, byref(count))
        finally:
            self._call("C_FindObjectsFinal", self._handle)
        return tuple(found[: min(count.value, _MOST_OBJECTS)])

    def attributes(self, handle: int, kinds: Sequence[int]) -> tuple[bytes, ...]:
        """Return the values of an object's attributes; empty for one that it does not have."""
        return tuple(self._attribute(handle, kind) for kind in kinds)

    def _attribute(self, handle: int, kind: int) -> bytes:
        # One by one: a missing one among several makes some modules give none.
        place = Attribute(kind=kind)
        try:
            self._call("C_GetAttributeValue", self._handle, handle, byref(place), 1)
            if place.length in {0, _ABSENT} or place.length > _LONGEST_VALUE:
                return b""
            buffer = ctypes.create_string_buffer(place.length)
            place.value = ctypes.addressof(buffer)
            self._call("C_GetAttributeValue", self._handle, handle, byref(place), 1)
        except CryptokiError as error:
            if error.name in {"CKR_ATTRIBUTE_TYPE_INVALID", "CKR_ATTRIBUTE_SENSITIVE"}:
                return b""
            raise
        return buffer.raw[: min(place.length, len(buffer))]

    def begin_signature(self, mechanism: MechanismCall, key: int) -> None:
        """C_SignInit."""
        native = MechanismStruct(number=mechanism.number)
        if mechanism.pss is not None:
            parameters = PssParameters(*mechanism.pss)
            native.parameter = ctypes.addressof(parameters)
            native.length = ctypes.sizeof(parameters)
        self._call("C_SignInit", self._handle, byref(native), key)

    def end_signature(self, payload: bytes) -> bytes:
        """C_Sign: one call, one round trip to a network HSM."""
        length = c_ulong(_LONGEST_SIGNATURE)
        self._call("C_Sign", self._handle, payload, len(payload), self._signature, byref(length))
        return self._signature.raw[: min(length.value, _LONGEST_SIGNATURE)]
