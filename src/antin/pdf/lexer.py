"""Values straight from bytes (ISO 32000-2 §7.2, §7.3), token by token by one regular expression.

Nothing here recurses, and no pattern gives back what it took (possessive quantifiers), so that
time and memory grow with the bytes and no faster. What can be read in one way only is read, and
what is odd about it is noted; what can't be read raises.
"""

import re
from binascii import unhexlify
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import starmap
from typing import Final

from antin.core.errors import InputError
from antin.pdf.deviations import Deviation
from antin.pdf.objects import MAX_DEPTH, Name, Ref, Value

WHITE: Final = b"\x00\t\n\x0c\r "
"""White space (ISO 32000-2 §7.2.3)."""
SKIP: Final = rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*+"
"""A pattern for what may stand between tokens: white space and comments."""
GAP: Final = rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)++"
"""As ``SKIP``, but not nothing."""
REGULAR: Final = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
"""A pattern for a character that neither ends nor begins another token."""
MAX_TOKENS: Final = 2_000_000
"""Most tokens of one value: they take memory before anybody can judge them."""
TOKEN_COST: Final = 16
"""A token takes about as much time and memory as so many bytes of it."""
_MAX_DIGITS: Final = 300
_SHORT_NAME: Final = 127
"""Bytes; PDF 1.7 allowed no longer names (annex C)."""

_TOKEN: Final = re.compile(
    SKIP
    + rb"(?:/("
    + REGULAR
    + rb"*+)"  # 1 name
    + rb"|(\d{1,10}+)"  # 2 object number of a reference
    + GAP
    + rb"(\d{1,10}+)"  # 3 its generation
    + GAP
    + rb"R(?!"
    + REGULAR
    + rb")"
    + rb"|([+-]?\d{1,300}+)(?!"
    + REGULAR
    + rb")"  # 4 integer
    + rb"|\(([^()\\\r]*+)\)"  # 5 plain literal string
    + rb"|<([0-9A-Fa-f\x00\t\n\x0c\r ]*+)>"  # 6 hex string
    + rb"|("
    + REGULAR
    + rb"++)"  # 7 real number or keyword
    + rb"|(<<)|(\[)|(>>)|(\])"  # 8, 9, 10, 11
    + rb"|([(<]))"  # 12 a string that needs a closer look
)
_BLANK: Final = rb"[\x00\t\n\x0c\r ]"
_REFERENCES: Final = re.compile(
    rb"(?:%b*+\d{1,10}+%b++\d{1,10}+%b++R(?!%b)){1,4096}+" % (_BLANK, _BLANK, _BLANK, REGULAR)
)
"""Many in a row, without comments: pages and fields are listed by thousands."""
_IN_REFERENCES: Final = re.compile(rb"(\d++)%b++(\d++)" % _BLANK)
_NAME, _REF, _INTEGER, _PLAIN, _HEX, _WORD = 1, 3, 4, 5, 6, 7
_OPEN_DICTIONARY, _OPEN_ARRAY, _CLOSE_DICTIONARY, _CLOSE_ARRAY, _STRING = 8, 9, 10, 11, 12
_SKIPPED: Final = re.compile(SKIP)
_REAL: Final = re.compile(rb"[+-]?(?:\d{1,300}+\.\d{0,300}+|\.\d{1,300}+)")
_ODD_NUMBER: Final = re.compile(rb"[+-]*+(\d*+\.?+\d*+)")
_NOT_HEX: Final = re.compile(rb"[^0-9A-Fa-f]++")
_ODD_HEX: Final = re.compile(rb"<([^()<>\[\]{}/%\r\n]*+)>")
_ESCAPED_NAME: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_ODD_NAME: Final = re.compile(rb"#(?![0-9A-Fa-f]{2})|#00|[\x80\xff]")
"""Escapes that each reader takes otherwise, and two bytes that are white space to PDFium."""
_ESCAPE: Final = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\r\n])|(.))|\r\n?+", re.DOTALL)
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_LITERAL: Final = re.compile(
    rb"\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\))*+\)", re.DOTALL
)
_NEXT_BRACKET: Final = re.compile(rb"(?:[^()\\]++|\\.)*+[()]", re.DOTALL)
_CONSTANTS: Final[Mapping[bytes, Value]] = {b"null": None, b"true": True, b"false": False}
_STRUCTURE: Final = frozenset(
    {b"obj", b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"startxref", b"R"}
)
"""Words that never stand inside a value: a bracket before them was not closed."""


_Frame = tuple[list[Value], int, int]
"""What stands around an open bracket: the items so far, its kind, the index after it."""


class EndOfDataError(Exception):
    """The bytes at hand end inside a value, and there are more in the file."""


