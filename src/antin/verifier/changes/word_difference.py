"""Which words two texts do not share; bounded, whatever a page says."""

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Final

_MAX_COMPARED: Final = 1_500
"""Words; longer texts are compared without their order, as that takes time by the square."""
_MAX_SHOWN: Final = 30
NONE: Final = "–"


def words_changed(before: str, after: str) -> tuple[str, str]:
    """Return the words that are only in ``before``, and those only in ``after``; "–" for none."""
    was, now = before.split(), after.split()
    if max(len(was), len(now)) > _MAX_COMPARED:
        return _shown(_without(was, now)), _shown(_without(now, was))
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    steps = [step for step in matcher.get_opcodes() if step[0] != "equal"]
    gone = [" ".join(was[start:end]) for _, start, end, _, _ in steps if start < end]
    come = [" ".join(now[start:end]) for _, _, _, start, end in steps if start < end]
    return _shown(gone), _shown(come)


def _without(words: list[str], others: list[str]) -> Iterator[str]:
    left = Counter(others)
    for word in words:
        if left[word] > 0:
            left[word] -= 1
        else:
            yield word


def _shown(parts: Iterable[str]) -> str:
    words = " … ".join(parts).split()
    return " ".join(words[:_MAX_SHOWN]) + (" …" if len(words) > _MAX_SHOWN else "") or NONE
