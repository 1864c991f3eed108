"""Entries read by one pattern are those that the strict reader accepts."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import InputError
from antin.ledger.entry import Entry, encode, parse
from antin.ledger.entry_form import committed_to, read_forms

ENTRY = encode(
    Entry(
        "record/a-1", 7, b"\x05" * 32, 1_700_000_000_000_000, "a:b", "x.y_1", b"\x06" * 32, "r/1", 3
    )
)
FIRST = encode(Entry("agency/z", 0, None, 0, "system", "x", b"\x06" * 32, "q", 0))
HARM: dict[str, Callable[[bytes], bytes]] = {
    "a line end after it": lambda data: data + b"\n",
    "a space": lambda data: data.replace(b",", b", ", 1),
    "other order": lambda data: data.replace(b'"v":1}', b'"v":1,"a":1}'),
    "another version": lambda data: data.replace(b'"v":1', b'"v":2'),
    "n too large": lambda data: data.replace(b'"n":7', b'"n":9007199254740992'),
    "n negative": lambda data: data.replace(b'"n":7', b'"n":-7'),
    "n with a zero before": lambda data: data.replace(b'"n":7', b'"n":07'),
    "n 0 with prev": lambda data: data.replace(b'"n":7', b'"n":0'),
    "no prev": lambda data: data.replace(b'"prev":"' + b"05" * 32 + b'"', b'"prev":null'),
    "capital hex": lambda data: data.replace(b"05" * 32, b"0A" * 32),
    "time too large": lambda data: data.replace(b"1700000000000000", b"9007199254740992"),
    "ordinal too long": lambda data: data.replace(b"#3", b"#3000000000"),
    "no ordinal": lambda data: data.replace(b"#3", b""),
    "action too long": lambda data: data.replace(b"x.y_1", b"x." + b"y" * 63),
    "another stream": lambda data: data.replace(b"record/", b"office/"),
    "stream too long": lambda data: data.replace(b"a-1", b"a" * 65),
    "action without a verb": lambda data: data.replace(b"x.y_1", b"x..y"),
    "action that ends with a dot": lambda data: data.replace(b"x.y_1", b"x."),
    "action with a digit first": lambda data: data.replace(b"x.y_1", b"x.1y"),
    "an escape": lambda data: data.replace(b"a:b", b"a\\u003ab"),
    "not ASCII": lambda data: data.replace(b"a:b", "aộ".encode()),
    "emptied": lambda data: b"",
}


def accepted(data: bytes) -> bool:
    try:
        parse(data)
    except InputError:
        return False
    return True


def test_entries_are_read() -> None:
    rows = read_forms([ENTRY, FIRST, ENTRY])
    assert rows[0] == rows[2] == (b"x.y_1", b"7", b"05" * 32, b"r/1", b"3", b"record/a-1")
    assert rows[1] == (b"x", b"", b"", b"q", b"0", b"agency/z")
    assert [committed_to(one) for one in (ENTRY, FIRST)] == [b"\x06" * 32] * 2
    largest = ENTRY.replace(b'"n":7', b'"n":9007199254740991')
    assert accepted(largest)
    assert read_forms([largest])[0] is not None


@pytest.mark.parametrize("how", sorted(HARM))
def test_what_is_no_entry_is_none_among_others(how: str) -> None:
    harmed = HARM[how](ENTRY)
    assert harmed != ENTRY
    assert not accepted(harmed)
    rows = read_forms([FIRST, harmed, ENTRY])
    assert [row is None for row in rows] == [False, True, False]


def test_line_ends_do_not_make_one_entry_of_two() -> None:
    for pair in ([FIRST + b"\n" + ENTRY, b"x"], [b"x", FIRST + b"\n" + ENTRY], [b"\n", FIRST]):
        assert [row is None for row in read_forms(pair)] == [not accepted(one) for one in pair]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from(b'09af"{},:x\\\n \xff-'), st.booleans()),
        max_size=3,
    )
)
def test_it_agrees_with_the_strict_reader(changes: list[tuple[int, int, bool]]) -> None:
    data = bytearray(ENTRY)
    for at, byte, insert in changes:
        place = at % len(data)
        data[place : place + (0 if insert else 1)] = bytes([byte])
    changed = bytes(data)
    assert (read_forms([FIRST, changed])[1] is not None) == accepted(changed)
