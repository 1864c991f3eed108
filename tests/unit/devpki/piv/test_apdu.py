"""Commands to a card: the four cases, short and extended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devpki.piv.apdu import ApduError, parse_command

HEADER = bytes.fromhex("00CB3FFF")


@pytest.mark.parametrize(
    ("body", "data", "expected"),
    [
        ("", "", None),
        ("10", "", 16),
        ("00", "", 256),
        ("020102", "0102", None),
        ("02010200", "0102", 256),
        ("0205", None, None),
        ("000000", "", 65536),
        ("000100", "", 256),
        ("0000020102", "0102", None),
        ("00000201020000", "0102", 65536),
    ],
)
def test_every_case_is_read(body: str, data: str | None, expected: int | None) -> None:
    raw = HEADER + bytes.fromhex(body)
    if data is None:
        with pytest.raises(ApduError):
            parse_command(raw)
        return
    command = parse_command(raw)
    assert (command.data.hex(), command.expected) == (data, expected)
    assert (command.instruction, command.p1, command.p2) == (0xCB, 0x3F, 0xFF)


def test_chaining_is_a_bit_of_the_class() -> None:
    assert parse_command(b"\x10" + HEADER[1:]).chained
    assert not parse_command(HEADER).chained


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_refused(raw: bytes) -> None:
    try:
        command = parse_command(raw)
    except ApduError:
        return
    assert len(command.data) <= len(raw)
