"""BER made DER: the same values, in bounded work."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import InputError
from antin.pki.ber import MAX_DEPTH, MAX_VALUES, to_der
from antin.pki.der_write import tlv

CODE = "cms_malformed"
Tree = bytes | list["Tree"]
TREES = st.recursive(
    st.binary(max_size=200), lambda inner: st.lists(inner, min_size=1, max_size=4), max_leaves=12
)


def der(tree: Tree) -> bytes:
    return tlv(0x04, tree) if isinstance(tree, bytes) else tlv(0x30, *map(der, tree))


def ber(tree: Tree, choose: st.DataObject) -> bytes:
    form = choose.draw(st.sampled_from(["der", "long", "open"]))
    if isinstance(tree, bytes):
        if form == "open":
            cut = len(tree) // 2
            pieces = tlv(0x04, tree[:cut]) + tlv(0x04, tree[cut:])
            return b"\x24\x80" + pieces + b"\x00\x00"
        return long_form(0x04, tree) if form == "long" else tlv(0x04, tree)
    body = b"".join(ber(one, choose) for one in tree)
    if form == "open":
        return b"\x30\x80" + body + b"\x00\x00"
    return long_form(0x30, body) if form == "long" else tlv(0x30, body)


def long_form(tag: int, body: bytes) -> bytes:
    return bytes((tag, 0x84)) + len(body).to_bytes(4, "big") + body


@given(TREES, st.data())
@settings(max_examples=150)
def test_every_encoding_becomes_the_one_of_der(tree: Tree, choose: st.DataObject) -> None:
    encoded = ber(tree, choose)
    assert to_der(encoded + b"behind", CODE) == (der(tree), len(encoded))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\x80",
        b"\x30\x80\x04",
        b"\x00\x00",
        b"\x1f\x01\x00",
        b"\x04\x80\x00\x00",
        b"\x30\x03\x30\x80\x00\x00",
        b"\x30\x89" + bytes(9),
        b"\x24\x80\x30\x00\x00\x00",
        b"\x30\x80" * (MAX_DEPTH + 1),
        b"\x30\x80" + b"\x05\x00" * (MAX_VALUES + 1) + b"\x00\x00",
    ],
    ids=range(11),
)
def test_what_is_no_ber_or_too_much(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        to_der(data, CODE)
    assert caught.value.code == CODE


@given(st.binary(max_size=100))
@settings(max_examples=200)
def test_any_bytes_end_in_a_value_or_a_refusal(data: bytes) -> None:
    try:
        value, length = to_der(data, CODE)
    except InputError:
        return
    assert length <= len(data)
    assert to_der(value, CODE) == (value, len(value))
