"""The bounded cache keeps what was used last, and never more than its limit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.pki.bounded_cache import BoundedCache


def test_made_once_and_forgotten_oldest_first() -> None:
    cache: BoundedCache[str, bytes] = BoundedCache(10, len)
    made: list[str] = []

    def ask(key: str, size: int) -> None:
        def make() -> bytes:
            made.append(key)
            return bytes(size)

        assert len(cache.get(key, make)) == size

    for key in ("a", "b", "a", "c", "a", "b"):
        ask(key, 4)
    assert made == ["a", "b", "c", "b"]
    ask("huge", 11)
    assert cache.held() == 8
    cache.clear()
    assert cache.held() == 0


def test_errors_are_not_kept() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0)
    assert cache.get("a", lambda: 1) == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=60))
@settings(max_examples=60)
def test_never_holds_more_than_its_limit(asked: list[tuple[int, int]]) -> None:
    cache: BoundedCache[int, bytes] = BoundedCache(50, len)
    for key, size in asked:
        cache.get(key, lambda size=size: bytes(size))  # type: ignore[misc]  # bound now
        assert 0 <= cache.held() <= 50
