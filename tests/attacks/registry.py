"""The attacks: what each is called, what it imitates, and by which name it is to be found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Alter = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Attack:
    """One way to alter a signed file."""

    name: str
    found_as: str
    """Code of the finding that names it."""
    imitates: str
    """What it is, or where it was published."""
    alter: Alter
    besides: frozenset[str]
    """Further names that it may get: it does other things as well."""


ATTACKS: Final[dict[str, Attack]] = {}


def attack(name: str, found_as: str, imitates: str, *besides: str) -> Callable[[Alter], Alter]:
    """Register a function from a signed file to an altered one."""

    def register(alter: Alter) -> Alter:
        assert name not in ATTACKS, name
        more = frozenset(f"attack_{word}" for word in besides)
        ATTACKS[name] = Attack(name, f"attack_{found_as}", imitates, alter, more)
        return alter

    return register
