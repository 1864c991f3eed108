"""Modules and the tokens in them, with a library that says what real ones say."""

import importlib.util
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import PyKCS11
import pytest

from antin.core.errors import DefectError, KeyDeviceError
from antin.hsm import pkcs11_module
from antin.hsm.pkcs11_module import Module, find_token, load_module, tokens_of


@dataclass
class FakeTokenInfo:
    label: str
    serialNumber: str  # noqa: N815 — PyKCS11's name
    flags: int = PyKCS11.CKF_TOKEN_INITIALIZED
    manufacturerID: str = "Maker".ljust(32)  # noqa: N815 — PyKCS11's name
    model: str = "Model".ljust(16)


@dataclass
class FakeLibrary:
    tokens: dict[int, FakeTokenInfo | None] = field(default_factory=dict)

    def getSlotList(self, *, tokenPresent: bool) -> list[int]:  # noqa: N802, N803 — PyKCS11's names
        assert tokenPresent
        return list(self.tokens)

    def getTokenInfo(self, slot: int) -> FakeTokenInfo:  # noqa: N802 — PyKCS11's name
        info = self.tokens[slot]
        if info is None:
            raise PyKCS11.PyKCS11Error(PyKCS11.CKR_TOKEN_NOT_PRESENT)
        return info


def module(*tokens: FakeTokenInfo | None) -> Module:
    return Module(Path("/m.so"), FakeLibrary(dict(enumerate(tokens))), None, os.getpid())


def padded(label: str, serial: str, flags: int = PyKCS11.CKF_TOKEN_INITIALIZED) -> FakeTokenInfo:
    return FakeTokenInfo(label.ljust(32), serial.ljust(16), flags)


def test_padding_is_taken_off() -> None:
    ((_, info),) = tokens_of(module(padded("desk", "42")))
    assert (info.label, info.serial, info.manufacturer, info.model) == (
        "desk",
        "42",
        "Maker",
        "Model",
    )


def test_what_is_no_token_yet_or_no_more_is_left_out() -> None:
    found = tokens_of(module(padded("new", "1", 0), None, padded("desk", "2")))
    assert [(slot, info.label) for slot, info in found] == [(2, "desk")]


def test_locked_pin_is_seen() -> None:
    flags = PyKCS11.CKF_TOKEN_INITIALIZED | PyKCS11.CKF_USER_PIN_LOCKED
    assert tokens_of(module(padded("desk", "1", flags)))[0][1].pin_locked


def test_twins_need_their_serial_number() -> None:
    twins = module(padded("desk", "1"), padded("desk", "2"))
    assert find_token(twins, "desk", "2")[0] == 1
    with pytest.raises(KeyDeviceError) as caught:
        find_token(twins, "desk", None)
    assert caught.value.code == "token_not_found"


def test_a_module_is_not_used_across_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path("/m.so")
    parents = Module(path, FakeLibrary(), os.environ.get("SOFTHSM2_CONF"), os.getpid() + 1)
    monkeypatch.setitem(pkcs11_module._modules, path, parents)
    with pytest.raises(DefectError) as caught:
        load_module(path)
    assert caught.value.code == "defect"


def test_without_pykcs11_there_is_a_code_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PyKCS11", None)
    spec = importlib.util.spec_from_file_location("bare", pkcs11_module.__file__)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(KeyDeviceError) as caught:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert caught.value.code == "pkcs11_module_broken"
