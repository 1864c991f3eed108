"""Values from bytes: what is read, what is noted as odd, what is refused, and that windows end."""

import tracemalloc
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import InputError
from antin.pdf import lexer
from antin.pdf.lexer import MAX_TOKENS, EndOfDataError, Text, read_value
from antin.pdf.objects import MAX_DEPTH, Name, Ref, Value, same


def read(data: bytes) -> tuple[Value, list[str]]:
    text = Text(data)
    value, end = read_value(text, 0)
    assert end <= len(data)
    return value, [note.code for note in text.notes]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"null", None),
        (b" % a comment\r\n true", True),
        (b"false", False),
        (b"+17", 17),
        (b"-0", 0),
        (b"1" * 300, int("1" * 300)),
        (b"-.5", Decimal("-0.5")),
        (b"4.", Decimal(4)),
        (b"/Name", Name("Name")),
        (b"/A#20b#2F", Name("A b/")),
        (b"/", Name("")),
        (b"/\xc3\xa9#E9", Name("\xc3\xa9\xe9")),
        (b"12 3 R", Ref(12, 3)),
        (b"12%c\n3 %c\n R", Ref(12, 3)),
        (b"[12 3 R]", (Ref(12, 3),)),
        (b"[12 3 4 0 R 5]", (12, 3, Ref(4), 5)),
        (b"[12 3 4 0]", (12, 3, 4, 0)),
        (b"<48 65\n6c6C6f0>", b"Hello\0"),
        (b"<4>", b"@"),
        (b"<>", b""),
        (b"(plain)", b"plain"),
        (rb"(a\(b\)c\\)", rb"a(b)c" + b"\\"),
        (rb"(\n\r\t\b\f\q)", b"\n\r\t\b\fq"),
        (rb"(\101\0\53\5333)", b"A\0+[3"),
        (b"(a\r\nb\rc\nd\\\r\ne\\\nf)", b"a\nb\nc\ndef"),
        (b"(a(b(c(d(e)))))", b"a(b(c(d(e))))"),
        (b"<</A[1<</B(x)>>]/C/D>>", {"A": (1, {"B": b"x"}), "C": Name("D")}),
        (b"<<>>", {}),
        (b"[]", ()),
    ],
)
def test_value(data: bytes, value: Value) -> None:
    for behind in (b"", b" endobj", b"\n%x"):
        found, odd = read(data + behind)
        assert same(found, value)
        assert odd == []


@pytest.mark.parametrize(
    ("data", "value", "code"),
    [
        (b"<</A 1/B 2/A 3>>", {"A": 3, "B": 2}, "pdf_duplicate_key"),
        (b"<</#41 1/A 3>>", {"A": 3}, "pdf_duplicate_key"),
        (b"<</A>>", {"A": None}, "pdf_dictionary_odd"),
        (b"<<5/A 3>>", {"A": 3}, "pdf_dictionary_odd"),
        (b"--5", -5, "pdf_token_odd"),
        (b"1.2.3", Decimal("1.2"), "pdf_token_odd"),
        (b"nil", None, "pdf_token_odd"),
        (b"<12x3>", b"\x120", "pdf_token_odd"),
    ],
)
def test_odd_value_is_read_and_noted(data: bytes, value: Value, code: str) -> None:
    found, odd = read(data)
    assert same(found, value)
    assert odd == [code]


@pytest.mark.parametrize(
    "data",
    [b"", b"]", b">>", b">", b"{", b"(a", b"<ab", b"[1", b"<</A", b"[endobj]", b"[1>>", b"1" * 301],
)
def test_refused_with_its_offset(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_value(Text(data, base=1000), 0)
    assert caught.value.code == "pdf_malformed"
    offset = caught.value.values["offset"]
    assert isinstance(offset, int)
    assert 1000 <= offset <= 1000 + len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * (MAX_DEPTH + 1),
        b"<</A" * (MAX_DEPTH + 1),
        b"[" + b"0 " * MAX_TOKENS + b"]",
        b"(" * MAX_TOKENS + b")" * MAX_TOKENS,
    ],
    ids=["arrays", "dictionaries", "tokens", "brackets"],
)
def test_limits(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert caught.value.code == "pdf_too_complex"


@pytest.mark.parametrize("data", [b"[%b]" % (b"1 0 R " * 1001), b"[%b]" % (b"[1 0 R 2 0 R]" * 334)])
def test_references_in_a_row_are_tokens_too(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(data)
    monkeypatch.setattr(lexer, "MAX_TOKENS", 1_000)
    test_limits(data)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from([b"12 0 R", b"3\n0\tR", b"4 00 R", b"5 0 Rx", b"6", b"/A", b"[7 0 R", b"]"])
        | st.just(b"8 0 R ").map(lambda one: one * 5_000),
        max_size=8,
    ),
    st.sampled_from([b" ", b"\n", b""]),
)
def test_references_in_a_row_are_read_as_one_by_one(parts: list[bytes], gap: bytes) -> None:
    """A comment keeps them from being read in bulk."""
    texts = [Text(b"[" + before + gap.join(parts) + b"]]") for before in (b"", b"%\n")]
    found: list[tuple[Value | str, int, int]] = []
    for text in texts:
        try:
            found.append((*read_value(text, 0), text.cost))
        except InputError as error:
            found.append((error.code, 0, 0))
    (bulk, end, cost), (singly, behind, more) = found
    assert (bulk, end) == (singly, max(0, behind - 2))
    assert cost == max(0, more - 2)


names = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=8).map(Name)
numbers = st.integers(-(10**12), 10**12) | st.decimals(
    -(10**6), 10**6, allow_nan=False, allow_infinity=False, places=3
)
plain = (
    st.none()
    | st.booleans()
    | numbers
    | st.binary(max_size=20)
    | names
    | st.builds(Ref, st.integers(0, 10**9), st.integers(0, 65535))
)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=5).map(tuple) | st.dictionaries(names.map(str), inner, max_size=5)
    ),
    max_leaves=20,
)


def written(value: Value, *, literal: bool) -> bytes:
    """Return ``value`` in PDF syntax, strings in one of their two forms."""
    if isinstance(value, tuple):
        return b"[" + b" ".join(written(item, literal=literal) for item in value) + b"]"
    if isinstance(value, Mapping):
        pairs = ((Name(key), item) for key, item in value.items())
        flat = (written(item, literal=literal) for pair in pairs for item in pair)
        return b"<<" + b" ".join(flat) + b">>"
    if isinstance(value, bytes):
        octal = b"(" + b"".join(b"\\%03o" % c for c in value) + b")"
        return octal if literal else b"<" + value.hex().encode() + b">"
    return written_plain(value)


def written_plain(value: Value) -> bytes:
    match value:
        case None | bool():
            return str(value).lower().replace("none", "null").encode()
        case Name():
            return b"/" + b"".join(map(written_character, value.encode("latin-1")))
        case Ref():
            return b"%d %d R" % (value.number, value.generation)
        case _:
            return str(value).encode()


def written_character(code: int) -> bytes:
    special = code in b"#/()<>[]{}%" or not 33 <= code <= 126
    return b"#%02x" % code if special else bytes([code])


@settings(max_examples=150, deadline=None)
@given(values, st.booleans())
def test_what_was_written_is_read_back(value: Value, literal: bool) -> None:  # noqa: FBT001 — drawn by Hypothesis
    data = written(value, literal=literal)
    text = Text(data)
    found, end = read_value(text, 0)
    assert end == len(data)
    assert same(found, value)
    assert text.notes == []


@settings(max_examples=150, deadline=None)
@given(values, st.integers(0, 200))
def test_a_window_that_ends_too_early_is_never_taken_for_the_whole(value: Value, cut: int) -> None:
    """Read within a longer file, a prefix either says the same or asks for more."""
    data = b"[" + written(value, literal=True) + b" <aabb> 1.5 true 7 0 R]"
    window = Text(data[: min(cut, len(data) - 1)], final=False)
    with pytest.raises(EndOfDataError):
        read_value(window, 0)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80) | st.text("[]<>()/ 0R\\%\n#a.-", max_size=80).map(str.encode))
def test_any_bytes_end_in_a_value_or_an_error_of_ours(data: bytes) -> None:
    found: list[str] = []
    try:
        read_value(Text(data), 0)
    except InputError as error:
        found.append(error.code)
    assert found in ([], ["pdf_malformed"], ["pdf_too_complex"])


def test_long_names_are_read_alike_and_not_remembered() -> None:
    for length in (126, 127, 128):
        assert read_value(Text(b"/#41#" + b"x" * length + b" "), 0)[0] == Name("A#" + "x" * length)
        text = Text(b"/" + b"y" * length + b"\xff ")
        read_value(text, 0)
        assert [note.code for note in text.notes] == ["pdf_token_odd"]
    tracemalloc.start()
    try:
        for last in range(20):
            read_value(Text(b"/" + b"z" * 1_000_000 + b"%02d " % last), 0)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 500_000
