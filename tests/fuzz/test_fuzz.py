"""Everything that reads foreign bytes meets thousands of cases, the same ones each time.

``make soak`` runs on for ``ANTIN_FUZZ_SECONDS`` (an hour) a target, from ``ANTIN_FUZZ_SEED`` (the
day): other cases every time. How to run a case again: docs/development.md.
"""

import os
import time
from collections.abc import Callable
from typing import Final

import pytest

from tests.fuzz.hunt import Hunt, hunt
from tests.fuzz.seed_files import CORPUS

Tell = Callable[[str, object], None]
SOAK: Final = bool(os.environ.get("ANTIN_SOAK"))
SECONDS: Final = float(os.environ.get("ANTIN_FUZZ_SECONDS", "3600"))
SEED: Final = int(os.environ.get("ANTIN_FUZZ_SEED", time.strftime("%Y%m%d") if SOAK else "1"))

CASES: Final = {
    "pdf-read": 400,
    "pdf-verify": 400,
    "pdf-sign": 300,
    "pdf-rewrite": 300,
    "pdf-hostile-read": 20,
    "pdf-hostile-verify": 20,
    "pdf-hostile-sign": 20,
    "pdf-hostile-rewrite": 20,
    "pki-certificate": 700,
    "pki-cms": 500,
    "pki-cms-file": 500,
    "pki-response": 400,
    "pki-token": 500,
    "pki-crl": 500,
    "pki-ocsp": 500,
    "pki-chain": 600,
    "pki-hostile": 40,
    "pki-gather": 150,
    "pki-folder": 400,
    "pki-key": 300,
    "text-checkpoint": 800,
    "text-verifier": 500,
    "text-entry": 800,
    "text-json": 800,
    "text-policy": 600,
    "text-settings": 400,
    "text-stamp": 500,
    "text-image": 400,
}
"""How many cases of each target a normal run has."""
NEVER_REFUSES: Final = {"pki-gather"}
"""What strangers answer is left out where it is no use; nothing is refused."""
FOREIGN: Final = {
    "pdf-corpus-read": 150,
    "pdf-corpus-verify": 150,
    "pdf-corpus-sign": 150,
    "pdf-corpus-rewrite": 150,
}


def run(target: str, count: int) -> Hunt:
    if SOAK:
        return hunt(target, SEED, 0, 10**9, until=time.monotonic() + SECONDS)
    return hunt(target, SEED, 0, count)


def judge(target: str, count: int, found: Hunt, tell: Tell) -> None:
    tell("fuzz", f"{target}, seed {SEED}: {found}")
    assert not found.failures, "\n".join(map(str, found.failures))
    assert found.cases == count or (SOAK and found.cases)
    # A fuzzer that never gets past the door, or never is turned away at it, tests nothing.
    share = min(count, found.cases) // 100
    assert found.outcomes["ok"] >= share
    assert found.cases - found.outcomes["ok"] >= share or target in NEVER_REFUSES


@pytest.mark.soak
@pytest.mark.timeout(int(SECONDS) + 600 if SOAK else 300)
@pytest.mark.parametrize("target", CASES)
def test_nothing_but_coded_errors_comes_out(target: str, record_property: Tell) -> None:
    judge(target, CASES[target], run(target, CASES[target]), record_property)


@pytest.mark.soak
@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus does not stand beside us")
@pytest.mark.timeout(int(SECONDS) + 600 if SOAK else 300)
@pytest.mark.parametrize("target", FOREIGN)
def test_nothing_but_coded_errors_comes_out_of_other_peoples_files(
    target: str, record_property: Tell
) -> None:
    judge(target, FOREIGN[target], run(target, FOREIGN[target]), record_property)
