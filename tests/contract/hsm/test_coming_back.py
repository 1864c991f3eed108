"""A token that goes away ends in a clear error, and one that comes back signs without a restart."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from antin.core.errors import KeyDeviceError
from antin.hsm import softhsm
from antin.hsm.gate import PinGate
from antin.hsm.key import SigningKey
from antin.hsm.pkcs11 import KeyRoom, open_key
from antin.hsm.room import Staffing
from devpki.network_hsm import NetworkHsm
from devpki.piv.station import PivStation
from devpki.tokens import KeySpec, TokenSpec, create_tokens
from tests.tokens import RealToken, makes, on_softhsm

GONE = {"token_not_found", "token_failed", "pkcs11_module_broken", "session_lost"}


def code_of(key: SigningKey) -> str | None:
    try:
        key.sign(b"data")
    except KeyDeviceError as error:
        return error.code
    return None


def until_it_signs(key: SigningKey) -> set[str]:
    """Return the codes of the attempts before; the next process comes after a pause."""
    codes: set[str] = set()
    for _ in range(200):
        code = code_of(key)
        if code is None:
            return codes
        codes.add(code)
        time.sleep(0.05)  # the pause is the pool's own, nothing tells of its end
    raise AssertionError(codes)


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
@pytest.mark.parametrize("kind", ["rsa", "p256", "asks"])
def test_a_card_that_was_pulled_is_missed_and_signs_when_it_is_back(
    token: RealToken, cards: PivStation, kind: str
) -> None:
    key = token.open(kind)
    assert code_of(key) is None
    for _ in range(2):
        cards.pull()
        assert [code_of(key) for _ in range(2)] == ["token_not_found"] * 2
        cards.insert()
        assert code_of(key) is None


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_another_card_in_the_slot_is_not_the_one_that_is_missed(
    token: RealToken, cards: PivStation
) -> None:
    key = token.open("rsa")
    before = cards.pins_sent(1)
    cards.pull(0)
    assert code_of(key) == "token_not_found"
    assert cards.pins_sent(1) == before


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_pulling_the_card_among_many_signatures_hangs_none(
    token: RealToken, cards: PivStation
) -> None:
    key = token.open("p256")
    over = threading.Event()

    def sign_on() -> list[str | None]:
        codes: list[str | None] = []
        while not over.is_set():
            codes.append(code_of(key))
        return codes

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(sign_on) for _ in range(4)]
        try:
            for _ in range(3):
                cards.pull()
                cards.insert()
        finally:
            over.set()
        codes = {code for job in jobs for code in job.result(timeout=60)}
    assert None in codes
    assert codes <= GONE | {None}
    assert code_of(key) is None


@pytest.mark.parametrize("token", makes("p11-kit"), indirect=True)
@pytest.mark.parametrize("requests", [0, 1])
def test_a_network_hsm_that_dies_in_a_signature_is_said_and_signs_when_it_is_back(
    token: RealToken, network: NetworkHsm, requests: int
) -> None:
    key = token.open("rsa")
    assert code_of(key) is None
    network.die(after=requests)
    assert all(code_of(key) in GONE for _ in range(3))
    network.revive()
    assert code_of(key) is None


@pytest.mark.parametrize("token", makes("p11-kit"), indirect=True)
def test_a_silent_network_hsm_is_given_up_in_time_and_signs_when_it_speaks_again(
    token: RealToken, network: NetworkHsm
) -> None:
    """Nothing in this process could end such a call: a process of its own is ended instead."""
    room = KeyRoom(PinGate(lambda _alarm: None), Staffing(processes=1, sessions=1, seconds=5))
    try:
        key = open_key(token.reference("rsa"), token.pin, room)
        assert code_of(key) is None
        network.fall_silent()
        assert code_of(key) == "token_timeout"
        network.revive()
        assert until_it_signs(key) <= {"key_process_died"}
    finally:
        room.close()


@pytest.mark.parametrize("token", makes("p11-kit"), indirect=True)
def test_a_slow_network_hsm_signs(token: RealToken, network: NetworkHsm) -> None:
    key = token.open("rsa")
    assert code_of(key) is None  # the key's handle is known from now on
    network.delay(5)
    before = network.requests()
    assert code_of(key) is None
    # C_SignInit and C_Sign; asking for the length first would be a third.
    assert network.requests() - before == 2


@pytest.mark.real("softhsm")
def test_a_soft_token_that_was_moved_away_is_missed_and_signs_when_it_is_back(
    tmp_path: Path,
) -> None:
    (made,) = create_tokens(tmp_path, (TokenSpec("moved", (KeySpec("p256"),)),))
    softhsm.configure(tmp_path)
    key = on_softhsm(made, "softhsm", softhsm.find_module()).open("p256")
    assert code_of(key) is None
    (tmp_path / "tokens").rename(tmp_path / "elsewhere")
    assert all(code_of(key) in GONE | {"key_not_found"} for _ in range(3))
    (tmp_path / "elsewhere").rename(tmp_path / "tokens")
    assert code_of(key) is None
