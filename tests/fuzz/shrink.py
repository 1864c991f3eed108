"""Making a failing case smaller: pieces are left out for as long as it fails the same way."""

from collections.abc import Callable

from tests.fuzz.bounded import Bounds, run_case, signature
from tests.fuzz.target import Target


def shrunk(target: Target, case: bytes, bounds: Bounds | None = None) -> bytes:
    """Return a smaller case that fails like ``case``."""

    def kind(data: bytes) -> str | None:
        ending = run_case(target, data, bounds or Bounds())
        if not ending.failed:
            return None
        return ending.outcome if ending.outcome != "exception" else signature(ending.detail)

    wanted = kind(case)
    assert wanted is not None, "it does not fail"
    return reduced(case, lambda data: kind(data) == wanted)


def reduced(case: bytes, holds: Callable[[bytes], bool]) -> bytes:
    """Return what is left of ``case`` when no piece can go without ``holds`` failing."""
    size = max(len(case) // 2, 1)
    while size:
        at = 0
        while at < len(case):
            shorter = case[:at] + case[at + size :]
            if len(shorter) < len(case) and holds(shorter):
                case = shorter
            else:
                at += size
        size //= 2
    return case
