"""Values of processes that are not trusted: what comes back is what was sent, or nothing."""

from dataclasses import dataclass

import pytest

from antin.core.errors import InputError
from antin.infra.judging import KINDS, Judged
from antin.infra.pool_values import MalformedValueError, decoded, encoded
from antin.infra.zip_files import ZipEntry


@dataclass(frozen=True)
class Other:
    name: str


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        (False, 0, -1, 1 << 70, "Nguyễn\ud800", b"\x00", ()),
        Judged("TOTAL-PASSED", "ab", "line", b"{}"),
        (ZipEntry("a", 1, 2, 3, 4, 8), ZipEntry("b", 1, 2, 3, 4, 8, encrypted=True)),
    ],
)
def test_what_was_sent_comes_back(value: object) -> None:
    assert decoded(encoded(value), KINDS) == value


def test_errors_come_back() -> None:
    sent = InputError("file_unreadable", path="a", several=("b", "c"), number=3, nothing=None)
    found = decoded(encoded(sent), KINDS)
    assert (type(found), found.code, found.values) == (InputError, sent.code, sent.values)


@pytest.mark.parametrize("value", [1.5, [1], {}, object(), {"a"}])
def test_no_other_value_is_sent(value: object) -> None:
    with pytest.raises(TypeError):
        encoded(value)


def _error(*parts: object) -> bytes:
    return b"e" + encoded(parts)


def _kind(kind: type, *parts: object) -> bytes:
    return b"k" + encoded(f"{kind.__module__}.{kind.__qualname__}") + encoded(parts)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        b"NN",
        b"i\x00",
        b"s" + (1).to_bytes(8) + b"\xff",
        b"b" + (9).to_bytes(8) + b"short",
        9 * (b"(" + (1).to_bytes(8)) + b"N",
        encoded(Other("a")),
        b"kN" + encoded(()),
        _kind(Judged, "TOTAL-PASSED", "ab", "line"),
        _kind(Judged, "TOTAL-PASSED", "ab", "line", "no bytes"),
        _kind(Judged, "OF-NO-KIND", "ab", "line", b""),
        _error("input", "file_unreadable"),
        _error("usage", "file_unreadable", ()),
        _error("", "file_unreadable", ()),
        _error("input", "no_such_code", ()),
        _error("input", "file_unreadable", ("path",)),
        _error("input", "file_unreadable", (("path", b"bytes"),)),
        _error("input", "file_unreadable", (("path", (1,)),)),
    ],
)
def test_what_nobody_sends_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedValueError):
        decoded(data, KINDS)


def test_not_more_values_than_anybody_sends() -> None:
    with pytest.raises(MalformedValueError):
        decoded(b"(" + (3_000_000).to_bytes(8) + 3_000_000 * b"N", KINDS)
