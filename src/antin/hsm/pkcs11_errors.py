"""PKCS#11's return values as our errors."""

from typing import Final

import PyKCS11

from antin.core.errors import KeyDeviceError

_CODES: Final = {
    PyKCS11.CKR_PIN_INCORRECT: "pin_incorrect",
    PyKCS11.CKR_PIN_INVALID: "pin_incorrect",
    PyKCS11.CKR_PIN_LEN_RANGE: "pin_incorrect",
    PyKCS11.CKR_PIN_LOCKED: "pin_locked",
    PyKCS11.CKR_TOKEN_NOT_PRESENT: "token_not_found",
    PyKCS11.CKR_TOKEN_NOT_RECOGNIZED: "token_not_found",
    PyKCS11.CKR_DEVICE_REMOVED: "token_not_found",
    PyKCS11.CKR_SLOT_ID_INVALID: "token_not_found",
}


def translated(error: PyKCS11.PyKCS11Error, token: str) -> KeyDeviceError:
    """Return our error for PyKCS11's; everything unforeseen is ``token_failed`` with its name."""
    code = _CODES.get(error.value)
    if code is None:
        return KeyDeviceError("token_failed", token=token, detail=str(error))
    return KeyDeviceError(code, token=token)
