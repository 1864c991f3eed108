"""How far a run is: a line that changes on a terminal, one in half a minute elsewhere."""

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, TextIO

_EVERY: Final = (0.2, 30.0)
"""Seconds between lines, on a terminal and elsewhere."""


@dataclass
class Progress:
    """Tells of a run while it goes on."""

    mutants: int
    """How many are to be tried."""
    out: TextIO = field(default_factory=lambda: sys.stderr)
    _fates: Counter[str] = field(default_factory=Counter)
    _begun: float | None = None
    _told: float = -_EVERY[1]

    def learned(self, tests: int, of: int) -> None:
        """Tell that so many tests were run without a mutant."""
        self._tell(f"{tests} of {of} tests run as they are", last=tests == of)

    def tried(self, fate: str) -> None:
        """Tell of one mutant more; the first one begins the time that is measured."""
        if self._begun is None:
            self._begun = time.monotonic()
        self._fates[fate] += 1
        self._tell(self.line(time.monotonic() - self._begun), last=self.done == self.mutants)

    @property
    def done(self) -> int:
        return self._fates.total()

    def line(self, seconds: float) -> str:
        """Return how far it is after so many ``seconds``."""
        fates = ", ".join(f"{number} {fate}" for fate, number in self._fates.most_common())
        rate = max(self.done - 1, 1) / max(seconds, 0.1)
        left = (self.mutants - self.done) / rate
        return (
            f"{self.done} of {self.mutants} mutants: {fates};"
            f" {rate:.1f} a second, {left / 60:.0f} min left"
        )

    def _tell(self, line: str, *, last: bool) -> None:
        terminal = self.out.isatty()
        now = time.monotonic()
        if not last and now - self._told < _EVERY[not terminal]:
            return
        self._told = now
        before, after = ("\r", "\x1b[K" + "\n" * last) if terminal else ("", "\n")
        print(f"{before}{line}{after}", end="", file=self.out, flush=True)
