"""PKCS#11's return values as our codes."""

import pytest

from antin.hsm.cryptoki import CryptokiError
from antin.hsm.cryptoki_values import RETURN_VALUES
from antin.hsm.return_codes import translated, wants_fresh_start

NUMBERS = {name: number for number, name in RETURN_VALUES.items()}


@pytest.mark.parametrize(
    ("name", "code", "fresh"),
    [
        ("CKR_PIN_INCORRECT", "pin_incorrect", False),
        ("CKR_PIN_LEN_RANGE", "pin_incorrect", False),
        ("CKR_PIN_EXPIRED", "pin_expired", False),
        ("CKR_PIN_LOCKED", "pin_locked", False),
        ("CKR_DEVICE_REMOVED", "token_not_found", True),
        ("CKR_TOKEN_NOT_PRESENT", "token_not_found", True),
        ("CKR_OBJECT_HANDLE_INVALID", "session_lost", True),
        ("CKR_SESSION_HANDLE_INVALID", "session_lost", True),
        ("CKR_DEVICE_ERROR", "token_failed", True),
        ("CKR_USER_PIN_NOT_INITIALIZED", "token_failed", True),
        ("CKR_MECHANISM_INVALID", "mechanism_missing", False),
        ("CKR_DATA_LEN_RANGE", "token_failed", False),
    ],
)
def test_return_values_have_codes(name: str, code: str, fresh: bool) -> None:  # noqa: FBT001 — a case
    error = translated(CryptokiError("C_Sign", NUMBERS[name]), "desk")
    assert (error.code, error.values["rv"]) == (code, name)
    assert wants_fresh_start(error) is fresh


def test_a_vendors_own_value_is_shown_by_its_number() -> None:
    error = translated(CryptokiError("C_Sign", 0x80000007), "desk")
    assert (error.code, error.values["rv"]) == ("token_failed", "CKR_0x80000007")


def test_the_names_are_the_standards() -> None:
    pykcs11 = pytest.importorskip("PyKCS11")
    assert {name: pykcs11.CKR[name] for name in NUMBERS} == NUMBERS


def test_the_numbers_are_the_standards() -> None:
    pykcs11 = pytest.importorskip("PyKCS11")
    from antin.hsm import cryptoki_values

    ours = {name: value for name, value in vars(cryptoki_values).items() if name.startswith("CK")}
    assert len(ours) > 40
    assert {name: getattr(pykcs11, name) for name in ours} == ours
