"""What is fuzzed: a target makes a case from chance alone and feeds it to the program.

A case is bytes, so that it can be kept, shown to somebody and run again. It depends on the seed and
its number only: whoever has both has the case.
"""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

Dice = Random
"""The only source of chance here."""

_MODULES: Final = {
    "pdf": "tests.fuzz.targets_pdf",
    "pki": "tests.fuzz.targets_pki",
    "text": "tests.fuzz.targets_text",
    "harness": "tests.fuzz.targets_harness",
}
"""Where the targets of a family are, so that a worker loads what it needs and no more."""


@dataclass(frozen=True)
class Target:
    """One thing that reads foreign bytes."""

    name: str
    """``family-what``."""
    make: Callable[[Dice], bytes]
    """Returns a case; always the same for dice that were seeded alike."""
    run: Callable[[bytes], object]
    """May return anything; what it raises is judged."""


def dice(*parts: object) -> Dice:
    """Return dice that fall the same way whenever ``parts`` are the same."""
    return Random(":".join(map(str, parts)))  # noqa: S311 — repeatable on purpose


def find_target(name: str) -> Target:
    """Return the target called ``name``."""
    return next(t for t in targets_of(name.partition("-")[0]) if t.name == name)


def targets_of(family: str) -> tuple[Target, ...]:
    """Return the targets of ``family``, in order."""
    found: tuple[Target, ...] = importlib.import_module(_MODULES[family]).TARGETS
    return found


def case_of(target: Target, seed: int, number: int) -> bytes:
    """Return the case of ``number`` under ``seed``."""
    return target.make(dice(seed, target.name, number))


def pack(parts: Iterable[bytes]) -> bytes:
    """Return ``parts`` as one case."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def unpack(data: bytes) -> tuple[bytes, ...]:
    """Return the parts that were packed."""
    found, at = [], 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return tuple(found)
