"""Cases made of PDFs: bytes changed, objects changed, updates appended, shapes that cost."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from tests.fuzz.pdf_atoms import NUMBERS
from tests.fuzz.pdf_file import Body, File, Form, put_together, take_apart
from tests.fuzz.pdf_mutations import changed_container, mutate_file
from tests.fuzz.pdf_shapes import hostile_pdf
from tests.fuzz.seed_files import corpus, seeds
from tests.fuzz.target import Dice

_TOKENS: Final = re.compile(
    rb"\d+ \d+ R|\d+|/[A-Za-z0-9.]+|<<|>>|\[|\]|obj|endobj|stream|xref|trailer"
)
_LAST_START: Final = re.compile(rb"startxref\s+(\d+)")
_SECTION_KEYS: Final = (
    b"/Prev",
    b"/Size",
    b"/W",
    b"/Index",
    b"/XRefStm",
    b"/Root",
    b"/Encrypt",
    b"/ID",
)
_CONTAINER: Final = re.compile(rb"(?<=/Contents )?<[0-9A-Fa-f]{200,}>")


def pdf(chance: Dice) -> bytes:
    """Return a PDF as somebody hostile, or something broken, may hand it in."""
    if chance.random() < 0.02:
        return hostile_pdf(chance)
    return _changed(tuple(seeds("pdf").values()), chance)


def foreign_pdf(chance: Dice) -> bytes:
    """Return a PDF that grew from one of other people's making."""
    return _changed(corpus(), chance)


def _changed(known: Sequence[bytes], chance: Dice) -> bytes:
    seed = chance.choice(known)
    roll = chance.random()
    if roll < 0.25:
        return _appended(seed, chance)
    if roll < 0.60:
        return _written_again(seed, chance, known)
    if roll < 0.70:
        return _with_other_container(seed, chance)
    if roll < 0.80:
        return _tokens_changed(seed, chance)
    return _bytes_changed(seed, chance, known)


@cache
def _parts(seed: bytes) -> File:
    return take_apart(seed)


def _written_again(seed: bytes, chance: Dice, known: Sequence[bytes]) -> bytes:
    """Return a file whose structure holds together and whose objects were changed."""
    file = _parts(seed).copied()
    if chance.random() < 0.15:
        other = _parts(chance.choice(known)).copied()
        file.objects |= other.objects
        file.trailer = chance.choice((file, other)).trailer
    mutate_file(file, chance)
    if chance.random() < 0.7:
        return put_together(file, _form(file, chance))
    return _in_revisions(file, chance)


def _in_revisions(file: File, chance: Dice) -> bytes:
    """Return the objects spread over several revisions."""
    data, start = b"", None
    for _ in range(chance.choice((2, 3, 8))):
        some = {n: b for n, b in file.objects.items() if not data or chance.random() < 0.3}
        form = _form(file, chance)
        form = Form(form.kind, form.wrong_offsets, form.keys, start)
        data = put_together(File(some, file.trailer), form, data)
        start = last_start(data)
        mutate_file(file, chance)
    return data


def _appended(seed: bytes, chance: Dice) -> bytes:
    """Return a seed, its bytes untouched, with updates that change its objects."""
    data = seed
    for _ in range(chance.choice((1, 1, 2, 4))):
        whole = _parts(seed).copied()
        before = {n: body.dump() for n, body in whole.objects.items()}
        mutate_file(whole, chance)
        changed: dict[int, Body] = {
            n: body for n, body in whole.objects.items() if before.get(n) != body.dump()
        }
        form = _form(whole, chance)
        previous = last_start(data) if chance.random() < 0.9 else chance.randrange(len(data))
        kind = form.kind if chance.random() < 0.3 else ("table", "stream")[b"/XRef" in seed]
        form = Form(kind, form.wrong_offsets, form.keys, previous, form.startxref)
        data = put_together(File(changed, whole.trailer), form, data)
    return data


def last_start(data: bytes) -> int | None:
    """Return where the last cross-reference section is said to be; None if nobody says."""
    found = _LAST_START.findall(data)
    return int(found[-1][:18]) if found else None


def _form(file: File, chance: Dice) -> Form:
    """Return a form of cross-references, now and then with something wrong in it."""
    kind = chance.choice(("table", "table", "stream", "packed", "hybrid"))
    wrong: dict[int, int] = {}
    keys: list[tuple[bytes, bytes]] = []
    if chance.random() < 0.1 and file.objects:
        number = chance.choice(list(file.objects))
        wrong[number] = chance.choice((0, 9, 10**9, chance.randrange(2000)))
    if chance.random() < 0.1:
        some = chance.choice((b"[1 1 1]", b"1 0 R", b"[0 0 0]", b"(a)", b"[1 2 3 4]", *NUMBERS))
        keys.append((chance.choice(_SECTION_KEYS), some))
    start = chance.choice((0, 5, 10**9)) if chance.random() < 0.03 else None
    return Form(kind, wrong, tuple(keys), None, start)


def _with_other_container(seed: bytes, chance: Dice) -> bytes:
    """Return a signed file with another CMS in place: every digest still holds."""
    found = list(_CONTAINER.finditer(seed))
    if not found:
        return _tokens_changed(seed, chance)
    match = chance.choice(found)
    return seed[: match.start()] + changed_container(match[0], chance) + seed[match.end() :]


def _tokens_changed(seed: bytes, chance: Dice) -> bytes:
    """Return a seed with tokens exchanged where they stand, so that offsets may go wrong."""
    for _ in range(chance.choice((1, 2, 5, 20))):
        found = list(_TOKENS.finditer(seed))
        if not found:
            return seed
        one, other = chance.choice(found), chance.choice(found)[0]
        made = chance.choice((other, chance.choice(NUMBERS), b"", one[0] * 2))
        if chance.random() < 0.4:
            made = made[: len(one[0])].ljust(len(one[0]))
        seed = seed[: one.start()] + made + seed[one.end() :]
    return seed


def _bytes_changed(seed: bytes, chance: Dice, known: Sequence[bytes]) -> bytes:
    if not seed:
        return b"%PDF-1.7"
    at, end = sorted(chance.randrange(len(seed) + 1) for _ in range(2))
    other = chance.choice(known)
    made = (
        seed[:at],
        seed[:at] + other[chance.randrange(len(other) + 1) :],
        seed[:at] + seed[end:],
        chance.randbytes(chance.choice((1, 500, 2000))) + seed,
        seed + chance.choice((b"\n", b"%%EOF\n", seed, chance.randbytes(3000))),
    )
    return chance.choice(made) if chance.random() < 0.7 else _flipped(seed, chance)


def _flipped(seed: bytes, chance: Dice) -> bytes:
    changed = bytearray(seed)
    for _ in range(chance.choice((1, 1, 3, 30))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)
