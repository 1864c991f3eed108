"""A PKCS#11 module called by ctypes, which lets go of the interpreter's lock during each call.

Only the functions, structures and fields that are used here (OASIS PKCS#11 v2.40 §4, §5; the first
68 functions of v3.0 are the same). Nothing here knows what a call is good for.
"""

import ctypes
import sys
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_ubyte, c_ulong, c_void_p
from pathlib import Path
from typing import Any, Final

from antin.hsm.cryptoki_values import CKF_OS_LOCKING_OK, CKR_OK, return_value_name

_LOCK_THEMSELVES_UP: Final = (b"OpenSC",)
"""Manufacturers of modules that never come back from C_Sign when a card is pulled meanwhile, unless
they take no locks at all. A card does one thing at a time, so that taking turns costs nothing."""
_PACKED: Final = 1 if sys.platform == "win32" else 8
"""Windows modules pack their structures (§4.1); elsewhere fields are aligned."""


class CryptokiError(Exception):
    """A PKCS#11 function returned something else than CKR_OK; ``name`` is its standard name."""

    def __init__(self, function: str, value: int) -> None:
        super().__init__(function, value)
        self.function = function
        self.value = value

    @property
    def name(self) -> str:
        """The return value as the standard names it."""
        return return_value_name(self.value)

    def __str__(self) -> str:
        return f"{self.function}: {self.name}"


class _Version(Structure):
    _fields_ = (("major", c_ubyte), ("minor", c_ubyte))


class TokenInfoStruct(Structure):
    """CK_TOKEN_INFO."""

    _pack_ = _PACKED
    _fields_ = (
        ("label", c_char * 32),
        ("manufacturer", c_char * 32),
        ("model", c_char * 16),
        ("serial", c_char * 16),
        ("flags", c_ulong),
        ("most_sessions", c_ulong),
        ("counts_and_sizes", c_ulong * 9),
        ("hardware", _Version),
        ("firmware", _Version),
        ("time", c_char * 16),
    )


class MechanismInfo(Structure):
    """CK_MECHANISM_INFO."""

    _pack_ = _PACKED
    _fields_ = (("smallest_key", c_ulong), ("largest_key", c_ulong), ("flags", c_ulong))


class SessionInfo(Structure):
    """CK_SESSION_INFO."""

    _pack_ = _PACKED
    _fields_ = (("slot", c_ulong), ("state", c_ulong), ("flags", c_ulong), ("error", c_ulong))


class Attribute(Structure):
    """CK_ATTRIBUTE."""

    _pack_ = _PACKED
    _fields_ = (("kind", c_ulong), ("value", c_void_p), ("length", c_ulong))


class PssParameters(Structure):
    """CK_RSA_PKCS_PSS_PARAMS."""

    _pack_ = _PACKED
    _fields_ = (("digest", c_ulong), ("mask", c_ulong), ("salt", c_ulong))


class MechanismStruct(Structure):
    """CK_MECHANISM."""

    _pack_ = _PACKED
    _fields_ = (("number", c_ulong), ("parameter", c_void_p), ("length", c_ulong))


class _LibraryInfo(Structure):
    """CK_INFO."""

    _pack_ = _PACKED
    _fields_ = (
        ("version", _Version),
        ("manufacturer", c_char * 32),
        ("flags", c_ulong),
        ("description", c_char * 32),
        ("library", _Version),
    )


class _InitializeArguments(Structure):
    _pack_ = _PACKED
    _fields_ = (("mutex_functions", c_void_p * 4), ("flags", c_ulong), ("reserved", c_void_p))


# CK_FUNCTION_LIST (§6.x pkcs11f.h): a version, then pointers in this order. Those that are used:
_POINTERS: Final = 68
_FUNCTIONS: Final[dict[str, tuple[int, tuple[Any, ...]]]] = {
    "C_Initialize": (0, (c_void_p,)),
    "C_Finalize": (1, (c_void_p,)),
    "C_GetInfo": (2, (POINTER(_LibraryInfo),)),
    "C_GetSlotList": (4, (c_ubyte, POINTER(c_ulong), POINTER(c_ulong))),
    "C_GetTokenInfo": (6, (c_ulong, POINTER(TokenInfoStruct))),
    "C_GetMechanismList": (7, (c_ulong, POINTER(c_ulong), POINTER(c_ulong))),
    "C_GetMechanismInfo": (8, (c_ulong, c_ulong, POINTER(MechanismInfo))),
    "C_OpenSession": (12, (c_ulong, c_ulong, c_void_p, c_void_p, POINTER(c_ulong))),
    "C_CloseSession": (13, (c_ulong,)),
    "C_GetSessionInfo": (15, (c_ulong, POINTER(SessionInfo))),
    "C_Login": (18, (c_ulong, c_ulong, c_char_p, c_ulong)),
    "C_GetAttributeValue": (24, (c_ulong, c_ulong, POINTER(Attribute), c_ulong)),
    "C_FindObjectsInit": (26, (c_ulong, POINTER(Attribute), c_ulong)),
    "C_FindObjects": (27, (c_ulong, POINTER(c_ulong), c_ulong, POINTER(c_ulong))),
    "C_FindObjectsFinal": (28, (c_ulong,)),
    "C_SignInit": (42, (c_ulong, POINTER(MechanismStruct), c_ulong)),
    "C_Sign": (43, (c_ulong, c_char_p, c_ulong, c_char_p, POINTER(c_ulong))),
}


