"""Lines that look like one that was read before: checked by a pattern, rewritten by a template.

A log is written by a program, whose lines differ in their values only. What a line looks like (its
keys in their order, the space between them) becomes a pattern that matches nothing but what
``history_lines.py`` takes, and a template of what that makes of it, at a fifth of the cost.
Whatever no pattern matches is read there; tests compare the two.
"""

import re
from collections.abc import Callable
from operator import itemgetter
from typing import Final, NamedTuple

from antin.ledger.history_lines import ID, MOST_LETTERS, STREAM, TIME, read_line

_TEXT: Final = r'[^"\\\x00-\x1f]'
"""What stands for itself in a string of JSON, in a line as in canonical form."""
_SCALAR: Final = rf'"{_TEXT}*"|null|true|false|0|-?[1-9][0-9]{{0,14}}'
"""A value that is its own canonical form; integers of more digits may be too large."""
_VALUES: Final = {
    b"stream": f'"({STREAM})"',
    b"id": f'"({ID})"',
    b"at": f'("{TIME}")',
    # Bytes are counted here and letters there: what has more bytes is read there.
    b"actor": f'(null|"{_TEXT}{{0,{MOST_LETTERS}}}")',
    b"action": f'("{_TEXT}{{1,{MOST_LETTERS}}}")',
}
_token: Final = re.compile(rf'"{_TEXT}*"|[{{}}:,]|[ \t\r]+|[^"{{}}:, \t\r]+'.encode()).findall
_scalar: Final = re.compile(_SCALAR.encode()).fullmatch
_MOST: Final = 16
"""Shapes that are kept: every one is tried on a line that none matches."""
_MOST_TOKENS: Final = 400
"""Of a line that is worth a pattern: making one takes milliseconds."""


class Shape(NamedTuple):
    """What lines look like that differ in their values only."""

    match: Callable[[bytes], "re.Match[bytes] | None"]
    stream: int
    """Which of a match's groups it is."""
    event: int
    template: bytes
    values: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]
    """Gives what the template takes, out of a match's groups."""


class Shapes:
    """Those that were seen, the one that matched last before the others."""

    def __init__(self) -> None:
        self._known: list[Shape] = []

    def read(self, line: bytes) -> tuple[bytes, bytes, bytes]:
        """Return stream, id and canonical payload, as :func:`read_line` does; and so its errors.

        ``line`` is known to be UTF-8 in NFC, and not too long.
        """
        for shape in self._known:
            if found := shape.match(line):
                if shape is not self._known[0]:
                    self._known.remove(shape)
                    self._known.insert(0, shape)
                values = found.groups()
                payload = shape.template % shape.values(values)
                return values[shape.stream], values[shape.event], payload
        read = read_line(line)
        if len(self._known) < _MOST and (shape_of := learn(line)):
            self._known.insert(0, shape_of)
        return read


def learn(line: bytes) -> Shape | None:
    """Return the shape of a line that :func:`read_line` took; None if it takes more than that."""
    tokens = _token(line)
    if len(tokens) > _MOST_TOKENS or b"".join(tokens) != line:
        return None
    pattern, places = [], dict[tuple[int, bytes], int]()
    depth, key = 0, b""
    for at, token in enumerate(tokens):
        form = re.escape(token)
        if token in {b"{", b"}"}:
            depth += 1 if token == b"{" else -1
            if depth > len(_LEVELS):
                return None  # a value that has no place in the template, empty as it may be
        elif token.isspace() or token in {b":", b","}:
            pass
        elif _is_key(tokens, at):
            key = token[1:-1]
        elif not _scalar(token):
            return None
        else:
            places[depth, key] = len(places)
            form = (_VALUES[key] if depth == 1 else f"({_SCALAR})").encode()
        pattern.append(form)
    template, order = _rewritten(places)
    match = re.compile(b"".join(pattern)).fullmatch
    stream, event = places[1, b"stream"], places[1, b"id"]
    return Shape(match, stream, event, template, itemgetter(*order))


_LEVELS: Final = ("line", "facts")


def _is_key(tokens: list[bytes], at: int) -> bool:
    after = (token for token in tokens[at + 1 : at + 3] if not token.isspace())
    return next(after, b"") == b":"


def _rewritten(places: dict[tuple[int, bytes], int]) -> tuple[bytes, list[int]]:
    """Return the template of a payload whose values are in these groups, and their order in it."""
    facts = sorted(key for depth, key in places if depth > 1)
    inner = b",".join(b'"%b":%%b' % key.replace(b"%", b"%%") for key in facts)
    actor = b"%b" if (1, b"actor") in places else b"null"
    template = b'{"action":%%b,"actor":%b,"at":%%b,"facts":{%b},"id":"%%b"}' % (actor, inner)
    names = [(1, b"action"), (1, b"actor"), (1, b"at"), *((2, key) for key in facts), (1, b"id")]
    return template, [places[name] for name in names if name in places]
