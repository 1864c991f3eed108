"""An entry's bytes: one text for one value, and nothing else is read."""

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core import canonical
from antin.core.errors import DefectError, InputError
from antin.core.limits import MAX_ENTRY_BYTES
from antin.ledger.draft import Act, Draft
from antin.ledger.entry import PAYLOAD_TAG, Entry, commitment, encode, parse, salt_for
from antin.ledger.log import Tip, place

ENTRY = Entry(
    stream="record/01a2047f-3bb4-7398-a61f-312996d01e27",
    n=3,
    prev=b"\x01" * 32,
    micros=1_763_777_107_123_456,
    actor="01a2047f-3bb4-7398-a61f-312996d01e28",
    action="record.opened",
    payload_digest=b"\x02" * 32,
    request="01a2047f-3bb4-7398-a61f-312996d01e29/close",
    ordinal=1,
)

hashes = st.binary(min_size=32, max_size=32)
entries = st.builds(
    Entry,
    stream=st.from_regex(r"(record|document|agency)/[A-Za-z0-9._-]{1,64}", fullmatch=True),
    n=st.integers(1, 2**53 - 1),
    prev=hashes,
    micros=st.integers(0, 2**53 - 1),
    actor=st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True),
    action=st.from_regex(r"[a-z][a-z_]{0,9}\.[a-z]{1,9}", fullmatch=True),
    payload_digest=hashes,
    request=st.from_regex(r"[A-Za-z0-9._:/-]{1,64}", fullmatch=True),
    ordinal=st.integers(0, 10**9 - 1),
)


def fields_of(entry: Entry) -> dict[str, object]:
    fields: dict[str, object] = json.loads(encode(entry))
    return fields


def test_the_bytes_are_what_is_written_down() -> None:
    """Pinned: these bytes are hashed for ever."""
    assert encode(ENTRY) == (
        b'{"action":"record.opened","actor":"01a2047f-3bb4-7398-a61f-312996d01e28","n":3,'
        b'"payload":"' + b"02" * 32 + b'","prev":"' + b"01" * 32 + b'",'
        b'"req":"01a2047f-3bb4-7398-a61f-312996d01e29/close#1",'
        b'"stream":"record/01a2047f-3bb4-7398-a61f-312996d01e27","ts":1763777107123456,"v":1}'
    )


@given(entries)
def test_what_is_encoded_is_parsed_back(entry: Entry) -> None:
    assert parse(encode(entry)) == entry
    first = replace(entry, n=0, prev=None)
    assert parse(encode(first)) == first