@dataclass
class Text:
    """Bytes at hand, where they lie, and what was found odd in them.

    ``final``: nothing follows these bytes. ``base``: the offset of their first. ``cost``: what
    reading a value in them took, see :class:`antin.pdf.budget.Budget`.
    """

    data: bytes
    base: int = 0
    final: bool = True
    notes: list[Deviation] = field(default_factory=list)
    cost: int = 0

    def note(self, code: str, at: int) -> None:
        """Note a deviation at the index ``at`` of the data."""
        self.notes.append(Deviation(code, self.base + at))

    def fault(self, at: int, reason: str) -> Exception:
        """Return what to raise: the data make no sense at ``at``, or end there too early."""
        if at + 1 >= len(self.data) and not self.final:
            return EndOfDataError()
        return InputError("pdf_malformed", detail=reason, offset=self.base + at)


def read_value(text: Text, at: int) -> tuple[Value, int]:
    """Return the value at the index ``at``, and the index after it.

    A name's text is its bytes as Latin-1, so that different names stay different. Of a key that
    stands twice in a dictionary the last value counts, and the deviation is noted.

    Errors: ``pdf_malformed`` with its offset, ``pdf_too_complex`` (depth, tokens);
    :class:`EndOfDataError` if the data are not ``final``.
    """
    match, data, plain = _TOKEN.match, text.data, _PLAIN_TOKENS
    stack: list[_Frame] = []
    items: list[Value] = []
    in_bulk = 0
    for count in range(MAX_TOKENS):
        token = match(data, at)
        if token is None:
            raise _no_token(text, at)
        kind, at = token.lastindex or 0, token.end()
        if kind <= _WORD:
            items.append(plain[kind](text, token))
        elif kind == _STRING:
            value, at = _read_string(text, at - 1)
            items.append(value)
        elif kind <= _OPEN_ARRAY:
            stack.append((items, kind, at))
            items, at = _references(data, at) if kind == _OPEN_ARRAY else ([], at)
            in_bulk += len(items)
            if len(stack) > MAX_DEPTH:
                raise InputError("pdf_too_complex", detail=f"more than {MAX_DEPTH} levels deep")
        else:
            items, made = _close(text, stack, items, kind, at)
            items.append(made)
        if not stack:
            text.cost = at + TOKEN_COST * (count + 1 + in_bulk)
            return items[0], at
        if count + in_bulk >= MAX_TOKENS:
            break
    raise InputError("pdf_too_complex", detail=f"a value of more than {MAX_TOKENS} tokens")


def _references(data: bytes, at: int) -> tuple[list[Value], int]:
    """Return the references that stand in a row at the index ``at``, and the index after them."""
    items: list[Value] = []
    while len(items) <= MAX_TOKENS and (found := _REFERENCES.match(data, at)):
        items += starmap(_reference, _IN_REFERENCES.findall(found[0]))
        at = found.end()
    return items, at


def _close(
    text: Text, stack: list[_Frame], items: list[Value], kind: int, at: int
) -> tuple[list[Value], Value]:
    """Return the items around what ends at ``at``, and what was made of its own ``items``."""
    if not stack or stack[-1][1] != kind - 2:
        raise text.fault(at - 1, "a bracket is closed that was not opened")
    outer, _, start = stack.pop()
    return outer, tuple(items) if kind == _CLOSE_ARRAY else _dictionary(text, items, start)


def _dictionary(text: Text, items: list[Value], at: int) -> Mapping[str, Value]:
    """Pair keys and values; ``at`` is where the dictionary begins."""
    keys = items[::2]
    if len(items) % 2 or not {*map(type, keys)} <= {Name}:
        items = _mended(text, items, at)
        keys = items[::2]
    found: dict[str, Value] = dict(zip(keys, items[1::2], strict=True))  # type: ignore[arg-type]  # each is a Name, as seen above
    if len(found) != len(keys):
        text.note("pdf_duplicate_key", at)
    return found


def _mended(text: Text, items: list[Value], at: int) -> list[Value]:
    """Leave out what stands where a key should; a key without a value has null."""
    text.note("pdf_dictionary_odd", at)
    pairs: list[Value] = []
    pending = iter(items)
    for item in pending:
        if isinstance(item, Name):
            pairs += (item, next(pending, None))
    return pairs


def _name(raw: bytes) -> tuple[Name, bool]:
    """Return a name, and whether its form is odd."""
    is_odd = _ODD_NAME.search(raw) is not None
    if b"#" in raw:
        raw = _ESCAPED_NAME.sub(lambda found: unhexlify(found[1]), raw)
    return Name(raw.decode("latin-1")), is_odd


