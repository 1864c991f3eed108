"""A token is taken away and put back while a hundred threads in four processes sign with it.

Each request ends in a good signature or a clear error, none hangs, and no wrong PIN is sent twice.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from antin.hsm import softhsm
from antin.hsm.gate import PinGate
from antin.hsm.pins import pin_from_file
from antin.hsm.pkcs11 import KeyReference, KeyRoom, open_key
from antin.hsm.public_keys import load_public_key, require_signature
from antin.hsm.room import Staffing
from devpki.tokens import KeySpec, Token, TokenSpec, create_tokens

pytestmark = pytest.mark.real("softhsm")

SOAK = bool(os.environ.get("ANTIN_SOAK"))
SECONDS = 60.0 if SOAK else 3.0
SIGNATURES = 100_000 if SOAK else 2_000
ROOT = Path(__file__).parents[2]
CLEAR = {"signed", "token_not_found", "session_lost", "token_failed", "token_timeout"}
"""What a request may end in while the token comes and goes."""


@dataclass
class User:
    """A process that signs."""

    process: subprocess.Popen[str]

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "it ended without a word"
        heard: dict[str, Any] = json.loads(line)
        return heard

    def stop(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.hear()


@contextmanager
def users(count: int, folder: Path, token: Token, **asked: object) -> Iterator[list[User]]:
    made = []
    request = {
        "folder": str(folder),
        "pin_file": str(token.pin_file),
        "processes": 0,
        "sessions": 4,
        "threads": 25,
        "key": "p256",
        "most": 10**9,
    }
    for _ in range(count):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fault.token_user"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        made.append(User(process))
        assert process.stdin is not None
        process.stdin.write(json.dumps(request | asked) + "\n")
        process.stdin.flush()
    try:
        yield made
    finally:
        for user in made:
            user.process.kill()
            user.process.communicate()


@pytest.fixture
def office(tmp_path: Path) -> tuple[Path, Token]:
    keys = (KeySpec("p256"), KeySpec("rsa", "rsa2048", b"\x02"))
    (token,) = create_tokens(tmp_path, (TokenSpec("office", keys),))
    return tmp_path, token


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("processes", [0, 1], ids=["threads", "key-processes"])
def test_every_request_ends_well_or_clearly(office: tuple[Path, Token], processes: int) -> None:
    folder, token = office
    chance = random.Random(processes)  # noqa: S311 — repeatable, not secret
    with users(4, folder, token, processes=processes) as signing:
        assert [user.hear() for user in signing] == [{"started": True}] * 4
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.1, 0.8))  # the moment is what is tried
            take_away(folder, chance.uniform(0.05, 0.4))
        take_away(folder, 2.0)
        said = [user.stop() for user in signing]
    outcomes = sum((Counter(one["outcomes"]) for one in said), Counter[str]())
    assert set(outcomes) <= CLEAR, outcomes
    assert outcomes["signed"] > 100
    failed = sum(outcomes.values()) - outcomes["signed"]
    again = sum(one["logins"].get("CKR_OK", 0) for one in said) - 4
    assert failed > 0 or again > 0, "the token was never missed"
    assert max(one["longest"] for one in said) < 60
    assert [one["after"] for one in said] == ["signed"] * 4
    # The PIN was right all the time, and no token on its way out said otherwise.
    assert {name for one in said for name in one["logins"]} <= GOOD_LOGINS


def take_away(folder: Path, seconds: float) -> None:
    (folder / "tokens").rename(folder / "drawer")
    time.sleep(seconds)
    (folder / "drawer").rename(folder / "tokens")


GOOD_LOGINS = {"CKR_OK", "CKR_USER_ALREADY_LOGGED_IN", "CKR_GENERAL_ERROR"}


def test_four_processes_send_a_wrong_pin_once(office: tuple[Path, Token]) -> None:
    folder, token = office
    token.pin_file.write_text("00000000x\n")
    with users(4, folder, token, threads=0) as trying:
        said = [user.hear() for user in trying]
    assert [one["codes"] for one in said] == [["pin_incorrect"] * 3] * 4
    assert sum((Counter(one["logins"]) for one in said), Counter[str]()) == {"CKR_PIN_INCORRECT": 1}


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("processes", [0, 2], ids=["threads", "key-processes"])
def test_many_signatures_are_all_good_and_memory_stays(
    office: tuple[Path, Token], processes: int
) -> None:
    folder, token = office
    softhsm.configure(folder)
    room = KeyRoom(PinGate(), Staffing(processes, 4, 20))
    reference = KeyReference(softhsm.find_module(), "office", key_label="p256")
    key = open_key(reference, pin_from_file("office", token.pin_file), room)
    public = load_public_key(key.public_key, "office")

    def sign(number: int) -> None:
        data = number.to_bytes(4)
        require_signature(public, key.algorithm, data, key.sign(data), token="office")

    with ThreadPoolExecutor(8) as pool:
        used = []
        for part in range(10):
            share = SIGNATURES // 10
            list(pool.map(sign, range(part * share, part * share + share)))
            used.append(memory())
    room.close()
    assert used[-1] - used[1] < 4096, used  # KiB; the first part fills pools and caches


def memory() -> int:
    """Return the resident memory of this process and of those it started, in KiB."""
    own = os.getpid()
    found = 0
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in path.read_text().splitlines())
        except OSError:
            continue
        if own in {int(fields["Pid"]), int(fields["PPid"])} and "VmRSS" in fields:
            found += int(fields["VmRSS"].split()[0])
    return found
