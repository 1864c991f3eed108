"""What a redact entry says: one form, and nothing else is taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.canonical import dumps
from antin.core.errors import InputError
from antin.ledger.redaction import Erased, Redaction, parse_redaction, ranges

ERASED = st.lists(
    st.builds(Erased, st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32)),
    min_size=1,
    max_size=20,
).map(tuple)
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=50)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["erased", "index", "leaf", "reason"]), inner)
    ),
    max_leaves=8,
)


@given(ERASED, PLAIN, PLAIN)
def test_it_is_read_as_it_was_written(erased: tuple[Erased, ...], reason: str, by: str) -> None:
    said = Redaction(erased, reason, by)
    assert parse_redaction(dumps(said.as_facts())) == said


@given(st.binary(max_size=200) | JSON.map(dumps))
def test_anything_else_is_malformed(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_redaction(data)
    assert caught.value.code == "entry_malformed"


@given(JSON)
def test_an_entry_of_another_form_is_malformed(item: object) -> None:
    facts = {"authorised_by": "a", "erased": (item,), "reason": "r"}
    with pytest.raises(InputError) as caught:
        parse_redaction(dumps(facts))  # type: ignore[arg-type]  # any JSON
    assert caught.value.code == "entry_malformed"


@pytest.mark.parametrize("leaf", ["00" * 30 + "    ", "AB" * 32, "0x" + "00" * 31, "Ａ" * 64])
def test_a_leaf_is_plain_hexadecimal(leaf: str) -> None:
    facts = {"authorised_by": "a", "erased": ({"index": 0, "leaf": leaf},), "reason": "r"}
    with pytest.raises(InputError) as caught:
        parse_redaction(dumps(facts))  # type: ignore[arg-type]  # it is JSON
    assert caught.value.code == "entry_malformed"


@given(st.sets(st.integers(0, 50), min_size=1))
def test_ranges_name_each_number_once(numbers: set[int]) -> None:
    named: list[int] = []
    for part in ranges(sorted(numbers)).split(", "):
        first, _, last = part.partition("-")
        named += range(int(first), int(last or first) + 1)
    assert named == sorted(numbers)
