"""Entries read at once are those that the strict reader accepts."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import InputError
from antin.ledger.entry import Entry, encode, parse
from antin.ledger.entry_form import committed_to, read_entries
from antin.ledger.tree.tiles import ENTRIES, Tile, read_bundle, write_bundle

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
    "time with a letter": lambda data: data.replace(b"1700000000000000", b"17000000000000e0"),
    "time with a zero before": lambda data: data.replace(b"1700000000000000", b"0700000000000000"),
    "request with a space": lambda data: data.replace(b"r/1", b"r 1"),
    "ordinal too long": lambda data: data.replace(b"#3", b"#3000000000"),
    "ordinal with a zero before": lambda data: data.replace(b"#3", b"#03"),
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


def places(*entries: bytes) -> list[int]:
    """Return which are entries, of those that are in a bundle."""
    read = read_entries(Tile(ENTRIES, 0, len(entries)), write_bundle(entries))
    assert list(read.data) == list(entries)
    assert (read.columns is None) == (len(read.places) < len(entries))
    return list(read.places)


def strict(data: bytes, width: int) -> list[Entry | None] | None:
    """Return what the strict reader makes of a bundle; None if it is none."""
    try:
        entries = read_bundle(Tile(ENTRIES, 0, width), data)
    except InputError:
        return None
    return [parse(one) if accepted(one) else None for one in entries]


def at_once(data: bytes, width: int) -> list[Entry | None] | None:
    """Return the same, as it is read at once."""
    try:
        read = read_entries(Tile(ENTRIES, 0, width), data)
    except InputError:
        return None
    entries: list[Entry | None] = [None] * width
    columns = zip(read.counts, read.prevs, read.requests, read.ordinals, read.streams, strict=True)
    for place, (n, prev, request, ordinal, stream) in zip(read.places, columns, strict=True):
        entry = parse(read.data[place])
        said = (n, bytes.fromhex(prev.decode()) or None, request.decode(), ordinal, stream.decode())
        assert said == (entry.n, entry.prev, entry.request, entry.ordinal, entry.stream)
        entries[place] = entry
    return entries


def test_entries_are_read() -> None:
    read = read_entries(Tile(ENTRIES, 0, 3), write_bundle([ENTRY, FIRST, ENTRY]))
    assert read.columns is not None
    acts = [b'x.y_1","actor":"a:b', b'x","actor":"system']
    assert read.columns.acts == [*acts, acts[0]]
    assert read.columns.times == [b"1700000000000000", b"0", b"1700000000000000"]
    assert list(read[1:-1]) == [
        range(3),
        [7, 0, 7],
        [b"05" * 32, b"", b"05" * 32],
        [b"r/1", b"q", b"r/1"],
        [3, 0, 3],
        [b"record/a-1", b"agency/z", b"record/a-1"],
    ]
    assert [committed_to(one) for one in (ENTRY, FIRST)] == [b"\x06" * 32] * 2
    largest = ENTRY.replace(b'"n":7', b'"n":9007199254740991')
    assert accepted(largest)
    assert strict(write_bundle([largest]), 1) == at_once(write_bundle([largest]), 1)


@pytest.mark.parametrize("how", sorted(HARM))
def test_what_is_no_entry_is_none_among_others(how: str) -> None:
    harmed = HARM[how](ENTRY)
    assert harmed != ENTRY
    assert not accepted(harmed)
    assert places(FIRST, harmed, ENTRY) == [0, 2]
    assert places(ENTRY, harmed) == [0], "among those of the same kind"


def test_line_ends_do_not_make_one_entry_of_two() -> None:
    for pair in ([FIRST + b"\n" + ENTRY, b"x"], [b"x", FIRST + b"\n" + ENTRY], [b"\n", FIRST]):
        assert places(*pair) == [at for at, one in enumerate(pair) if accepted(one)]


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
    assert places(FIRST, changed, ENTRY) == ([0, 1, 2] if accepted(changed) else [0, 2])


def longer(entry: bytes, size: int) -> bytes:
    """Return an entry of just this size: its request is longer."""
    return entry.replace(b'"req":"', b'"req":"' + b"a" * (size - len(entry)))


BUNDLES: dict[str, bytes] = {
    "two bytes after the last": write_bundle([ENTRY, FIRST]) + b"ab",
    "one byte after the last": write_bundle([ENTRY, FIRST]) + b"a",
    "a byte between": write_bundle([ENTRY]) + b"a" + write_bundle([FIRST]),
    "a byte before": b"a" + write_bundle([ENTRY, FIRST]),
    "no length before the first": ENTRY + write_bundle([FIRST]),
    "a length too few": write_bundle([ENTRY]) + FIRST,
    "a wrong length": b"\x01\x00" + write_bundle([ENTRY, FIRST])[2:],
    "lengths swapped": write_bundle([ENTRY, FIRST])[2:4] + write_bundle([ENTRY, FIRST])[2:],
    # The first byte of the entry is the second one of its length.
    "a length that overlaps": b"\x01" + longer(ENTRY, 0x17B) + b"x" + write_bundle([FIRST]),
    "three": write_bundle([ENTRY, FIRST, FIRST]),
    "one": write_bundle([ENTRY]),
    "none": b"",
}


@pytest.mark.parametrize("how", sorted(BUNDLES))
def test_what_is_no_bundle_of_entries_is_read_as_strictly(how: str) -> None:
    whole = write_bundle([ENTRY, FIRST])
    assert at_once(whole, 2) == [parse(ENTRY), parse(FIRST)]
    said = strict(BUNDLES[how], 2)
    assert at_once(BUNDLES[how], 2) == said
    assert said is None or None in said


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([ENTRY, FIRST, longer(ENTRY, 0x17B), b"", b"x"]), min_size=1),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255), st.integers(0, 2)), max_size=4),
)
def test_bundles_are_read_as_strictly(
    entries: list[bytes], changes: list[tuple[int, int, int]]
) -> None:
    data = bytearray(write_bundle(entries))
    for at, byte, cut in changes:
        place = at % len(data)
        data[place : place + cut] = bytes([byte])
    assert at_once(bytes(data), len(entries)) == strict(bytes(data), len(entries))
