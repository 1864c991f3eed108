"""Changes to a PDF's objects: each does one thing that a reader may trip over."""

import zlib
from collections.abc import Callable
from itertools import islice
from typing import Final

from tests.fuzz.der_mutations import mutated as mutated_der
from tests.fuzz.pdf_atoms import (
    KEYS,
    NUMBERS,
    any_body,
    any_number,
    any_reference,
    any_slot,
    any_value,
)
from tests.fuzz.pdf_file import Body, File
from tests.fuzz.pdf_syntax import Array, Dict, Value, copied, dump, holders, slots
from tests.fuzz.seed_files import seeds
from tests.fuzz.target import Dice

Mutation = Callable[[File, Dice], None]
_MOST_PLACES: Final = 50_000
_LARGEST: Final = 100_000
"""Bytes that a repetition may add."""


def mutate_file(file: File, chance: Dice) -> None:
    """Change ``file`` once or a few times, in place."""
    for _ in range(chance.choice((1, 1, 2, 2, 3, 6))):
        if not file.objects or _is_large(file):
            return
        chance.choice(_MUTATIONS)(file, chance)


def _is_large(file: File) -> bool:
    """Tell whether more changes would only make a case that takes long to make."""
    places = (slot for body in file.objects.values() for slot in slots(body.value))
    return next(islice(places, _MOST_PLACES, None), None) is not None


def _replace(file: File, chance: Dice) -> None:
    slot = any_slot(file, chance)
    if slot is not None:
        slot.put(any_value(file, chance))


def _replace_number(file: File, chance: Dice) -> None:
    """Change a number to an extreme one."""
    found = [s for s in slots(any_body(file, chance).value) if _is_number(s.value)]
    if found:
        chance.choice(found).put(chance.choice(NUMBERS))


def _is_number(value: Value) -> bool:
    return isinstance(value, bytes) and value.lstrip(b"+-").replace(b".", b"").isdigit()


def _replace_reference(file: File, chance: Dice) -> None:
    """Turn a reference to another object, with which loops come about."""
    found = [s for s in slots(any_body(file, chance).value) if _is_reference(s.value)]
    if found:
        chance.choice(found).put(any_reference(file, chance))


def _is_reference(value: Value) -> bool:
    return isinstance(value, bytes) and value.endswith(b" R")


def _known_key(file: File, chance: Dice) -> None:
    """Set a key that has a meaning somewhere, in any dictionary."""
    found = [h for h in holders(any_body(file, chance).value) if isinstance(h, Dict)]
    if found:
        holder, key = chance.choice(found), chance.choice(KEYS)
        value = any_value(file, chance)
        if chance.random() < 0.3:
            value = Array([any_value(file, chance) for _ in range(chance.choice((1, 3, 8)))])
        if chance.random() < 0.2:
            holder.pairs.append((key, value))  # twice, perhaps
        else:
            holder.set(key, value)


def _remove(file: File, chance: Dice) -> None:
    found = holders(any_body(file, chance).value)
    if found:
        holder = chance.choice(found)
        items = holder.pairs if isinstance(holder, Dict) else holder.items
        if items:
            del items[chance.randrange(len(items))]


def _repeat(file: File, chance: Dice) -> None:
    found = holders(any_body(file, chance).value)
    holder = chance.choice(found or [None])
    times = chance.choice((1, 2, 100, 3000))
    if isinstance(holder, Dict) and holder.pairs:
        key, value = chance.choice(holder.pairs)
        holder.pairs += [(key, copied(value)) for _ in range(_times(value, times))]
    elif isinstance(holder, Array) and holder.items:
        item = chance.choice(holder.items)
        holder.items += [copied(item) for _ in range(_times(item, times))]


