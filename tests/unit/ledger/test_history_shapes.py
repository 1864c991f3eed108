"""Lines read by the look of those before them: the same as without, whatever they are."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from antin.core.errors import InputError
from antin.ledger import history_shapes
from antin.ledger.history import read_batch
from antin.ledger.history_lines import read_line
from antin.ledger.history_shapes import Shapes, learn
from tests.histories import a_line

LINE: dict[str, Any] = {**a_line(1), "facts": {"new": "Quyết định", "old": None, "n": 7}}
TEXT = st.text(max_size=6)
VALUES: st.SearchStrategy[Any] = (
    TEXT | st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.just({})
)
LOOKS = st.fixed_dictionaries(
    {
        "stream": st.sampled_from(["record/r1", "agency/A.z_-9"]),
        "id": st.text("azAZ09._:-", min_size=1, max_size=4),
        "at": st.sampled_from(["2016-03-01", "2016-03-01T08:00:00.5+07:00"]),
        "action": st.text(min_size=1, max_size=4),
    },
    optional={
        "actor": st.none() | TEXT,
        "facts": st.dictionaries(st.text("ab%{,: é", max_size=3), VALUES, max_size=3),
    },
)
PIECES = (
    *(b'"', b'":', b',"', b"\\", b"\\u0041", b",", b":", b"{", b"}", b"{}", b"[1]", b" ", b"\t"),
    *(b"\r", b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc3", b"e\xcc\x81", b"\xcc\x81", b"/", b"#"),
    *(b"null", b"true", b"-0", b"01", b"-1", b"1.5", b"1e5", b"NaN", b"9" * 15, b"9" * 16),
    *(b'"new":"x",', b"a" * 64, b"a" * 200, "đ".encode() * 100, b"x" * 66_000, b""),
)


def written(line: dict[str, Any], separators: tuple[str, str] | None = None) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=separators).encode()


def outcome(line: bytes, shapes: Shapes | None) -> object:
    """Return what becomes of a line, with or without what was learnt before."""
    if shapes is None:
        try:
            stream, event, payload = read_line(line)
        except (ValueError, TypeError, RecursionError, InputError):
            return None
        return stream.decode(), f"import/hoso/{event.decode()}", payload
    try:
        batch = read_batch(1, line, "hoso", shapes)
    except InputError:
        return None
    return batch.streams[0], batch.requests[0], batch.payloads[0]


def changed(line: bytes, start: int, length: int, piece: bytes) -> bytes:
    at = start % (len(line) + 1)
    return line[:at] + piece + line[at + length :]


@given(st.lists(LOOKS, min_size=1, max_size=6), st.sampled_from([None, (",", ":"), (" , ", " : ")]))
def test_a_line_reads_as_it_does_alone(
    lines: list[dict[str, Any]], separators: tuple[str, str] | None
) -> None:
    shapes = Shapes()
    for line in [written(one, separators) for one in lines] * 2:
        if b"\n" not in line:
            assert outcome(line, shapes) == outcome(line, None)


@given(
    st.just(LINE) | LOOKS,
    st.integers(0, 400),
    st.integers(0, 20),
    st.sampled_from(PIECES) | st.binary(max_size=4),
)
@example({**LINE, "id": "a"}, 0, 0, b"")
def test_no_change_to_a_line_gets_past_its_pattern(
    line: dict[str, Any], start: int, length: int, piece: bytes
) -> None:
    shapes, good = Shapes(), written(line)
    outcome(good, shapes)
    bad = changed(good, start, length, piece)
    if b"\n" not in bad:
        assert outcome(bad, shapes) == outcome(bad, None)


@pytest.mark.parametrize("piece", PIECES)
def test_no_change_at_any_place_gets_past(piece: bytes) -> None:
    shapes, good = Shapes(), written(LINE)
    outcome(good, shapes)
    step = 1 if len(piece) < 60_000 else 40
    for at in range(0, len(good) + 1, step):
        for length in (0, 1, 4):
            bad = changed(good, at, length, piece)
            assert outcome(bad, shapes) == outcome(bad, None)


@pytest.mark.parametrize(
    "change",
    [
        {"action": ""},
        {"action": "đ" * 101},
        {"action": "a" * 201},
        {"actor": "a" * 201},
        {"actor": ""},
        {"stream": "record/" + "r" * 65},
        {"id": "i" * 65},
        {"at": "2016-03-01T08:00:00.1234567Z"},
        {"facts": {"new": "e\u0301", "old": "x" * 60_000, "n": 2**53}},
        {"facts": {"new": "x" * 66_000, "old": None, "n": 7}},
    ],
)
def test_values_at_their_bounds(change: dict[str, Any]) -> None:
    shapes = Shapes()
    assert outcome(written(LINE), shapes) is not None
    bad = written(LINE | change)
    assert outcome(bad, shapes) == outcome(bad, None)


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Lines that no pattern matched."""
    seen: list[bytes] = []

    def counted(line: bytes) -> tuple[bytes, bytes, bytes]:
        seen.append(line)
        return read_line(line)

    monkeypatch.setattr(history_shapes, "read_line", counted)
    return seen


def test_one_line_of_each_look_is_enough(slowly: list[bytes]) -> None:
    looks: list[dict[str, Any]] = [{"actor": None}, {"facts": {}}, {"facts": {"a%b": 1, "c": "x"}}]
    shapes = Shapes()
    for number in range(20):
        for look in [{}, *looks]:
            line = written(a_line(number, facts={"old": "ê", "n": number}) | look)
            assert outcome(line, shapes) == outcome(line, None)
    assert len(slowly) == 3, "an actor that is null looks like one that is not"


def test_what_is_learnt_is_bounded(slowly: list[bytes]) -> None:
    shapes = Shapes()
    for _ in range(2):
        for number in range(40):
            line = written(a_line(1, facts={f"key{number}": "x"}))
            assert outcome(line, shapes) == outcome(line, None)
    assert len(slowly) == 40 + 24


@pytest.mark.parametrize(
    "facts",
    [
        {"a": {"b": "x"}},
        {"a": {}},
        {"a": {"b": {}}, "c": "x"},
        {"a": []},
        {"a": ["x"]},
        {"a": "\\"},
        {"a": 10**15},
        {str(number): "x" for number in range(200)},
    ],
)
def test_what_no_pattern_is_made_of(facts: dict[str, Any]) -> None:
    line = written(a_line(1, facts=facts))
    assert learn(line) is None
    shapes = Shapes()
    for _ in range(2):
        assert outcome(line, shapes) == outcome(line, None) != None  # noqa: E711 — one chain
