import json
import unicodedata
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from antin.core.canonical import Json, dumps, dumps_normalised, loads, loads_object
from antin.core.errors import InputError

TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(
    lambda text: unicodedata.normalize("NFC", text)
)
KEYS = st.text(st.characters(max_codepoint=127))
NUMBERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
LEAVES: st.SearchStrategy[Json] = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def code_of(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        loads(data)
    return caught.value.code


@given(VALUES)
def test_what_was_written_is_read_again(value: Json) -> None:
    assert loads(dumps(value)) == value


@given(VALUES)
def test_another_implementation_of_rfc_8785_writes_the_same_bytes(value: Json) -> None:
    assert dumps(value) == rfc8785.dumps(value)


@given(VALUES)
def test_only_one_text_is_accepted_for_a_value(value: Json) -> None:
    canonical = dumps(value)
    for other in (
        json.dumps(value).encode(),
        json.dumps(value, indent=1, ensure_ascii=False).encode(),
        canonical + b"\n",
        b"\xef\xbb\xbf" + canonical,
    ):
        if other != canonical:
            assert code_of(other) == "json_malformed"


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = loads(data)
    except InputError:
        return
    assert dumps(value) == data


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "nothing"),
        (b"1.0", "a float"),
        (b"1e3", "an exponent"),
        (b"-0", "minus zero"),
        (b"01", "a leading zero"),
        (b"NaN", "not a number"),
        (b"Infinity", "infinity"),
        (b"9007199254740992", "2^53"),
        (b"-9007199254740992", "-2^53"),
        (b"9" * 5000, "a number too long to convert"),
        (b'{"a":1,"a":1}', "the same key twice"),
        (b'{"b":1,"a":1}', "keys out of order"),
        (b'{"a": 1}', "white space"),
        ('{"é":1}'.encode(), "a key that is not ASCII"),
        (b'"\\u0041"', "an escape that is not needed"),
        (b'"\\/"', "an escaped slash"),
        (b'"\\ud800"', "a lone surrogate, escaped"),
        (b'"\xed\xa0\x80"', "a lone surrogate in UTF-8"),
        (b'"\xff"', "bytes that are not UTF-8"),
        ('"e\u0301"'.encode(), "text that is not in NFC"),
        (b"[" * 100_000, "a depth that breaks recursive parsers"),
        (b"[" * 40 + b"]" * 40, "more depth than is allowed"),
        (b'{"a":1}{"a":1}', "two values"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_everything_else_is_refused(data: bytes, what: str) -> None:
    assert code_of(data) == "json_malformed"


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        2**53,
        b"bytes",
        {1: "a number as key"},
        {"ấn": "a key with a mark"},
        "e\u0301",
        "\ud800",
        {"set"},
        [[1.5]],
    ],
)
def test_a_value_without_a_canonical_text_is_not_written(value: Json) -> None:
    with pytest.raises(InputError) as caught:
        dumps(value)
    assert caught.value.code == "json_malformed"


def test_depth_is_bounded_on_both_sides() -> None:
    value: Json = 0
    for _ in range(32):
        value = [value]
    assert loads(dumps(value)) == value
    with pytest.raises(InputError) as caught:
        dumps([value])
    assert caught.value.code == "json_malformed"


def test_vietnamese_stays_readable() -> None:
    assert dumps({"title": "Hồ sơ", "n": 1}) == '{"n":1,"title":"Hồ sơ"}'.encode()


def test_tuples_are_arrays() -> None:
    assert dumps(("a", ("b",))) == b'["a",["b"]]'


def test_any_kind_of_mapping_can_be_written() -> None:
    value: Json = MappingProxyType({"b": MappingProxyType({"a": 1})})
    assert dumps(value) == b'{"b":{"a":1}}'


def test_an_object_is_asked_for_by_name() -> None:
    assert loads_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(InputError) as caught:
        loads_object(b"[]")
    assert caught.value.code == "json_malformed"


def test_foreign_text_is_put_into_one_form() -> None:
    found = dumps_normalised({"a": ["e\u0301"], "b": {"c": ("o\u031b", 1)}})
    assert loads(found) == {"a": ["é"], "b": {"c": ["ơ", 1]}}


@pytest.mark.parametrize("depth", [40, 10_000])
def test_foreign_depth_is_refused_before_it_breaks_anything(depth: int) -> None:
    value: Json = 0
    for _ in range(depth):
        value = [value]
    with pytest.raises(InputError) as caught:
        dumps_normalised(value)
    assert caught.value.code == "json_malformed"
