"""In what another reader's facts differ from ours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.corpus.structure.facts import UNREADABLE, Facts, Signature

_MAX_NAMED: Final = 12


@dataclass(frozen=True)
class Difference:
    """One difference between our reader and another."""

    reader: str
    what: str
    """``opens``, ``pages``, ``objects missing``, ``objects more``, ``values`` or ``signatures``."""
    ours: str
    theirs: str


def differences(reader: str, ours: Facts, theirs: Facts) -> Iterator[Difference]:
    """Yield each difference; what a reader does not tell is none."""
    if ours.error or theirs.error:
        if bool(ours.error) != bool(theirs.error):
            yield Difference(reader, "opens", ours.error or "opens", theirs.error or "opens")
        return
    if theirs.pages is not None and ours.pages != theirs.pages:
        yield Difference(reader, "pages", str(ours.pages), str(theirs.pages))
    if theirs.objects is not None:
        yield from _objects(reader, ours.objects or {}, theirs.objects)
    if theirs.signatures is not None:
        yield from _signatures(reader, ours.signatures or (), theirs.signatures)


def _objects(
    reader: str, ours: Mapping[int, str], theirs: Mapping[int, str]
) -> Iterator[Difference]:
    """What can't be read counts as not being there: readers treat it as null."""
    mine = {n: digest for n, digest in ours.items() if digest != UNREADABLE}
    others = {n: digest for n, digest in theirs.items() if digest != UNREADABLE}
    less, more = others.keys() - mine.keys(), mine.keys() - others.keys()
    unequal = {n for n in mine.keys() & others.keys() if mine[n] != others[n]}
    if less:
        yield Difference(reader, "objects missing", "", _listed(less))
    if more:
        yield Difference(reader, "objects more", _listed(more), "")
    if unequal:
        yield Difference(reader, "values", _listed(unequal), _listed(unequal))


def _listed(numbers: set[int]) -> str:
    shown = [str(n) for n in sorted(numbers)]
    rest = [f"… {len(shown)} in all"] if len(shown) > _MAX_NAMED else []
    return " ".join(shown[:_MAX_NAMED] + rest)


def _signatures(
    reader: str, ours: tuple[Signature, ...], theirs: tuple[Signature, ...]
) -> Iterator[Difference]:
    named = all(found.field is not None for found in theirs)
    mine, others = (
        sorted(_plain(found, named=named) for found in list_) for list_ in (ours, theirs)
    )
    if mine != others:
        yield Difference(reader, "signatures", "; ".join(mine), "; ".join(others))


def _plain(found: Signature, *, named: bool) -> str:
    field = repr(found.field) if named else "a field"
    return f"{field} {list(found.byte_range)} {found.contents}"
