"""Waits until pcscd has noticed that a card came or went; asks it through libpcsclite."""

import ctypes
from typing import Final

_SYSTEM: Final = 2
_MILLISECONDS: Final = 10_000
_NO_READERS: Final = 0x8010002E
_EMPTY: Final = 0x10
_PRESENT: Final = 0x20
_PLUG_AND_PLAY: Final = b"\\\\?PnP?\\Notification"


class WatchError(Exception):
    """pcscd did not answer, or noticed nothing in time."""


class _ReaderState(ctypes.Structure):
    _fields_ = (
        ("reader", ctypes.c_char_p),
        ("user_data", ctypes.c_void_p),
        ("current", ctypes.c_ulong),
        ("event", ctypes.c_ulong),
        ("atr_length", ctypes.c_ulong),
        ("atr", ctypes.c_ubyte * 33),
    )


def wait_for_card(slot: int, *, present: bool) -> None:
    """Return once the reader's ``slot`` is seen with a card in it, or empty."""
    library = ctypes.CDLL("libpcsclite.so.1")
    context = ctypes.c_long()
    _check(library.SCardEstablishContext(_SYSTEM, None, None, ctypes.byref(context)))
    try:
        state = _ReaderState(reader=_readers(library, context)[slot])
        wanted = _PRESENT if present else _EMPTY
        while not state.event & wanted:
            state.current = state.event
            _change(library, context, state)
    finally:
        library.SCardReleaseContext(context)


def _readers(library: ctypes.CDLL, context: ctypes.c_long) -> list[bytes]:
    """Return the names of the slots, once there are any."""
    size = ctypes.c_ulong(4096)
    names = ctypes.create_string_buffer(size.value)
    while True:
        result = library.SCardListReaders(context, None, names, ctypes.byref(size))
        if result & 0xFFFFFFFF != _NO_READERS:
            _check(result)
            return [name for name in names.raw[: size.value].split(b"\0") if name]
        _change(library, context, _ReaderState(reader=_PLUG_AND_PLAY))


def _change(library: ctypes.CDLL, context: ctypes.c_long, state: _ReaderState) -> None:
    _check(library.SCardGetStatusChange(context, _MILLISECONDS, ctypes.byref(state), 1))


def _check(result: int) -> None:
    if result != 0:
        raise WatchError(f"PC/SC answered {result & 0xFFFFFFFF:08X}")
