"""One login for all sessions; a session that met with an error is nobody's any more."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from antin.core.errors import KeyDeviceError
from antin.hsm import slots, softhsm
from antin.hsm import token as token_module
from antin.hsm.cryptoki import CryptokiError
from antin.hsm.gate import PinGate
from antin.hsm.module import Loaded, module_at
from antin.hsm.objects import KeyName
from antin.hsm.pins import PinProvider, pin_from_file
from antin.hsm.slots import TokenInfo
from antin.hsm.token import Token
from devpki.tokens import Token as MadeToken

pytestmark = pytest.mark.real("softhsm")


@pytest.fixture
def pin(desk: tuple[Path, MadeToken]) -> PinProvider:
    return pin_from_file("desk", desk[1].pin_file)


@pytest.fixture
def token(desk: tuple[Path, MadeToken]) -> Iterator[Token]:
    softhsm.configure(desk[0])
    made = Token(module_at(softhsm.find_module()), "desk", None, PinGate(), sessions=2, seconds=5)
    yield made
    made.forget()


def test_a_session_is_used_again(token: Token, pin: PinProvider) -> None:
    with token.session(pin) as one:
        pass
    with token.session(pin) as other:
        assert other.session is one.session
        assert other.key(KeyName("p256")) is one.key(KeyName("p256"))


@pytest.mark.parametrize(
    "error",
    [CryptokiError("C_Sign", 0x20), KeyDeviceError("pin_missing", token="desk"), KeyError("x")],
    ids=["cryptoki", "ours", "any"],
)
def test_a_session_that_met_with_an_error_is_closed(
    token: Token, pin: PinProvider, error: Exception
) -> None:
    with pytest.raises((KeyDeviceError, KeyError)), token.session(pin) as one:
        raise error
    with pytest.raises(CryptokiError) as caught:
        one.session.find()
    assert caught.value.name == "CKR_SESSION_HANDLE_INVALID"
    with token.session(pin) as other:
        assert other.session is not one.session
        assert other.session.logged_in


def test_forgetting_logs_out(token: Token, pin: PinProvider) -> None:
    with token.session(pin) as one:
        pass
    token.forget()
    asked = []

    def again() -> str:
        asked.append(1)
        return pin()

    with token.session(again) as other:
        assert other.session is not one.session
    assert asked == [1]


def test_another_token_in_the_slot_gets_no_pin(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = slots.token_in

    def swapped(loaded: Loaded, slot: int) -> TokenInfo | None:
        info = told(loaded, slot)
        return None if info is None else replace(info, serial="another")

    asked: list[str] = []

    def pin() -> str:
        asked.append("asked")
        return "000000"

    monkeypatch.setattr(token_module, "token_in", swapped)
    with pytest.raises(KeyDeviceError) as caught, token.session(pin):
        pass
    assert caught.value.code == "token_not_found"
    assert asked == []