class _FunctionList(Structure):
    _pack_ = _PACKED
    _fields_ = (("version", _Version), ("functions", c_void_p * _POINTERS))


class Cryptoki:
    """The functions of one shared library; not initialised by loading it."""

    def __init__(self, path: Path) -> None:
        """Load the library. Errors: ``OSError``, ``AttributeError``, ``CryptokiError``."""
        library = ctypes.CDLL(str(path))
        table = POINTER(_FunctionList)()
        _check("C_GetFunctionList", library.C_GetFunctionList(byref(table)))
        pointers = table.contents.functions
        self._library = library  # kept: the functions live in it
        self._functions = {
            name: ctypes.CFUNCTYPE(c_ulong, *types)(pointers[place])
            for name, (place, types) in _FUNCTIONS.items()
        }
        self._one_at_a_time: AbstractContextManager[Any] = nullcontext()

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function; ``CryptokiError`` unless it returns CKR_OK."""
        with self._one_at_a_time:
            _check(name, self._functions[name](*arguments))

    def initialize(self) -> None:
        """Initialise for use by several threads; calls take turns if the module can't lock.

        A module that somebody else in this process has initialised is taken as it is.
        """
        arguments = _InitializeArguments(flags=CKF_OS_LOCKING_OK)
        try:
            self.call("C_Initialize", byref(arguments))
        except CryptokiError as error:
            if error.name == "CKR_CRYPTOKI_ALREADY_INITIALIZED":
                return
            if error.name not in {"CKR_CANT_LOCK", "CKR_ARGUMENTS_BAD"}:
                raise
            self._initialize_without_locks()
        else:
            if self._locks_itself_up():
                self.finalize()
                self._initialize_without_locks()

    def _initialize_without_locks(self) -> None:
        self._one_at_a_time = threading.Lock()
        self.call("C_Initialize", None)

    def _locks_itself_up(self) -> bool:
        """Tell whether the module waits for its own lock when a card is pulled while it signs."""
        info = _LibraryInfo()
        self.call("C_GetInfo", byref(info))
        return bytes(info.manufacturer).startswith(_LOCK_THEMSELVES_UP)

    def finalize(self) -> None:
        """End everything; sessions and handles are gone."""
        self.call("C_Finalize", None)

    def slots(self) -> tuple[int, ...]:
        """Return the slots with a token in them, now."""
        return self._list("C_GetSlotList", 1)

    def mechanisms(self, slot: int) -> tuple[int, ...]:
        """Return the numbers of all mechanisms that the token in ``slot`` names."""
        return self._list("C_GetMechanismList", slot)

    def _list(self, name: str, argument: int) -> tuple[int, ...]:
        # Asked twice, as the standard has it; what came in between does not fit and is asked anew.
        for _ in range(3):
            count = c_ulong()
            self.call(name, argument, None, byref(count))
            found = (c_ulong * count.value)()
            try:
                self.call(name, argument, found, byref(count))
            except CryptokiError as error:
                if error.name != "CKR_BUFFER_TOO_SMALL":
                    raise
            else:
                return tuple(found[: count.value])
        return ()

    def token_info(self, slot: int) -> TokenInfoStruct:
        """Return what the token in ``slot`` says of itself."""
        info = TokenInfoStruct()
        self.call("C_GetTokenInfo", slot, byref(info))
        return info

    def mechanism_flags(self, slot: int, mechanism: int) -> int:
        """Return what the token does by ``mechanism``; ``CryptokiError`` if it does not know it."""
        info = MechanismInfo()
        self.call("C_GetMechanismInfo", slot, mechanism, byref(info))
        return int(info.flags)


def _check(function: str, value: int) -> None:
    if value != CKR_OK:
        raise CryptokiError(function, value)


class Template:
    """Attributes to look for or to be filled; owns what its array points to."""

    def __init__(self, attributes: Sequence[tuple[int, bytes]]) -> None:
        self.buffers = [ctypes.create_string_buffer(value, len(value)) for _, value in attributes]
        self.array = (Attribute * len(attributes))()
        for place, (kind, _), buffer in zip(self.array, attributes, self.buffers, strict=True):
            place.kind, place.length = kind, len(buffer)
            place.value = ctypes.addressof(buffer)


def ulong(value: int) -> bytes:
    """Return ``value`` as the bytes of a CK_ULONG."""
    return bytes(c_ulong(value))
