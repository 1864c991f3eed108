"""TOML of strangers: read within bounds, everything else is a ValueError."""

import pytest

from antin.core.toml import MAX_LINE_BYTES, MAX_TOML_BYTES, parse_toml

BOUNDED = {
    "long": b"a = 1\n" * (MAX_TOML_BYTES // 6 + 1),
    "key-of-many-parts": b".".join([b"a"] * MAX_LINE_BYTES) + b" = 1",
    "deep": b"a = " + b"[\n" * 3000,
    "no-utf8": b'a = "\xff"',
    "no-toml": b"a =",
}


@pytest.mark.parametrize("name", BOUNDED)
def test_what_is_out_of_bounds_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_toml(BOUNDED[name])


def test_what_is_within_bounds_is_read() -> None:
    assert parse_toml('a.b = "tiếng Việt"\n'.encode()) == {"a": {"b": "tiếng Việt"}}
    line = b'a = "' + b"x" * (MAX_LINE_BYTES - 6) + b'"'
    assert len(parse_toml(line)["a"]) == MAX_LINE_BYTES - 6
    assert parse_toml(b"#\n" * (MAX_TOML_BYTES // 2)) == {}
