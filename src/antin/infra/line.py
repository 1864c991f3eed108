"""Callers who stand in line to be carried out together: one of them leads, in its own thread.

There is no thread to start, to stop or to lose in a fork. Who finds nobody at work leads at once;
the others wait, and whoever led hands the lead to the first of them. Who has waited for too long,
because the one before is slow or stuck, leads beside it.
"""

import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from threading import Lock
from typing import Any, Final

from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra.changes import Change
from antin.ledger.draft import Act

_PATIENCE: Final = 0.02
"""Seconds that a caller waits for its turn; where nothing is stuck, it comes sooner."""
_BESIDE: Final = 1.0
"""Seconds until those who lead beside others hand the lead on no more: what held up may be over."""


class Turn(Enum):
    """What a caller does now."""

    LEAD = 1
    """Carry out its change, and whatever waits, then leave the line."""
    ALONE = 2
    """Carry out its change in a transaction of its own."""
    ANSWERED = 3
    """It was carried out."""


class Waiting(Change):
    """A change in line."""

    __slots__ = ("led_until", "turn")

    def __init__(self, act: Act, run: Callable[[Stores], Done[Any] | Refused]) -> None:
        super().__init__(act, run)
        self.turn = Turn.ANSWERED
        self.led_until: float | None = None
        """When whoever leads beside others stops handing it on; None: never."""


class Line:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: deque[Waiting] = deque()
        self._leaders = 0
        self.last = 1
        """Changes that went together last: with more than one, others are sure to come soon."""

    def enter(self, one: Waiting) -> Turn:
        """Wait until it is one's turn, or was."""
        with self._guard:
            if not self._leaders:
                self._leaders = 1
                one.begin()
                return Turn.LEAD
            self._waiting.append(one)
        if self._wait(one, _PATIENCE):
            return one.turn
        if not one.begin():
            self._wait(one)
            return one.turn
        with self._guard:
            self._leaders += 1
        one.led_until = time.monotonic() + _BESIDE
        return Turn.LEAD

    def next(self) -> Waiting | None:
        """Take up the next one; from then on it has to be answered."""
        while self._waiting:
            try:
                one = self._waiting.popleft()
            except IndexError:  # another leader was quicker
                return None
            if one.begin():
                return one
        return None

    def leave(self, led_until: float | None, carried_out: int = 1) -> None:
        """Hand the lead to the next one, if somebody waits."""
        with self._guard:
            self.last = carried_out
            over = led_until is not None and time.monotonic() > led_until
            following = None if over and self._leaders > 1 else self.next()
            if following is None:
                self._leaders -= 1
                return
        following.led_until = led_until
        following.turn = Turn.LEAD
        following.answer()

    def _wait(self, one: Waiting, seconds: float = -1) -> bool:
        try:
            return one.wait(seconds)
        except BaseException:  # Ctrl-C in the main thread
            # It never happens, or is under way, and then the lead may be handed to it just now.
            if not one.begin():
                while not one.answered:  # or it was, a moment before, and is so only once
                    one.wait(_PATIENCE)
                if one.turn is Turn.LEAD:
                    self.leave(one.led_until)
            raise