_remembered_name: Final = lru_cache(maxsize=8192)(_name)


def _name_token(text: Text, token: re.Match[bytes]) -> Value:
    raw = token[1]
    # What is remembered outlives its file, and a name may have megabytes.
    found, is_odd = _remembered_name(raw) if len(raw) <= _SHORT_NAME else _name(raw)
    if is_odd:
        text.note("pdf_token_odd", token.start(1))
    return found


def _reference_token(_: Text, token: re.Match[bytes]) -> Value:
    return _reference(token[2], token[3])


@lru_cache(maxsize=16384)
def _reference(number: bytes, generation: bytes) -> Ref:
    return Ref(int(number), int(generation))


def _integer_token(_: Text, token: re.Match[bytes]) -> Value:
    return int(token[4])


def _plain_token(_: Text, token: re.Match[bytes]) -> Value:
    return token[5]


def _hex_token(_: Text, token: re.Match[bytes]) -> Value:
    return unhex(token[6])


def _word_token(text: Text, token: re.Match[bytes]) -> Value:
    word = token[7]
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if _REAL.fullmatch(word):
        return Decimal(word.decode("ascii"))
    return _odd_word(text, word, token.start(7), token.end(7))


def _odd_word(text: Text, word: bytes, start: int, end: int) -> Value:
    """Return what viewers take an odd number for, or null for an unknown word; noted either way."""
    if end >= len(text.data) and not text.final:
        raise EndOfDataError
    if word in _STRUCTURE or len(word) > _MAX_DIGITS:
        raise text.fault(start, "a value is not closed")
    text.note("pdf_token_odd", start)
    found = _ODD_NUMBER.match(word)
    if found is None or not found.end():
        return None
    digits = found[1].decode("ascii").strip(".") or "0"
    number = Decimal(digits) if "." in digits else int(digits)
    return -number if word.startswith(b"-") else number


_PLAIN_TOKENS: Final[Mapping[int, Callable[[Text, re.Match[bytes]], Value]]] = {
    _NAME: _name_token,
    _REF: _reference_token,
    _INTEGER: _integer_token,
    _PLAIN: _plain_token,
    _HEX: _hex_token,
    _WORD: _word_token,
}


def unhex(digits: bytes) -> bytes:
    """Return the bytes that hex digits, white space among them, stand for (§7.3.4.3)."""
    if not digits.isalnum():
        digits = digits.translate(None, WHITE)
    return unhexlify(digits + b"0" if len(digits) % 2 else digits)


def skipped(data: bytes, at: int = 0) -> int:
    """Return the index behind white space and comments at ``at``."""
    found = _SKIPPED.match(data, at)
    return found.end() if found else at


def _no_token(text: Text, at: int) -> Exception:
    """Tell why no token is at ``at``: the end, or a bracket that nothing opened."""
    return text.fault(skipped(text.data, at), "no value stands here")


def _read_string(text: Text, start: int) -> tuple[bytes, int]:
    """Return the string that begins at ``start`` and is not a plain one, and the index after it."""
    if text.data[start : start + 1] == b"<":
        return _odd_hex(text, start)
    found = _LITERAL.match(text.data, start)
    end = found.end() if found else _deep_literal_end(text, start)
    return _ESCAPE.sub(_unescaped, text.data[start + 1 : end - 1]), end


def _odd_hex(text: Text, start: int) -> tuple[bytes, int]:
    """Read a hex string with other characters in it, on one line; readers pass over those."""
    found = _ODD_HEX.match(text.data, start)
    if found is None:
        end = text.data.find(b">", start)
        raise text.fault(len(text.data) if end < 0 else start, "a hex string has no end")
    text.note("pdf_token_odd", start)
    return unhex(_NOT_HEX.sub(b"", found[1])), found.end()


def _deep_literal_end(text: Text, start: int) -> int:
    """Return the index after a literal string with brackets more than two deep in it."""
    depth, at = 0, start
    for _ in range(MAX_TOKENS):
        found = _NEXT_BRACKET.match(text.data, at)
        if found is None:
            raise text.fault(len(text.data), "a string has no end")
        at = found.end()
        depth += 1 if text.data[at - 1 : at] == b"(" else -1
        if depth == 0:
            return at
    raise InputError("pdf_too_complex", detail=f"a string of more than {MAX_TOKENS} brackets")


def _unescaped(found: re.Match[bytes]) -> bytes:
    """Return what an escape, or a line end, in a literal string stands for (§7.3.4.2)."""
    octal, line, other = found.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 255])
    if line is not None:
        return b""
    return b"\n" if other is None else _ESCAPES.get(other, other)
