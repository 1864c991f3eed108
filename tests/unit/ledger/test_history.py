"""Lines of another system's change log: what is taken over, as what, and what is refused."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core import canonical
from antin.core.errors import ConflictError, DefectError, InputError, UsageError
from antin.core.limits import MAX_HISTORY_LINE_BYTES
from antin.ledger.entry import Entry, commitment, encode
from antin.ledger.history import ACTION, Batch, Newest, Placing, fresh, read_batch, require_source
from antin.ledger.tree.merkle import leaf_hash

LINE: dict[str, Any] = {
    "stream": "record/r1",
    "id": "ev-1",
    "at": "2016-03-01T08:00:00Z",
    "actor": "Nguyễn Văn A",
    "action": "Cập nhật hồ sơ",
    "facts": {"field": "title", "new": "Quyết định"},
}
NFC = st.text(max_size=8).map(lambda text: unicodedata.normalize("NFC", text))
KEYS = st.text("abcXYZ_09", max_size=4)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
FACTS = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
LINES = st.fixed_dictionaries(
    {
        "stream": st.sampled_from(["record/a", "record/b", "document/A.z_-9", "agency/x"]),
        "id": st.text("azAZ09._:-", min_size=1, max_size=64),
        "at": st.sampled_from(
            ["2016-03-01", "2016-03-01T08:00Z", "2016-03-01T08:00:00.123456+07:00"]
        ),
        "action": st.text(min_size=1, max_size=8),
    },
    optional={
        "actor": st.none() | st.text(max_size=8),
        "facts": st.dictionaries(KEYS, FACTS, max_size=3) | st.dictionaries(KEYS, NFC, max_size=3),
    },
)


def block(*lines: Any, **style: Any) -> bytes:
    return "\n".join(json.dumps(line, **style) for line in lines).encode()


def rows(batch: Batch) -> list[tuple[str, str, bytes, bytes, bytes]]:
    """Return stream, request, payload, salt and commitment of each."""
    columns = (batch.streams, batch.requests, batch.payloads, batch.salts, batch.digests)
    return list(zip(*columns, strict=True))


@given(
    st.lists(LINES, min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from([None, (",", ":"), (" ,  ", ": ")]),
)
def test_a_line_becomes_what_the_canonical_writer_makes_of_it(
    lines: list[dict[str, Any]],
    escaped: bool,  # noqa: FBT001 — Hypothesis gives it
    separators: tuple[str, str] | None,
) -> None:
    batch = read_batch(1, block(*lines, ensure_ascii=escaped, separators=separators), "hoso")
    for line, (stream, request, payload, salt, digest) in zip(lines, rows(batch), strict=True):
        facts = {"actor": None, "facts": {}, **line}
        assert stream == facts.pop("stream")
        assert request == f"import/hoso/{line['id']}"
        assert payload == canonical.dumps_normalised(facts)
        assert commitment(salt, payload) == digest


@given(st.lists(LINES, min_size=1, max_size=6), st.integers(0, 2**53 - 1))
def test_entries_are_those_of_the_one_encoder(lines: list[dict[str, Any]], micros: int) -> None:
    batch = read_batch(1, block(*lines), "hoso")
    tips: dict[str, Newest] = {"record/a": (6, bytes.fromhex("ab" * 32))}
    before = dict(tips)
    found = Placing(40, tips, "user-1", micros)(batch)
    assert (found.index, found.after) == (40, 40 + len(lines))
    made = zip(found.numbers, found.before, found.data, found.leaves, strict=True)
    for (stream, request, _, _, digest), (n, prev, data, leaf) in zip(
        rows(batch), made, strict=True
    ):
        newest, last = before.get(stream, (-1, None))
        assert (n, prev) == (newest + 1, last)
        entry = Entry(
            stream=stream,
            n=n,
            prev=prev,
            micros=micros,
            actor="user-1",
            action=ACTION,
            payload_digest=digest,
            request=request,
            ordinal=0,
        )
        assert data == encode(entry)
        assert leaf == leaf_hash(data)
        before[stream] = (n, leaf)
    assert tips == before


def test_batches_are_placed_one_behind_the_other() -> None:
    placing = Placing(7, {}, "user-1", 1)
    first, second = (placing(read_batch(1, block(LINE, LINE), "hoso")) for _ in range(2))
    assert (first.index, second.index, second.after) == (7, 9, 11)
    assert (first.numbers, second.numbers) == ([0, 1], [2, 3])
    assert second.before[0] == first.leaves[-1]


def refused(line: bytes) -> str:
    """Return why ``line`` is refused, as the third of three."""
    good = block(LINE)
    with pytest.raises(InputError) as caught:
        read_batch(40, b"\n".join((good, good, line, good)), "hoso")
    assert caught.value.code == "history_malformed"
    assert caught.value.values["line"] == 42
    return str(caught.value.values["detail"])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"stream": None}, "kind"),
        ({"stream": "r1"}, "stream"),
        ({"stream": "folder/r1"}, "stream"),
        ({"stream": "record/Nguyễn"}, "stream"),
        ({"stream": "record/" + "r" * 65}, "stream"),
        ({"id": 7}, "kind"),
        ({"id": "a b"}, "id"),
        ({"id": "a#1"}, "id"),
        ({"id": 'a"'}, "id"),
        ({"id": "i" * 65}, "id"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2016-03-01T08:00:00Z\n"}, "at"),
        ({"at": "２016-03-01"}, "at"),
        ({"at": 1456819200}, "kind"),
        ({"action": ""}, "action"),
        ({"action": "a" * 201}, "action"),
        ({"action": None}, "action"),
        ({"actor": ["Nguyễn Văn A"]}, "actor"),
        ({"actor": "a" * 201}, "actor"),
        ({"facts": "none"}, "facts"),
        ({"facts": [1]}, "facts"),
        ({"facts": {"amount": 1.5}}, "1.5"),
        ({"facts": {"amount": float("nan")}}, "NaN"),
        ({"facts": {"amount": 2**53}}, "2^53"),
        ({"facts": {"ngày": "1"}}, "ASCII"),
        ({"facts": {"a": [{"ngày": "1"}]}}, "ASCII"),
        ({"facts": {"a": "\ud800"}}, "surrogate"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_refused(change: dict[str, Any], why: str) -> None:
    assert why in refused(block(LINE | change))


@pytest.mark.parametrize("missing", ["stream", "id", "at", "action"])
def test_what_must_be_there(missing: str) -> None:
    line = {key: value for key, value in LINE.items() if key != missing}
    assert missing in refused(block(line))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", ""),
        (b"\r", ""),
        (b"7", "object"),
        (b"[]", "object"),
        (b"{}", "missing"),
        (block(LINE) + b"{}", "follows"),
        (block(LINE) + b",", "follows"),
        (b" " + block(LINE), ""),
        (block(LINE)[:-1], ""),
        (b"\xff" + block(LINE), "UTF-8"),
        (block(LINE).replace(b'"id": "ev-1"', b'"id": "ev-1", "id": "ev-2"'), "twice"),
        (block(LINE, ensure_ascii=False).replace(b'"field"', b'"new": "x", "field"'), "twice"),
        (block(LINE).replace(b'"field"', b'"a": {"b": 1, "b": 2}, "field"'), "twice"),
        (block(LINE).replace(b'"title"', b"1" * 5000), ""),
        (block(LINE).replace(b'"title"', b"[" * 100_000), "longer"),
        (block(LINE).replace(b'"title"', b"[" * 20_000 + b"]" * 20_000), "nested"),
        (block(LINE).replace(b'"title"', b"[" * 40 + b"]" * 40), "nested"),
        (block(LINE) + b" " * MAX_HISTORY_LINE_BYTES, "longer"),
    ],
)
def test_lines_that_are_none(line: bytes, why: str) -> None:
    assert why in refused(line)


@given(st.binary(max_size=200) | LINES.map(lambda line: block(line)[:-3]))
def test_any_bytes_end_as_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_batch(1, data, "hoso")
    assert caught.value.code == "history_malformed"


def test_ends_of_lines_of_other_systems() -> None:
    assert (
        rows(read_batch(1, block(LINE) + b" \t\r", "hoso"))[0][:3]
        == (rows(read_batch(1, block(LINE), "hoso"))[0][:3])
    )


def test_an_actor_that_no_entry_can_have_is_a_defect() -> None:
    with pytest.raises(DefectError):
        Placing(0, {}, 'x","n":"', 1)(read_batch(1, block(LINE), "hoso"))


def test_what_is_there_already_is_left_out() -> None:
    lines = [LINE | {"id": name, "stream": f"record/{name}"} for name in "abcab"]
    batch = read_batch(7, block(*lines), "hoso")
    whole = rows(batch)
    there = {
        "import/hoso/a": ("record/a", whole[0][2]),
        "import/hoso/b": ("record/b", None),
    }
    assert rows(fresh(batch, there)) == [whole[2]]
    assert rows(fresh(batch, {})) == whole[:3]
    single = read_batch(1, block(LINE), "hoso")
    assert fresh(single, {}) is single
    with pytest.raises(ConflictError) as caught:
        fresh(batch, {"import/hoso/c": ("record/c", b"{}")})
    assert (caught.value.code, caught.value.values["line"]) == ("history_differs", 7)
    other = read_batch(1, block(LINE, LINE | {"action": "other"}), "hoso")
    with pytest.raises(ConflictError):
        fresh(other, {})


@pytest.mark.parametrize("name", ["", "Hồ sơ", "a b", "-a", "A", "a" * 33, "a/b"])
def test_sources_that_are_none(name: str) -> None:
    assert require_source("ho-so_1") == "ho-so_1"
    with pytest.raises(UsageError):
        require_source(name)
