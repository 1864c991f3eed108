"""What goes over the pipe comes back equal, and what is none of it is refused."""

import os
import threading
from multiprocessing import Pipe
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.codes import CODES
from antin.core.errors import KeyDeviceError
from antin.hsm import wire
from antin.hsm.device import TokenFacts
from antin.hsm.mechanism_calls import HASHING, RAW
from antin.hsm.objects import KeyFacts, KeyName
from antin.hsm.slots import TokenInfo
from antin.hsm.wire import Channel, ChannelClosedError, Message

values = st.binary(max_size=40)
names = st.builds(KeyName, st.none() | st.text(max_size=20), st.none() | values)
keys = st.builds(
    KeyFacts,
    st.text(max_size=20),
    values,
    st.integers(-1, 100),
    st.lists(values, max_size=2).map(tuple),
    st.lists(values, max_size=2).map(tuple),
    st.booleans(),
)
facts = st.builds(
    TokenFacts,
    st.text(),
    st.frozensets(st.integers(0, 9999)),
    st.lists(keys, max_size=3).map(tuple),
)
infos = st.builds(TokenInfo, *[st.text(max_size=9)] * 4, *[st.booleans()] * 4)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


def over_a_pipe(message: Message) -> Message:
    one, other = Pipe()
    with one, other:
        Channel(one).send(message)
        return Channel(other).receive(5)


@given(names, facts, infos)
def test_all_comes_back_equal(name: KeyName, found: TokenFacts, info: TokenInfo) -> None:
    assert wire.name_in(over_a_pipe(wire.name_out(name))) == name
    assert wire.facts_in(over_a_pipe(wire.facts_out(found))) == found
    assert wire.info_in(over_a_pipe(wire.info_out(info))) == info


def test_mechanisms_come_back_equal() -> None:
    for call in (*HASHING.values(), *RAW.values()):
        assert wire.call_in(over_a_pipe(wire.call_out(call))) == call


@pytest.mark.parametrize("code", sorted(c for c, (f, _) in CODES.items() if f == "key_device"))
def test_errors_come_back_equal(code: str) -> None:
    error = KeyDeviceError(code, token="desk", rv="CKR_DEVICE_ERROR", seconds=3)
    again = wire.error_in(over_a_pipe(wire.error_out(error)))
    assert (again.code, again.values) == (code, error.values)


@given(jsons)
def test_what_a_broken_process_says_is_refused(said: Any) -> None:
    message = said if isinstance(said, dict) else {"error": said, "facts": said, "info": said}
    for read in (wire.error_in, wire.facts_in, wire.info_in):
        with pytest.raises(ChannelClosedError):
            read(message)


@pytest.mark.parametrize("said", [b"", b"\xff", b"[]", b'"x"', b"{", b"[" * 100_000])
def test_what_is_no_message_closes_the_channel(said: bytes) -> None:
    one, other = Pipe()
    with one, other:
        os.write(one.fileno(), len(said).to_bytes(4) + said)
        with pytest.raises(ChannelClosedError):
            Channel(other).receive(5)


def test_nobody_there_and_nothing_said_are_told_apart() -> None:
    one, other = Pipe()
    with pytest.raises(TimeoutError):
        Channel(other).receive(0.01)
    one.close()
    with pytest.raises(ChannelClosedError):
        Channel(other).receive(5)
    with pytest.raises(ChannelClosedError):
        Channel(other).send({"do": "sign"})
    other.close()


def test_a_message_that_stops_half_way_is_waited_for_no_longer() -> None:
    one, other = Pipe()
    with one, other:
        os.write(one.fileno(), (100).to_bytes(4) + b'{"value"')
        with pytest.raises(TimeoutError):
            Channel(other).receive(0.05)


def test_a_message_that_comes_in_drops_is_not_waited_for_anew_with_each() -> None:
    one, other = Pipe()
    over = threading.Event()

    def drip() -> None:
        os.write(one.fileno(), (1 << 20).to_bytes(4))
        while not over.wait(0.01):
            os.write(one.fileno(), b" ")

    with one, other:
        dripping = threading.Thread(target=drip)
        dripping.start()
        with pytest.raises(TimeoutError):
            Channel(other).receive(0.2)
        over.set()
        dripping.join()


def test_a_message_that_is_not_taken_in_is_not_pressed_on() -> None:
    one, other = Pipe()
    with one, other, pytest.raises(TimeoutError):
        Channel(one).send({"payload": "00" * (4 << 20)}, 0.05)


def test_a_message_without_end_is_none() -> None:
    one, other = Pipe()
    with one, other:
        os.write(one.fileno(), b"\xff" * 4)
        with pytest.raises(ChannelClosedError):
            Channel(other).receive(5)


def test_numbers_without_end_are_refused() -> None:
    with pytest.raises(ChannelClosedError):
        wire.facts_in({"serial": "1", "mechanisms": [float("inf")], "keys": []})
