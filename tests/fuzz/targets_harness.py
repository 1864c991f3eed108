"""Targets that fail on purpose, to see that failing is seen."""

import os
import signal
import time

from antin.core.errors import AntinError, DefectError, InputError
from tests.fuzz.target import Dice, Target


def _number(chance: Dice) -> bytes:
    return b"%d" % chance.randrange(10**6)


def _raise(case: bytes) -> None:
    raise KeyError(case)


def _refuse(case: bytes) -> None:
    raise InputError("pdf_malformed", detail=case.decode())


def _defect(case: bytes) -> None:
    raise DefectError("defect", detail=case.decode())


def _spin(case: bytes) -> None:
    while True:
        try:
            hash(case)
        except Exception:  # noqa: BLE001, S112 — whoever swallows everything must not hide a hang
            continue


def _swallow_memory(case: bytes) -> None:
    try:
        held = [bytearray(1 << 20) for _ in range(100)]
        raise InputError("pdf_too_complex", detail=str(len(held)))
    except AntinError:
        return


def _die(case: bytes) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _sleep(case: bytes) -> None:
    time.sleep(600)


TARGETS = (
    Target("harness-succeeds", _number, len),
    Target("harness-refuses", _number, _refuse),
    Target("harness-raises", _number, _raise),
    Target("harness-defect", _number, _defect),
    Target("harness-spins", _number, _spin),
    Target("harness-swallows", _number, _swallow_memory),
    Target("harness-dies", _number, _die),
    Target("harness-sleeps", _number, _sleep),
)
