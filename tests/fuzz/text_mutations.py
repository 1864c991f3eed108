"""Changes to texts: TOML, JSON, notes, PEM."""

import base64
from collections.abc import Sequence
from typing import Final

from tests.fuzz.target import Dice

_PIECES: Final = (
    b"\x00",
    b"\r",
    b"\n\n",
    b"\xff",
    b"\xed\xa0\x80",
    "é".encode(),
    "e\u0301".encode(),
    "\u2014 ".encode(),
    "\u2028".encode(),
    b"\xef\xbb\xbf",
    b'"',
    b"\\",
    b"\\ud800",
    b"\\u0041",
    b"[" * 3000,
    b"{",
    b'{"a":' * 2000,
    b"a = " + b"[" * 5000,
    b"9" * 5000,
    b"-",
    b"1e400",
    b"0x",
    b"NaN",
    b"null",
    b"true",
    b"-0",
    b"1_0",
    b"9007199254740992",
    b"-9007199254740992",
    b"1979-05-27T07:32:00Z",
    b"inf",
    b"a.b.c = 1\n",
    b".".join([b"a"] * 2000) + b" = 1\n",
    b"=" * 9,
    b"A" * 20_000,
    b"#",
)


def mutated_text(text: bytes, chance: Dice, others: Sequence[bytes] = ()) -> bytes:
    """Return ``text`` after one change or a few."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        text = _step(text, chance, others or (text,))
    return text


def pem(label: str, der: bytes) -> bytes:
    """Return ``der`` in PEM."""
    body = base64.encodebytes(der)
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), body, label.encode())


def _step(text: bytes, chance: Dice, others: Sequence[bytes]) -> bytes:
    at, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
    end = min(end, at + 40)
    other = chance.choice(others)
    lines = text.split(b"\n")
    chance.shuffle(lines)
    made = (
        text[:at] + text[end:],
        text[:at] + text[at:end] * chance.choice((2, 3, 500)) + text[end:],
        text[:at],
        text[:at] + other[chance.randrange(len(other) + 1) :],
        b"\n".join(lines),
        text[:at] + bytes([chance.randrange(256)]) + text[at + 1 :],
        *(text[:at] + chance.choice(_PIECES) + text[rest:] for rest in (at, end)),
    )
    return chance.choice(made)
