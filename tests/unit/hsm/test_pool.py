"""Sessions: so many, taken in turns, closed after an error."""

import threading
from typing import cast

import pytest

from antin.core.errors import KeyDeviceError
from antin.hsm.cryptoki import CryptokiError
from antin.hsm.pool import SessionPool
from antin.hsm.session import Session

NO_MORE = 0xB1


class Token:
    """Opens sessions until it has no more."""

    def __init__(self, most: int = 99) -> None:
        self.most = most
        self.open = 0

    def session(self) -> Session:
        if self.open == self.most:
            raise CryptokiError("C_OpenSession", NO_MORE)
        self.open += 1
        return cast("Session", Opened(self))


class Opened:
    def __init__(self, token: Token) -> None:
        self._token = token

    def close(self) -> None:
        self._token.open -= 1


def pool(token: Token, most: int = 3) -> SessionPool:
    return SessionPool(token.session, most, "desk")


def test_a_session_is_used_again() -> None:
    token = Token()
    made = pool(token)
    for _ in range(5):
        made.give_back(made.take(1))
    assert token.open == 1


def test_there_are_no_more_than_were_wanted() -> None:
    token = Token()
    made = pool(token)
    taken = [made.take(1) for _ in range(3)]
    assert len(set(taken)) == 3
    with pytest.raises(KeyDeviceError) as caught:
        made.take(0.01)
    assert caught.value.code == "token_timeout"
    made.discard(taken[0])
    assert made.take(1) not in taken


def test_a_token_with_fewer_is_content_with_those() -> None:
    token = Token(2)
    made = pool(token)
    one, other = made.take(1), made.take(1)
    with pytest.raises(KeyDeviceError) as caught:
        made.take(0.01)
    assert caught.value.code == "token_timeout"
    made.give_back(one)
    assert made.take(1) is one
    made.give_back(other)


def test_a_token_with_none_says_so() -> None:
    with pytest.raises(CryptokiError):
        pool(Token(0)).take(1)


def test_who_waits_for_a_session_while_the_login_is_given_up_gets_one() -> None:
    token = Token()
    made = pool(token, 1)
    one, found = made.take(1), list[Session]()
    waits = threading.Thread(target=lambda: found.append(made.take(20)), daemon=True)
    waits.start()
    while not made._condition._waiters:  # type: ignore[attr-defined] # its own
        waits.join(0.001)
    made.close()
    made.give_back(one)
    waits.join(5)
    assert not waits.is_alive()
    made.give_back(*found)
    assert token.open == 0


def test_a_closed_pool_keeps_nothing() -> None:
    token = Token()
    made = pool(token)
    one, other = made.take(1), made.take(1)
    made.give_back(one)
    made.close()
    assert token.open == 1
    made.give_back(other)
    assert token.open == 0
