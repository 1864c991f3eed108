"""Millions of keys in little memory, and nothing forgotten."""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.ledger.checking import compact
from antin.ledger.checking.compact import Compact
from antin.ledger.checking.entries import EntryChecks
from antin.ledger.checking.report import Collector
from antin.ledger.draft import Act, Draft
from antin.ledger.log import Placed, place

KEYS = st.binary(max_size=3)
FEW = 1 << 4
"""Buffers: so that thousands of keys fill them as millions fill the usual ones."""
MOST = 110
"""Bytes an entry that is a stream and a request of its own: 56 and 16, and room to grow."""


@pytest.fixture(autouse=True)
def few_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_BUFFERS", FEW)


@given(st.lists(st.tuples(KEYS, st.binary(min_size=5, max_size=5))))
def test_it_remembers_as_a_dictionary_does(puts: list[tuple[bytes, bytes]]) -> None:
    store, kept = Compact(5), dict[bytes, bytes]()
    for key, value in puts:
        assert store.get(key) == kept.get(key)
        assert store.put(key, value) is (key not in kept)
        kept[key] = value
    assert all(store.get(key) == value for key, value in kept.items())


@given(st.lists(KEYS))
def test_it_is_a_set_without_values(puts: list[bytes]) -> None:
    store, seen = Compact(), set[bytes]()
    for key in puts:
        assert store.put(key) is (key not in seen)
        seen.add(key)


def test_a_key_that_stands_across_two_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever chooses what is remembered may lay a key into a value."""
    monkeypatch.setattr(compact, "_BUFFERS", 1)
    store = Compact(40)
    hidden = compact._short(b"hidden")
    store.put(b"other", b"x" + hidden + b"x" * 23)
    assert store.get(b"hidden") is None
    assert store.put(b"hidden", b"y" * 40)
    assert store.get(b"other") == b"x" + hidden + b"x" * 23
    assert store.get(b"hidden") == b"y" * 40


def entries(count: int) -> list[Placed]:
    found: list[Placed] = []
    for index in range(count):
        act = Act("system", f"request-{index:032}", 5, b"\x07" * 32)
        draft = Draft(f"record/{index:036}", "thing.happened", {})
        found += place(act, (draft,), index, {})
    return found


def test_entries_are_checked_in_bounded_memory() -> None:
    """Where each is a stream of its own, a million takes a hundred million bytes."""
    made = entries(9_000)
    found = Collector()
    checks = EntryChecks(found, [(one.row.index, one.payload) for one in made])
    tracemalloc.start()
    try:
        at = []
        for one in made:
            checks.check(one.row)
            if one.row.index % 3_000 == 2_999:
                at.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    checks.finish()
    assert not found.found
    assert max(after - before for before, after in pairwise(at)) < 3_000 * MOST
