"""One key on two tokens: when the other one signs, and when not."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from antin.core.errors import AntinError, KeyDeviceError
from antin.hsm.failover import FailoverKey
from antin.hsm.insecure_software import InsecureSoftwareKey

PRIVATE = ec.generate_private_key(ec.SECP256R1())


class Place(InsecureSoftwareKey):
    """A key that fails with ``code`` as long as one is set."""

    code: str | None = None
    rv: str | None = None
    signed = 0

    def sign(self, data: bytes) -> bytes:
        if self.code is not None:
            raise KeyDeviceError(self.code, token="desk", rv=self.rv, detail="said so")
        self.signed += 1
        return super().sign(data)


def pair() -> tuple[Place, Place, FailoverKey]:
    one, other = Place(PRIVATE), Place(PRIVATE)
    return one, other, FailoverKey("seal", (lambda: one, lambda: other))


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(AntinError) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize(
    ("code", "rv"),
    [
        ("token_not_found", None),
        ("session_lost", None),
        ("token_timeout", None),
        ("key_process_died", None),
        ("token_failed", "CKR_DEVICE_ERROR"),
    ],
)
def test_the_second_signs_while_the_first_is_away(code: str, rv: str | None) -> None:
    one, other, key = pair()
    one.code, one.rv = code, rv
    assert key.sign(b"data")
    assert (one.signed, other.signed, key.switched) == (0, 1, 1)
    one.code = None
    assert key.sign(b"data")
    assert (one.signed, other.signed, key.switched) == (1, 1, 1)


@pytest.mark.parametrize("code", ["pin_incorrect", "pin_locked", "pin_final_try", "token_failed"])
def test_what_somebody_has_to_look_at_is_not_gone_round(code: str) -> None:
    one, other, key = pair()
    one.code = code
    assert code_of(lambda: key.sign(b"data")) == code
    assert other.signed == 0


def test_who_can_sign_does_not_wait_for_another_token_to_be_opened() -> None:
    one, other = Place(PRIVATE), Place(PRIVATE)
    opening, answers = threading.Event(), threading.Event()

    def slow() -> Place:
        opening.set()
        answers.wait(20)
        return other

    key = FailoverKey("seal", (lambda: one, slow))
    one.code = "session_lost"
    with ThreadPoolExecutor(2) as pool:
        went_on = pool.submit(key.sign, b"data")
        assert opening.wait(20)
        one.code = None
        signing = pool.submit(key.sign, b"more")
        try:
            assert signing.result(5)
        finally:
            answers.set()
        assert went_on.result(20)


def test_with_both_away_the_last_ones_error_is_told() -> None:
    one, other, key = pair()
    one.code, other.code = "token_not_found", "session_lost"
    assert code_of(lambda: key.sign(b"data")) == "session_lost"


def test_it_opens_with_the_second_where_the_first_is_not_there() -> None:
    def away() -> Place:
        raise KeyDeviceError("token_not_found", token="desk")

    key = FailoverKey("seal", (away, lambda: Place(PRIVATE)))
    assert key.public_key == Place(PRIVATE).public_key
    assert key.algorithm == Place(PRIVATE).algorithm
    assert key.sign(b"data")
    assert key.switched == 2


def test_another_key_under_the_same_name_is_refused() -> None:
    one, stranger = Place(PRIVATE), Place(ec.generate_private_key(ec.SECP256R1()))
    key = FailoverKey("seal", (lambda: one, lambda: stranger))
    one.code = "token_not_found"
    assert code_of(lambda: key.sign(b"data")) == "key_use_refused"
    assert stranger.signed == 0
