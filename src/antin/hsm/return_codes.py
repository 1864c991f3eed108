"""PKCS#11's return values as our errors."""

from typing import Final

from antin.core.errors import KeyDeviceError
from antin.hsm.cryptoki import CryptokiError

_CODES: Final = {
    "CKR_PIN_INCORRECT": "pin_incorrect",
    "CKR_PIN_INVALID": "pin_incorrect",
    "CKR_PIN_LEN_RANGE": "pin_incorrect",
    "CKR_PIN_EXPIRED": "pin_expired",
    "CKR_PIN_LOCKED": "pin_locked",
    "CKR_TOKEN_NOT_PRESENT": "token_not_found",
    "CKR_TOKEN_NOT_RECOGNIZED": "token_not_found",
    "CKR_DEVICE_REMOVED": "token_not_found",
    "CKR_SLOT_ID_INVALID": "token_not_found",
    "CKR_SESSION_CLOSED": "session_lost",
    "CKR_SESSION_HANDLE_INVALID": "session_lost",
    "CKR_OBJECT_HANDLE_INVALID": "session_lost",
    "CKR_KEY_HANDLE_INVALID": "session_lost",
    "CKR_USER_NOT_LOGGED_IN": "session_lost",
    "CKR_CRYPTOKI_NOT_INITIALIZED": "session_lost",
    "CKR_MECHANISM_INVALID": "mechanism_missing",
    "CKR_MECHANISM_PARAM_INVALID": "mechanism_missing",
    "CKR_KEY_TYPE_INCONSISTENT": "mechanism_missing",
    "CKR_KEY_FUNCTION_NOT_PERMITTED": "mechanism_missing",
    "CKR_FUNCTION_NOT_SUPPORTED": "mechanism_missing",
}
_GONE: Final = frozenset({"CKR_DEVICE_ERROR", "CKR_GENERAL_ERROR", "CKR_FUNCTION_FAILED"})
"""With these some modules answer everything once their device or connection went away."""
_HALF_READ: Final = frozenset({"CKR_USER_PIN_NOT_INITIALIZED"})
"""SoftHSM answers a login so that meets with another process's: it writes the token down anew."""
_UNTOLD: Final = _GONE | {
    "CKR_DEVICE_REMOVED",
    "CKR_TOKEN_NOT_PRESENT",
    "CKR_TOKEN_NOT_RECOGNIZED",
    "CKR_DEVICE_MEMORY",
    "CKR_HOST_MEMORY",
    "CKR_FUNCTION_CANCELED",
}
"""After these nobody knows whether the token had looked at the PIN, and counted it as wrong."""


def translated(error: CryptokiError, token: str) -> KeyDeviceError:
    """Return our error, its return value by name in ``rv``; the unforeseen is ``token_failed``."""
    code = _CODES.get(error.name, "token_failed")
    return KeyDeviceError(
        code, token=token, rv=error.name, mechanism=error.function, detail=str(error)
    )


def wants_fresh_start(error: KeyDeviceError) -> bool:
    """Tell whether a new session, login or load of the module may mend what ``error`` says.

    No signature came out of what failed like this: trying again can't use one twice.
    """
    passing = error.values.get("rv") in _GONE | _HALF_READ
    return passing or error.code in {"session_lost", "token_not_found"}


def answers_a_login(error: KeyDeviceError) -> bool:
    """Tell whether a failed login was answered by the token, or never came to it."""
    value = str(error.values.get("rv") or "")
    # An unlisted value is a vendor's own, and may mean anything.
    return bool(value) and value not in _UNTOLD and not value.startswith("CKR_0x")
