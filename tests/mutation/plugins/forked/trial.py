"""The order of things: each test alone, all of them together, and then each mutant."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Final, Protocol

from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

from .children import Ended, Say, Work, forked
from .known import Known
from .running import FAILED, FIRST, PASSED, RUNS, Runner

# How a mutant ended, in the numbers that mutmut has for it; a signal has its own, below zero.
SURVIVED: Final = 0
NOTICED: Final = 1
BROKE_PYTEST: Final = 3
TOO_BUSY: Final = 24
MET_BY_NONE: Final = 33
UNCLEAR: Final = 35
TOO_SILENT: Final = 36

_MORE_TIME: Final = 3.0
"""Times the usual limit: where much else runs, a pause may be taken for work."""
_MARK: Final = "__mutmut_"
_NO_MUTANT: Final = ""
_RECORD: Final = "stats"
"""In place of a mutant: has mutmut note which functions are met."""


class Tell(Protocol):
    """Tells the caller what happened."""

    def __call__(self, **happened: object) -> None: ...


class Trial:
    """Tries mutants on tests, in ``children`` processes at a time."""

    def __init__(self, runner: Runner, children: int, tell: Tell) -> None:
        self._runner = runner
        self._children = children
        self._tell = tell
        self._known = Known()

    def run(self, mutants: Sequence[str]) -> None:
        """Tell of each test and each mutant; or of a test that fails without one, and stop.

        1. Each test alone, in a process that has run no other: what does it take, and meet?
        2. All that meet a mutant, one after another: none may fail for those before it.
        3. Each mutant: until one of the tests that meet it fails.
        """
        if self._learn() and self._hold_together({_function_of(one) for one in mutants}):
            self._try(mutants)

    def _learn(self) -> bool:
        numbers = range(len(self._runner.items))
        works = (Work(str(one), self._alone(one)) for one in numbers)
        with closing(forked(works, self._children)) as children:
            for done, ended in enumerate(children, start=1):
                if not self._is_sound(ended):
                    return False
                self._known.learn(int(ended.name), ended.last(PASSED), ended.seconds)
                self._tell(tests=done, of=len(numbers))
        return True

    def _hold_together(self, functions: set[str]) -> bool:
        work = Work(_NO_MUTANT, self._under(_NO_MUTANT, self._known.meeting(functions)))
        with closing(forked(iter([work]), 1)) as children:
            return all(self._is_sound(ended) for ended in children)

    def _is_sound(self, ended: Ended) -> bool:
        code = code_of(ended)
        if code != SURVIVED:
            self._tell(fails=self._last_test(ended), code=code, text=ended.last(FAILED))
        return code == SURVIVED

    def _try(self, mutants: Sequence[str], times: float = 1.0) -> None:
        """Try each mutant; those that seem to run on for ever, once more with more time."""
        doubtful = list[str]()
        with closing(forked(self._works(mutants, times), self._children)) as children:
            for ended in children:
                code = code_of(ended)
                if code == TOO_BUSY and times < _MORE_TIME:
                    doubtful.append(ended.name)
                    continue
                if code == NOTICED:
                    self._known.note(_function_of(ended.name), ended.last(RUNS))
                self._tell_fate(ended.name, code, self._last_test(ended), ended.seconds)
        if doubtful:
            self._try(doubtful, _MORE_TIME)

    def _works(self, mutants: Sequence[str], times: float) -> Iterator[Work]:
        for mutant in mutants:
            if order := self._known.order(_function_of(mutant)):
                yield Work(mutant, self._under(mutant, order, times))
            else:
                self._tell_fate(mutant, MET_BY_NONE, None, 0.0)

    def _tell_fate(self, mutant: str, code: int, test: str | None, seconds: float) -> None:
        self._tell(mutant=mutant, code=code, test=test, seconds=seconds)

    def _last_test(self, ended: Ended) -> str | None:
        number = ended.last(RUNS)
        return None if number is None else self._runner.items[number].nodeid

    def _alone(self, number: int) -> Callable[[Say], None]:
        def do(say: Say) -> None:
            set_mutant_under_test(_RECORD)
            if self._runner.passes([(number, FIRST)], say):
                say(PASSED, sorted(state()._stats), FIRST.clock)

        return do

    def _under(
        self, mutant: str, order: Sequence[int], times: float = 1.0
    ) -> Callable[[Say], None]:
        seconds = self._known.seconds
        limits = [(one, self._runner.limit(seconds[one], times)) for one in order]

        def do(say: Say) -> None:
            set_mutant_under_test(mutant)
            if self._runner.passes(limits, say):
                say(PASSED, [], FIRST.clock)

        return do


def code_of(ended: Ended) -> int:
    """Return how a child with tests ended: what it said comes before how it went."""
    if ended.last(FAILED) is not None:
        return NOTICED
    if ended.last(PASSED) is not None:
        return SURVIVED
    if ended.overdue:
        return TOO_SILENT
    if ended.status == -signal.SIGPROF:
        return TOO_BUSY
    if ended.status < 0:
        return ended.status
    return BROKE_PYTEST if ended.status == 1 and ended.said else UNCLEAR


def _function_of(mutant: str) -> str:
    return mutant.partition(_MARK)[0]
