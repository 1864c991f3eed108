"""What the demo shows: progress on a terminal, plain lines elsewhere, tables at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from devpki.demo.words import STEPS, WORDS, Language, say


class Screen:
    """Shows steps as they run and how long each took."""

    def __init__(self, language: Language, *, verbose: bool) -> None:
        self.console = Console(highlight=False)
        self.language = language
        self.times: dict[str, float] = {}
        self._verbose = verbose
        self._status: object | None = None

    @contextmanager
    def step(self, key: str) -> Iterator[None]:
        """Show one step: a spinner on a terminal, a line when it is done."""
        title = say(STEPS, key, self.language)
        number = f"{len(self.times) + 1:>2}/{len(STEPS)}"
        began = time.monotonic()
        if self.console.is_terminal and not self._verbose:
            with self.console.status(f"{number}  {title} …") as status:
                self._status = status
                yield
                self._status = None
        else:
            yield
        self.times[key] = time.monotonic() - began
        self.console.print(f"{number}  {title:<52} {self.times[key]:6.1f} s")

    def command(self, text: str) -> None:
        """Show the command that runs now (``--verbose``: one line each)."""
        if self._verbose:
            self.console.print(f"      $ {escape(text)}", soft_wrap=True)
        elif self._status is not None:
            shown = text if len(text) < 60 else text[:59] + "…"
            self._status.update(f"{len(self.times) + 1:>2}/{len(STEPS)}  {escape(shown)}")  # type: ignore[attr-defined]  # rich's status

    def tables(self, folder: Path, found: dict[str, str]) -> None:
        """Show what was made, where it lies, what was found."""
        places = Table(box=None, padding=(0, 2, 0, 0))
        places.add_column(self.word("made"))
        places.add_column(self.word("where"), overflow="fold")
        for name in ("signed", "closed", "data", "trust", "ledger", "extracted", "tampered"):
            places.add_row(self.word(name), f"{folder}/{name}/")
        places.add_row(self.word("summary"), f"{folder}/summary.json")
        findings = Table(box=None, padding=(0, 2, 0, 0))
        findings.add_column(self.word("what"), ratio=2)
        findings.add_column(self.word("found"), ratio=3, overflow="fold")
        for name, text in found.items():
            findings.add_row(self.word(name), escape(text))
        self.console.print()
        self.console.print(places)
        self.console.print()
        self.console.print(findings)
        total = sum(self.times.values())
        self.console.print(f"\n{self.word('all-good')}  {total:.1f} s")

    def word(self, key: str) -> str:
        """Return a word in the demo's language."""
        return say(WORDS, key, self.language)
