"""Logging in: once, never twice with a PIN that was wrong."""

from pathlib import Path

import PyKCS11
import pytest

from antin.core.errors import KeyDeviceError
from antin.hsm.pkcs11_errors import translated
from antin.hsm.pkcs11_token import Pkcs11Token


class FakeSession:
    """Takes the PIN 1234; counts what it is asked."""

    def __init__(self, wrong: int = PyKCS11.CKR_PIN_INCORRECT) -> None:
        self.wrong = wrong
        self.tries: list[str] = []

    def login(self, pin: str, _user: int) -> None:
        self.tries.append(pin)
        if pin != "1234":
            raise PyKCS11.PyKCS11Error(self.wrong)


def login(token: Pkcs11Token, session: FakeSession, pin: str) -> str | None:
    try:
        token.login(session, lambda: pin, PyKCS11.CKU_USER)
    except KeyDeviceError as error:
        return error.code
    return None


@pytest.fixture
def token() -> Pkcs11Token:
    return Pkcs11Token(Path("/module.so"), "desk", "1")


def test_wrong_pin_reaches_the_token_once(token: Pkcs11Token) -> None:
    session = FakeSession()
    assert [login(token, session, "0000") for _ in range(3)] == ["pin_incorrect"] * 3
    assert session.tries == ["0000"]


def test_a_corrected_pin_is_tried(token: Pkcs11Token) -> None:
    session = FakeSession()
    assert login(token, session, "0000") == "pin_incorrect"
    assert login(token, session, "1234") is None


def test_what_failed_for_another_reason_is_tried_again(token: Pkcs11Token) -> None:
    session = FakeSession(PyKCS11.CKR_DEVICE_ERROR)
    assert [login(token, session, "0000") for _ in range(2)] == ["token_failed"] * 2
    assert session.tries == ["0000", "0000"]


def test_a_login_that_stands_already_is_as_good(token: Pkcs11Token) -> None:
    assert login(token, FakeSession(PyKCS11.CKR_USER_ALREADY_LOGGED_IN), "0000") is None


def test_the_pin_is_not_kept(token: Pkcs11Token) -> None:
    login(token, FakeSession(), "97531")
    assert "97531" not in repr(vars(token))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (PyKCS11.CKR_PIN_INCORRECT, "pin_incorrect"),
        (PyKCS11.CKR_PIN_LEN_RANGE, "pin_incorrect"),
        (PyKCS11.CKR_PIN_LOCKED, "pin_locked"),
        (PyKCS11.CKR_DEVICE_REMOVED, "token_not_found"),
        (PyKCS11.CKR_TOKEN_NOT_PRESENT, "token_not_found"),
        (PyKCS11.CKR_OBJECT_HANDLE_INVALID, "token_failed"),
        (PyKCS11.CKR_VENDOR_DEFINED + 7, "token_failed"),
    ],
)
def test_return_values_have_codes(value: int, code: str) -> None:
    assert translated(PyKCS11.PyKCS11Error(value), "desk").code == code


def test_the_name_of_the_return_value_is_told() -> None:
    error = translated(PyKCS11.PyKCS11Error(PyKCS11.CKR_DEVICE_ERROR), "desk")
    assert "CKR_DEVICE_ERROR" in error.detail
