"""One run of ``antin verify``: files to workers, results to where reports go, a summary."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import typer

from antin.cli.failures import line as error_line
from antin.cli.inputs import items
from antin.cli.output import note, progress
from antin.cli.reports import Sink
from antin.cli.resuming import Earlier
from antin.cli.texts import _
from antin.core.codes import N_
from antin.core.errors import AntinError, InputError
from antin.infra import judging, zip_files
from antin.infra.judging import Item, Judged, Question
from antin.infra.messages import translator
from antin.infra.report_forms import ENDINGS
from antin.infra.verify_state import RunState
from antin.infra.worker_pool import STOPPED, Limits, WorkerPool
from antin.infra.zip_files import ZipEntry
from antin.verifier.batch import judged

EXIT_BY_CONCLUSION: Final = {
    "TOTAL-PASSED": 0,
    "TOTAL-FAILED": 1,
    "INDETERMINATE": 3,
    "NO-SIGNATURE": 4,
    "UNREADABLE": 5,
}
_FIRST_OF: Final = (5, 1, 3, 4, 0)
_BAD: Final = ("TOTAL-FAILED", "UNREADABLE")
_TOTAL: Final = N_("{count} files:")
_NOTHING: Final = N_(
    "There was nothing to check: no PDF, .p7s or .zip in these folders, no name in the list."
)
_AHEAD: Final = 8
"""Files that are handed out for each worker."""
_NAMED: Final = 10
"""Files that did not pass and are named at the end."""


@dataclass(frozen=True)
class Run:
    """What is asked, of which files, and how it is worked on."""

    question: Question
    at: datetime | None
    """None: now, or when the run began that goes on."""
    paths: Iterator[Path]
    total: int | None
    """How many files there are, where that is known."""
    jobs: int
    memory: int
    """Bytes that judging one file may use."""
    state: Path | None


def carry_out(run: Run, sink: Sink) -> int:
    """Judge every file and return the exit code. Errors: those of trust, policy and state."""
    limits = Limits(run.memory, judging.seconds)
    prepare = partial(judging.prepare, run.question)
    with ExitStack() as parts:
        pool = parts.enter_context(WorkerPool(run.jobs, limits, prepare, judging.KINDS))
        # What trust and policy say of themselves is an error of the whole command.
        # Asked once for each worker, so that all of them start side by side.
        digests = [
            pool.submit(judging.digest_of, run.question)
            for _ in range(min(run.jobs, run.total or run.jobs))
        ]
        digest = digests[0].result()
        earlier = None
        if run.state is not None:
            state = parts.enter_context(RunState(run.state, digest, run.at))
            earlier = Earlier(state, documents=run.question.form in ENDINGS)
        parts.enter_context(sink)
        desk = _Desk(run, pool, sink, earlier)
        desk.work()
        return desk.finish()


def _sound(item: Item, outcome: Judged | AntinError) -> Judged | AntinError:
    """Return ``outcome`` if it can be one of ``item``: a worker that was taken over may lie."""
    if isinstance(outcome, AntinError):
        return outcome
    if not isinstance(outcome, Judged) or (outcome.conclusion is None and item.known is None):
        return _nonsense()
    return outcome


def _nonsense() -> InputError:
    return InputError("verify_worker_died", detail="what it answered makes no sense")


def combined(codes: Iterable[int]) -> int:
    """Return the exit code of several files: the first of 5, 1, 3, 4, 0 that any file has.

    Of no file at all it is 4: there was nothing to check, so nothing passed.
    """
    found = set(codes)
    return next((code for code in _FIRST_OF if code in found), EXIT_BY_CONCLUSION["NO-SIGNATURE"])


@dataclass
class _Tally:
    """What a run comes to."""

    counts: Counter[str] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)
    """The first of those that did not pass."""
    known: int = 0

    def add(self, name: str, conclusion: str) -> None:
        self.counts[conclusion] += 1
        if conclusion in _BAD and len(self.named) < _NAMED:
            self.named.append(f"{name}: {conclusion}")


class _Desk:
    """Hands files out and takes results in."""

    def __init__(self, run: Run, pool: WorkerPool, sink: Sink, earlier: Earlier | None) -> None:
        self._run, self._pool, self._sink, self._earlier = run, pool, sink, earlier
        self._at = earlier.at if earlier else run.at or datetime.now(UTC)
        self._tally = _Tally()
        self._begun = time.monotonic()

    def work(self) -> None:
        """Judge every file."""
        judge = partial(judging.judge, self._run.question, self._at)
        ahead = _AHEAD * self._run.jobs
        with progress(self._run.total, _("Verifying")) as step:
            for item, outcome in judged(self._items(), judge, self._pool, ahead):
                self._take(item, self._told(item, outcome))
                step()

    def _items(self) -> Iterator[Item]:
        for item in items(self._run.paths, self._entries):
            placed = self._sink.placed(item)
            yield self._earlier.marked(placed) if self._earlier else placed

    def _entries(self, path: Path) -> tuple[ZipEntry, ...]:
        found = self._pool.submit(zip_files.entries, path).result()
        if not isinstance(found, tuple) or not all(isinstance(one, ZipEntry) for one in found):
            raise _nonsense()
        return found

    def _told(self, item: Item, outcome: Judged | AntinError) -> Judged | AntinError:
        """Return the report on a file that its worker was ended by, written by another one."""
        outcome = _sound(item, outcome)
        if not isinstance(outcome, InputError) or outcome.code not in STOPPED:
            return outcome
        question, bare = self._run.question, replace(item, known=None)
        try:
            written = self._pool.submit(judging.unreadable, question, self._at, outcome, bare)
            return _sound(bare, written.result())
        except AntinError as error:
            return error

    def _take(self, item: Item, outcome: Judged | AntinError) -> None:
        """Pass on one file's report; a file that can't be opened counts as unreadable."""
        if isinstance(outcome, AntinError):
            self._tally.add(item.name, "UNREADABLE")
            typer.echo(error_line(outcome), err=True)
            return
        if self._earlier:
            self._tally.known += outcome.conclusion is None
            outcome = self._earlier.completed(item, outcome)
        self._sink.add(item, outcome)
        self._tally.add(item.name, outcome.conclusion or "UNREADABLE")

    def finish(self) -> int:
        """Print the totals and return the exit code."""
        counts = self._tally.counts
        shown = ", ".join(f"{name} {counts[name]}" for name in EXIT_BY_CONCLUSION if counts[name])
        translate = translator(self._run.question.language)
        total = translate(_TOTAL).format(count=counts.total())
        listed = f"{total} {shown}" if shown else translate(_NOTHING)
        self._sink.finish(listed if self._run.question.several else None)
        if self._run.question.several:
            self._sum_up(time.monotonic() - self._begun)
        return combined([EXIT_BY_CONCLUSION[name] for name in counts])

    def _sum_up(self, seconds: float) -> None:
        """Say on stderr how long it took and name what did not pass."""
        tally, count = self._tally, self._tally.counts.total()
        if not count:
            return
        rate = count / max(seconds, 0.001)
        values = {"count": count, "seconds": f"{seconds:.1f}", "rate": f"{rate:.0f}"}
        note(_("{count} files in {seconds} s, {rate} a second").format(**values))
        if tally.known:
            note(_("{count} of them known from before").format(count=tally.known))
        for name in tally.named:
            note(name)
        wrong = sum(tally.counts[name] for name in _BAD)
        if wrong > len(tally.named):
            note(_("and {count} more").format(count=wrong - len(tally.named)))
