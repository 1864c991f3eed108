"""Tokens in slots, found by what is printed on them, never by a slot's number."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from antin.core.errors import KeyDeviceError
from antin.hsm import cryptoki_values as ck
from antin.hsm.cryptoki import CryptokiError, TokenInfoStruct
from antin.hsm.module import Loaded

_PAUSES: Final = (0.01, 0.02, 0.04, 0.08, 0.16)
"""Seconds between tries to read a token that exists, but has just no answer."""


@dataclass(frozen=True)
class TokenInfo:
    """A token as its owner knows it, and how its PIN stands (CK_TOKEN_INFO flags)."""

    label: str
    serial: str
    manufacturer: str
    model: str
    pin_locked: bool
    pin_low: bool = False
    """A wrong PIN was tried since the last right one."""
    pin_final_try: bool = False
    """One more wrong PIN locks it."""
    pin_to_be_changed: bool = False


def tokens_of(loaded: Loaded, module: Path) -> tuple[tuple[int, TokenInfo], ...]:
    """Return slot number and token of every initialised token that is connected now.

    Slot numbers change whenever something is plugged in: use one at once, never keep it.
    Error: ``pkcs11_module_broken``.
    """
    try:
        slots = loaded.cryptoki.slots()
    except CryptokiError as error:
        raise KeyDeviceError(
            "pkcs11_module_broken", module=str(module), detail=str(error), rv=error.name
        ) from error
    found = ((slot, token_in(loaded, slot)) for slot in slots)
    return tuple((slot, info) for slot, info in found if info is not None)


def find_token(
    loaded: Loaded, module: Path, label: str, serial: str | None
) -> tuple[int, TokenInfo]:
    """Return slot number and token with this label, and this serial number unless None.

    ``token_not_found`` if there is none, or several when no serial number tells them apart.
    """
    found = [
        (slot, info)
        for slot, info in tokens_of(loaded, module)
        if info.label == label and serial in {None, info.serial}
    ]
    if len(found) > 1:
        raise KeyDeviceError("token_not_found", token=f"{label} (several; give the serial number)")
    if not found:
        raise KeyDeviceError("token_not_found", token=label)
    return found[0]


def token_in(loaded: Loaded, slot: int) -> TokenInfo | None:
    """Return the token in ``slot``; None if it was removed in between, or is not initialised."""
    for pause in (*_PAUSES, None):
        try:
            return _info(loaded.cryptoki.token_info(slot))
        except CryptokiError as error:
            # SoftHSM says so while another process writes down a login.
            if error.name != "CKR_GENERAL_ERROR" or pause is None:
                return None
        time.sleep(pause)
    return None


def _info(info: TokenInfoStruct) -> TokenInfo | None:
    if not info.flags & ck.CKF_TOKEN_INITIALIZED:
        return None
    return TokenInfo(
        _text(info.label),
        _text(info.serial),
        _text(info.manufacturer),
        _text(info.model),
        pin_locked=bool(info.flags & ck.CKF_USER_PIN_LOCKED),
        pin_low=bool(info.flags & ck.CKF_USER_PIN_COUNT_LOW),
        pin_final_try=bool(info.flags & ck.CKF_USER_PIN_FINAL_TRY),
        pin_to_be_changed=bool(info.flags & ck.CKF_USER_PIN_TO_BE_CHANGED),
    )


def _text(field: bytes) -> str:
    return field.decode(errors="replace").rstrip(" \0")
