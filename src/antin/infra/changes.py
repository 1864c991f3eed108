"""A change that waits to be carried out by somebody else's thread, with others in one commit."""

import sqlite3
from collections.abc import Callable
from threading import Lock
from typing import Any

from sqlalchemy import exc

from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra.database_errors import translate
from antin.ledger.draft import Act


class Change:
    """A change that waits, and its caller for the answer.

    A Future does as much and more, at several times the cost.
    """

    __slots__ = ("_begun", "_done", "act", "answered", "error", "run", "value")

    def __init__(self, act: Act, run: Callable[[Stores], Done[Any] | Refused]) -> None:
        self.act = act
        self.run = run
        self.value: Any = None
        self.error: BaseException | None = None
        self.answered = False
        self._begun = Lock()
        self._done = Lock()
        self._done.acquire()

    def begin(self) -> bool:
        """Take it up: True once, for who carries it out or the caller who gives up."""
        return self._begun.acquire(blocking=False)

    def keep(self, done: Done[Any] | Refused) -> None:
        """Note what the caller is answered when it is durable."""
        if isinstance(done, Refused):
            self.fail(done.error)
        else:
            self.value, self.error = done.value, None

    def fail(self, error: BaseException) -> None:
        """Note the error that the caller is told, as one of ours where a database raised it."""
        if isinstance(error, exc.SQLAlchemyError | sqlite3.Error):
            error = translate(error)
        self.value, self.error = None, error

    def answer(self) -> None:
        """Let the caller go on; once."""
        self.answered = True
        self._done.release()

    def wait(self, seconds: float = -1) -> bool:
        """Wait for the answer; tell whether it came within ``seconds``."""
        return self._done.acquire(timeout=seconds)

    def result(self) -> Any:
        """Return what the change answered, or raise what it failed with."""
        if self.error is not None:
            raise self.error
        return self.value
