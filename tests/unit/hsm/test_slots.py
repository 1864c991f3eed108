"""Tokens in slots, with a library that says what real ones say."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from antin.core.errors import KeyDeviceError
from antin.hsm import cryptoki_values as ck
from antin.hsm.cryptoki import Cryptoki, CryptokiError, TokenInfoStruct
from antin.hsm.module import Loaded
from antin.hsm.slots import TokenInfo, find_token, tokens_of

MODULE = Path("/m.so")
REMOVED = 0xE0


@dataclass
class Library:
    tokens: tuple[TokenInfoStruct | None, ...]
    broken: bool = False

    def slots(self) -> tuple[int, ...]:
        if self.broken:
            raise CryptokiError("C_GetSlotList", 0x30)
        return tuple(range(len(self.tokens)))

    def token_info(self, slot: int) -> TokenInfoStruct:
        info = self.tokens[slot]
        if info is None:
            raise CryptokiError("C_GetTokenInfo", REMOVED)
        return info


def loaded(*tokens: TokenInfoStruct | None, broken: bool = False) -> Loaded:
    return Loaded(cast("Cryptoki", Library(tokens, broken)), None)


def token(
    label: str, serial: str, flags: int = ck.CKF_TOKEN_INITIALIZED, end: bytes = b" "
) -> TokenInfoStruct:
    return TokenInfoStruct(
        label=label.encode().ljust(32, end),
        serial=serial.encode().ljust(16, end),
        manufacturer=b"Maker".ljust(32, end),
        model=b"Model".ljust(16, end),
        flags=flags,
    )


@pytest.mark.parametrize("end", [b" ", b"\0"])
def test_padding_is_taken_off(end: bytes) -> None:
    ((_, info),) = tokens_of(loaded(token("desk", "42", end=end)), MODULE)
    assert info == TokenInfo("desk", "42", "Maker", "Model", pin_locked=False)


def test_what_is_no_token_yet_or_no_more_is_left_out() -> None:
    found = tokens_of(loaded(token("new", "1", 0), None, token("desk", "2")), MODULE)
    assert [(slot, info.label) for slot, info in found] == [(2, "desk")]


def test_how_the_pin_stands_is_seen() -> None:
    flags = {
        "pin_low": ck.CKF_USER_PIN_COUNT_LOW,
        "pin_final_try": ck.CKF_USER_PIN_FINAL_TRY,
        "pin_locked": ck.CKF_USER_PIN_LOCKED,
        "pin_to_be_changed": ck.CKF_USER_PIN_TO_BE_CHANGED,
    }
    for name, flag in flags.items():
        ((_, info),) = tokens_of(
            loaded(token("desk", "1", ck.CKF_TOKEN_INITIALIZED | flag)), MODULE
        )
        assert [other for other in flags if getattr(info, other)] == [name]


def test_twins_need_their_serial_number() -> None:
    twins = loaded(token("desk", "1"), token("desk", "2"))
    assert find_token(twins, MODULE, "desk", "2")[0] == 1
    with pytest.raises(KeyDeviceError) as caught:
        find_token(twins, MODULE, "desk", None)
    assert caught.value.code == "token_not_found"


def test_a_label_that_is_no_text_is_shown_and_harms_nothing() -> None:
    odd = token("x", "1")
    odd.label = b"\xff" * 32
    assert tokens_of(loaded(odd), MODULE)[0][1].label == "\ufffd" * 32


def test_a_module_that_lists_no_slots_is_broken() -> None:
    with pytest.raises(KeyDeviceError) as caught:
        tokens_of(loaded(broken=True), MODULE)
    assert caught.value.code == "pkcs11_module_broken"
    assert caught.value.values["rv"] == "CKR_DEVICE_ERROR"


def test_a_token_that_is_being_written_to_is_asked_again() -> None:
    class Busy(Library):
        asked = 0

        def token_info(self, slot: int) -> TokenInfoStruct:
            self.asked += 1
            if self.asked < 4:
                raise CryptokiError("C_GetTokenInfo", 0x05)
            return super().token_info(slot)

    busy = Busy((token("desk", "1"),))
    assert find_token(Loaded(cast("Cryptoki", busy), None), MODULE, "desk", None)[0] == 0
