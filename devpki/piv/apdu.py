"""Commands and status words between a reader and a card (ISO/IEC 7816-4 §5)."""

from dataclasses import dataclass
from typing import Final


class Status:
    """What a card says at the end of every answer; SP 800-73-4 part 2 names the same ones."""

    OK: Final = 0x9000
    MORE: Final = 0x6100
    """Plus how many bytes wait; 0 for 256 or more."""
    TRIES_LEFT: Final = 0x63C0
    """Plus how many."""
    WRONG_LENGTH: Final = 0x6700
    NOT_AUTHENTICATED: Final = 0x6982
    BLOCKED: Final = 0x6983
    WRONG_DATA: Final = 0x6A80
    NOT_FOUND: Final = 0x6A82
    NO_SUCH_REFERENCE: Final = 0x6A88
    UNKNOWN_INSTRUCTION: Final = 0x6D00


class ApduError(Exception):
    """The bytes are no command."""


@dataclass(frozen=True)
class Command:
    """One command; ``expected`` is how many bytes the answer may have, None for none."""

    instruction: int
    p1: int
    p2: int
    data: bytes
    expected: int | None
    chained: bool
    """More of the same command follows (§5.3.3)."""


def parse_command(raw: bytes) -> Command:
    """Return the command in ``raw``: any of the four cases, short or extended (§5.2)."""
    if len(raw) < 4:
        raise ApduError("shorter than a header")
    data, expected = _body(raw[4:])
    return Command(raw[1], raw[2], raw[3], data, expected, bool(raw[0] & 0x10))


def _body(body: bytes) -> tuple[bytes, int | None]:
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or 256
    if body[0] or len(body) == 2:
        return _split(body[1:], body[0], 1)
    if len(body) == 3:
        return b"", int.from_bytes(body[1:]) or 1 << 16
    return _split(body[3:], int.from_bytes(body[1:3]), 2)


def _split(rest: bytes, length: int, width: int) -> tuple[bytes, int | None]:
    data, tail = rest[:length], rest[length:]
    if len(data) < length or len(tail) not in {0, width}:
        raise ApduError("lengths contradict each other")
    return data, (int.from_bytes(tail) or 1 << 8 * width) if tail else None


def answer(status: int, data: bytes = b"") -> bytes:
    """Return the bytes of an answer."""
    return data + status.to_bytes(2)
