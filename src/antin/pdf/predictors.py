"""Predictors (ISO 32000-2 §7.4.4.4): each row of data stored as what differs from its neighbours.

Cross-reference streams have every row "up" of the one before: such a table is decoded column by
column, as running sums, and not row by row.
"""

from array import array
from itertools import accumulate
from typing import Final

from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.objects import Dictionary, integer

_MAX_ROW: Final = 1 << 20
_UP: Final = 2
_TIFF: Final = 2
_FIRST_PNG: Final = 10
_SLOW: Final = 8
"""A byte of an odd row costs about as much as parsing so many, and a row as many again."""


def undo_predictor(data: bytes, parameters: Dictionary, budget: Budget) -> bytes:
    """Return ``data`` without the predictor that ``parameters`` name.

    Errors: ``pdf_malformed``, ``pdf_too_complex``.
    """
    predictor = _number(parameters, "Predictor", 1)
    if predictor < _TIFF:
        return data
    colours, bits = _number(parameters, "Colors", 1), _number(parameters, "BitsPerComponent", 8)
    row_bits = colours * bits * _number(parameters, "Columns", 1)
    width, step = (row_bits + 7) // 8, max(1, colours * bits // 8)
    if min(colours, bits, width) < 1 or width > _MAX_ROW:
        raise InputError("pdf_malformed", detail="a predictor has impossible parameters")
    if predictor >= _FIRST_PNG:
        return _png(data, width, step, budget)
    if bits != 8:
        raise InputError("pdf_malformed", detail="a predictor for pictures hides no data")
    budget.parse(_SLOW * (len(data) // width))
    rows = (data[at : at + width] for at in range(0, len(data), width))
    return b"".join(_summed(row, step) for row in rows)


def _number(parameters: Dictionary, key: str, default: int) -> int:
    found = integer(parameters.get(key))
    return default if found is None else found


def _png(data: bytes, width: int, step: int, budget: Budget) -> bytes:
    """Undo PNG filters; a last row that is cut off is taken for zeros, as zlib's readers do."""
    missing = -len(data) % (width + 1)
    if missing:
        data = data[:-1] if missing == width else data + bytes(missing)
    kinds = data[:: width + 1]
    if kinds.count(_UP) == len(kinds):
        return _all_up(data, width, len(kinds))
    return _row_by_row(data, width, step, budget)


def _all_up(data: bytes, width: int, rows: int) -> bytes:
    out = bytearray(width * rows)
    for column in range(width):
        differences = data[column + 1 :: width + 1]
        if differences.count(0) < rows:
            out[column::width] = _running_sums(differences)
    return bytes(out)


def _running_sums(values: bytes) -> bytes:
    """Return the sums of the first, the first two, … of ``values``, modulo 256."""
    sums = array("Q", accumulate(values))
    if array("H", [1]).tobytes()[0] == 0:  # the lowest byte comes last on this machine
        sums.byteswap()
    return sums.tobytes()[::8]


def _summed(row: bytes, step: int) -> bytes:
    """Undo "sub": each byte is stored as what it exceeds the one ``step`` before it by."""
    out = bytearray(len(row))
    for first in range(min(step, len(row))):
        out[first::step] = _running_sums(row[first::step])
    return bytes(out)


def _row_by_row(data: bytes, width: int, step: int, budget: Budget) -> bytes:
    budget.parse(_SLOW * (len(data) // (width + 1)))
    out: list[bytes] = []
    before = bytes(width)
    for at in range(0, len(data), width + 1):
        row = data[at + 1 : at + 1 + width]
        match data[at]:
            case 0:
                before = row
            case 1:
                before = _summed(row, step)
            case 2:
                budget.parse(2 * width)
                before = bytes((a + b) & 255 for a, b in zip(row, before, strict=True))
            case 3 | 4:
                budget.parse(_SLOW * width)
                before = _mixed(row, before, step, paeth=data[at] == 4)
            case kind:
                raise InputError("pdf_malformed", detail=f"a predictor has rows of kind {kind}")
        out.append(before)
    return b"".join(out)


def _mixed(row: bytes, above: bytes, step: int, *, paeth: bool) -> bytes:
    """Undo "average" or "Paeth", which lean on left, upper and upper left neighbour."""
    out = bytearray(row)
    for i, value in enumerate(row):
        left, corner = (out[i - step], above[i - step]) if i >= step else (0, 0)
        guess = _paeth(left, above[i], corner) if paeth else (left + above[i]) // 2
        out[i] = (value + guess) & 255
    return bytes(out)


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda neighbour: abs(guess - neighbour))
