"""PDF values of every kind, for property tests."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from pyhanko.pdf_utils import generic

from antin.pdf.objects import Name, Ref, Value

# Readers that take names for UTF-8 can only be compared on names that are.
KEYS = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=8
).map(lambda name: name.encode().decode("latin-1"))
REALS = st.decimals(
    min_value=-32_000, max_value=32_000, allow_nan=False, allow_infinity=False, places=4
)
PLAIN: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    REALS.map(lambda value: value + Decimal("0.0")),
    KEYS.map(Name),
    st.binary(max_size=40),
    st.builds(Ref, st.integers(1, 9), st.just(0)),
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple), st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


def of_pyhanko(found: object) -> Value:
    if isinstance(found, generic.IndirectObject):
        return Ref(found.idnum, found.generation)
    if isinstance(found, generic.DictionaryObject):
        return {bytes_of(key): of_pyhanko(item) for key, item in found.items()}
    if isinstance(found, generic.ArrayObject):
        return tuple(of_pyhanko(item) for item in found)
    return plain_of_pyhanko(found)


def plain_of_pyhanko(found: object) -> Value:
    kinds: dict[type, Callable[[Any], Value]] = {
        generic.NameObject: lambda name: Name(bytes_of(name)),
        generic.TextStringObject: lambda held: bytes(held.original_bytes),
        generic.ByteStringObject: lambda held: bytes(held.original_bytes),
        generic.BooleanObject: lambda held: bool(held.value),
        generic.NumberObject: int,
        generic.FloatObject: Decimal,
        generic.NullObject: lambda _: None,
    }
    return kinds[type(found)](found)


def bytes_of(name: str) -> str:
    return name[1:].encode().decode("latin-1")