@given(st.binary(max_size=200))
def test_whatever_comes_ends_in_our_error(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse(data)
    assert caught.value.code == "entry_malformed"


@given(entries, st.data())
def test_the_quick_way_reads_what_the_thorough_one_reads(entry: Entry, data: st.DataObject) -> None:
    """Entries that were altered anywhere, and some that were not."""
    text = bytearray(encode(entry))
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(
        st.sampled_from([b"", b'"', b"0", b"1", b"a", b".", b"#", b" ", b"\xe9", b"null"])
    )
    text[at : at + data.draw(st.integers(0, 2))] = put
    whole = bytes(text)

    def read() -> Entry | str:
        try:
            return parse(whole)
        except InputError as error:
            return error.code

    quick = read()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("antin.ledger.entry._read_whole", lambda _: None)
        assert read() == quick


@pytest.mark.parametrize(
    "change",
    [{"n": 0}, {"n": 2**53}, {"micros": 2**53}, {"action": "a" * 65}, {"prev": None}],
    ids=str,
)
def test_the_quick_way_leaves_out_no_bound(change: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("antin.ledger.entry._fault", lambda *_: None)
        text = encode(replace(ENTRY, **change))
    with pytest.raises(InputError):
        parse(text)


CHANGES: list[dict[str, object]] = [
    {"v": 2},
    {"v": True},
    {"stream": "user/x"},
    {"stream": "record/"},
    {"stream": 1},
    {"n": -1},
    {"n": 0},
    {"n": "3"},
    {"n": True},
    {"prev": None},
    {"prev": "AB" * 32},
    {"prev": "ab" * 31},
    {"ts": -1},
    {"actor": "Nguyễn Văn A"},
    {"actor": ""},
    {"action": "Record.Opened"},
    {"payload": "02" * 33},
    {"req": "id"},
    {"req": "id#01"},
    {"req": "id#-1"},
    {"req": "#1"},
    {"req": "a#b#1"},
    {"more": 1},
]


@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_no_other_value_is_read(change: dict[str, object]) -> None:
    data = canonical.dumps({**fields_of(ENTRY), **change})  # type: ignore[dict-item] # hostile values
    with pytest.raises(InputError) as caught:
        parse(data)
    assert caught.value.code == "entry_malformed"


@pytest.mark.parametrize("name", sorted(fields_of(ENTRY)))
def test_no_field_may_be_missing(name: str) -> None:
    fields = fields_of(ENTRY)
    del fields[name]
    with pytest.raises(InputError):
        parse(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())


def test_no_other_text_of_the_same_value_is_read() -> None:
    with pytest.raises(InputError):
        parse(encode(ENTRY).replace(b":3,", b": 3,"))
    with pytest.raises(InputError):
        parse(encode(ENTRY) + b"\n")


def test_a_large_one_is_not_looked_at() -> None:
    with pytest.raises(InputError) as caught:
        parse(b" " * MAX_ENTRY_BYTES)
    assert "too many" in caught.value.detail


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ENTRY, stream="elsewhere/x"),
        replace(ENTRY, n=0),
        replace(ENTRY, prev=None),
        replace(ENTRY, prev=b"short"),
        replace(ENTRY, micros=2**53),
        replace(ENTRY, payload_digest=b""),
        replace(ENTRY, ordinal=-1),
    ],
    ids=repr,
)
def test_what_could_not_be_read_is_not_written(wrong: Entry) -> None:
    with pytest.raises(DefectError):
        encode(wrong)


def test_a_commitment_needs_its_salt() -> None:
    salt = salt_for(b"\x07" * 32, 0)
    assert len(salt) == 32
    assert salt != salt_for(b"\x07" * 32, 1)
    assert salt != salt_for(b"\x08" * 32, 0)
    assert commitment(salt, b"{}") == hashlib.sha256(PAYLOAD_TAG + salt + b"{}").digest()
    assert commitment(salt, b"{}") != commitment(salt_for(b"\x07" * 32, 1), b"{}")


@given(st.binary(min_size=32, max_size=32), st.integers(0, 10**9))
def test_a_salt_is_the_hmac_of_the_ordinal(seed: bytes, ordinal: int) -> None:
    assert salt_for(seed, ordinal) == hmac.digest(seed, ordinal.to_bytes(8, "big"), "sha256")


def test_placing_is_a_function_of_its_arguments() -> None:
    act = Act("system", "request-1", 5, b"\x07" * 32)
    drafts = (Draft("agency/a", "x.y", {"k": "v"}), Draft("agency/a", "x.z", {}))
    tips = {"agency/a": Tip(6, b"\x09" * 32)}
    once, twice = place(act, drafts, 10, tips), place(act, drafts, 10, tips)
    assert once == twice
    first, second = once
    assert (first.row.index, first.row.n, first.row.prev) == (10, 7, b"\x09" * 32)
    assert (second.row.index, second.row.n, second.row.prev) == (11, 8, first.row.leaf)
    assert parse(second.row.data).prev == first.row.leaf


def test_a_short_seed_is_a_defect() -> None:
    with pytest.raises(DefectError):
        place(Act("system", "r", 5, b"short"), (Draft("agency/a", "x.y", {}),), 0, {})
