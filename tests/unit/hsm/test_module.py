"""A module is loaded once, started again when asked, and never under anybody's feet."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from antin.core.errors import DefectError, KeyDeviceError
from antin.hsm import module as modules
from antin.hsm.cryptoki import Cryptoki, CryptokiError
from antin.hsm.module import Loaded, Module


@dataclass
class Library:
    """Counts how often it was started and ended."""

    started: int = 0
    ended: int = 0
    away: bool = False
    in_use: int = 0

    def finalize(self) -> None:
        assert self.in_use == 0, "ended while somebody was inside"
        self.ended += 1

    def load(self, path: Path) -> Loaded:
        if self.away:
            error = CryptokiError("C_Initialize", 0x30)
            raise modules._broken(path, error, error.name)
        self.started += 1
        return Loaded(cast("Cryptoki", self), os.environ.get("SOFTHSM2_CONF"))


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library()
    monkeypatch.setattr(modules, "_loaded", library.load)
    monkeypatch.setenv("SOFTHSM2_CONF", "/one.conf")
    return library


def used(module: Module) -> Loaded:
    with module.used() as loaded:
        return loaded


def test_it_is_loaded_at_first_use_and_once(library: Library) -> None:
    module = Module(Path("/m.so"))
    assert library.started == 0
    assert used(module) is used(module)
    assert library.started == 1


def test_softhsm_reads_its_configuration_anew_when_it_changed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = Module(Path("/m.so"))
    before = used(module)
    monkeypatch.setenv("SOFTHSM2_CONF", "/other.conf")
    assert used(module) is not before
    assert (library.started, library.ended) == (2, 1)


def test_many_that_failed_start_it_again_once(library: Library) -> None:
    module = Module(Path("/m.so"))
    failed = used(module)
    together = threading.Barrier(8)

    def restart(_number: int) -> None:
        together.wait()
        module.restart(failed)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(restart, range(8)))
    assert used(module) is not failed
    assert library.started == 2


def test_it_is_not_ended_while_somebody_is_inside(library: Library) -> None:
    module = Module(Path("/m.so"))
    failed = used(module)
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with module.used():
            library.in_use += 1
            inside.set()
            leave.wait(30)
            library.in_use -= 1

    with ThreadPoolExecutor(2) as pool:
        staying = pool.submit(stay)
        inside.wait(30)
        restarting = pool.submit(module.restart, failed)
        assert library.ended == 0
        leave.set()
        staying.result(30)
        restarting.result(30)
    assert library.ended == 1


def test_what_it_stands_for_may_be_away_without_the_module_being_broken(library: Library) -> None:
    module = Module(Path("/m.so"))
    failed = used(module)
    library.away = True
    for call in (lambda: module.restart(failed), lambda: used(module)):
        with pytest.raises(KeyDeviceError) as caught:
            call()
        assert (caught.value.code, caught.value.values["rv"]) == (
            "session_lost",
            "CKR_DEVICE_ERROR",
        )
    library.away = False
    assert used(module) is not failed


def test_one_that_never_worked_is_broken(library: Library) -> None:
    library.away = True
    with pytest.raises(KeyDeviceError) as caught:
        used(Module(Path("/m.so")))
    assert caught.value.code == "pkcs11_module_broken"


def test_a_module_is_not_used_across_a_fork(library: Library) -> None:
    module = Module(Path("/m.so"))
    module._process += 1
    with pytest.raises(DefectError) as caught:
        used(module)
    assert caught.value.code == "defect"