def _times(value: Value, wanted: int) -> int:
    """Return how often ``value`` is repeated; each is a copy, so that later changes meet one."""
    return min(wanted, _LARGEST // (len(dump(value)) + 1))


def _swap_objects(file: File, chance: Dice) -> None:
    one, other = any_number(file, chance), any_number(file, chance)
    file.objects[one], file.objects[other] = file.objects[other], file.objects[one]


def _delete_object(file: File, chance: Dice) -> None:
    del file.objects[any_number(file, chance)]


def _copy_object(file: File, chance: Dice) -> None:
    file.objects[chance.choice((file.next_number, 0, 70_000))] = any_body(file, chance).copied()


def _alias(file: File, chance: Dice) -> None:
    """Let an object be nothing but a reference: to another, to itself, in a circle."""
    numbers = [any_number(file, chance) for _ in range(chance.choice((1, 2, 5)))]
    for one, other in zip(numbers, numbers[1:] + numbers[:1], strict=True):
        file.objects[one] = Body(b"%d 0 R" % other)


def _become_stream(file: File, chance: Dice) -> None:
    body = any_body(file, chance)
    body.data = chance.choice((b"", b"q Q", b"endstream endobj", chance.randbytes(300)))
    if isinstance(body.value, Dict):
        body.value.set(b"/Length", chance.choice((b"%d" % len(body.data), *NUMBERS)))


def _stream_body(file: File, chance: Dice) -> tuple[Body, Dict] | None:
    found = [b for b in file.objects.values() if b.data is not None and isinstance(b.value, Dict)]
    if not found:
        return None
    body = chance.choice(found)
    assert isinstance(body.value, Dict)
    return body, body.value


def _bomb(file: File, chance: Dice) -> None:
    """Let a stream inflate to much more than it is."""
    found = _stream_body(file, chance)
    if found is not None:
        body, head = found
        rounds = chance.choice((1, 1, 2, 3))
        data = b"\x00" * chance.choice((1 << 20, 30 << 20))
        for _ in range(rounds):
            data = zlib.compress(data, 9)
        body.data = data
        head.set(b"/Filter", Array([b"/FlateDecode"] * rounds))
        head.set(b"/Length", b"%d" % len(data))
        head.drop(b"/DecodeParms")


def _filters(file: File, chance: Dice) -> None:
    """Name filters and parameters that the data were not made for."""
    found = _stream_body(file, chance)
    if found is None:
        return
    _, head = found
    names = (
        b"/FlateDecode",
        b"/LZWDecode",
        b"/ASCII85Decode",
        b"/ASCIIHexDecode",
        b"/RunLengthDecode",
        b"/Crypt",
        b"/DCTDecode",
        b"/Fl",
        b"/None",
    )
    chosen = [chance.choice(names) for _ in range(chance.choice((1, 2, 5, 300)))]
    head.set(b"/Filter", Array(list(chosen)) if chance.random() < 0.8 else chosen[0])
    keys = (b"/Predictor", b"/Columns", b"/Colors", b"/BitsPerComponent", b"/EarlyChange")
    choices = (*NUMBERS, b"12", b"15", b"8", b"3")
    parameters = Dict([(key, chance.choice(choices)) for key in keys if chance.random() < 0.6])
    head.set(b"/DecodeParms", Array([parameters] * len(chosen)))


def _stream_data(file: File, chance: Dice) -> None:
    found = _stream_body(file, chance)
    if found is not None:
        body, head = found
        data = body.data or b""
        at = chance.randrange(len(data) + 1)
        choices = (data[:at], data[:at] + chance.randbytes(9) + data[at:], data * 2, b"endstream\n")
        body.data = chance.choice(choices)
        if chance.random() < 0.5:
            head.set(b"/Length", b"%d" % len(body.data))


def _container(file: File, chance: Dice) -> None:
    """Change a signature's CMS, whose bytes no digest covers."""
    found = [
        (body.value, value)
        for body in file.objects.values()
        if isinstance(body.value, Dict) and isinstance(value := body.value.get(b"/Contents"), bytes)
        if value.startswith(b"<")
    ]
    if found:
        holder, text = chance.choice(found)
        holder.set(b"/Contents", changed_container(text, chance))


def changed_container(text: bytes, chance: Dice) -> bytes:
    """Return a hexadecimal string of the same length with another CMS in it, if it fits."""
    others = list(seeds("cms").values())
    made = mutated_der(chance.choice(others), chance, others).hex().encode()
    room = len(text) - 2
    return b"<" + made.ljust(room, b"0")[: max(room, 0)] + b">"


def _byte_range(file: File, chance: Dice) -> None:
    found = [
        slot
        for body in file.objects.values()
        for slot in slots(body.value)
        if slot.key == b"/ByteRange"
    ]
    if found:
        slot = chance.choice(found)
        numbers = dump(slot.value).strip(b"[]").split()
        for _ in range(chance.choice((1, 2, 4))):
            if numbers:
                at = chance.randrange(len(numbers))
                near = b"%d" % (chance.randrange(20_000))
                numbers[at] = chance.choice((*NUMBERS, near, near, near))
        if chance.random() < 0.3:
            numbers += [b"1"] * chance.choice((1, 2, 4000))
        slot.put(b"[" + b" ".join(numbers) + b"]")


_MUTATIONS: Final[tuple[Mutation, ...]] = (
    _replace,
    _replace,
    _replace,
    _replace_number,
    _replace_number,
    _replace_reference,
    _replace_reference,
    _known_key,
    _known_key,
    _known_key,
    _remove,
    _repeat,
    _swap_objects,
    _delete_object,
    _copy_object,
    _alias,
    _become_stream,
    _bomb,
    _filters,
    _stream_data,
    _container,
    _byte_range,
)
