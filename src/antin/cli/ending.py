"""Being told to end: what is half done is cleared away, and nobody who works for us is left.

By default SIGTERM and a closed terminal end a program where it stands, with what it had begun to
write; and a worker process that waits for work never learns that whoever had some is gone. It
would keep its login to the token for good.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection, parent_process
from types import FrameType
from typing import Final

ENDS: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
"""Signals by which a command is told to end."""
_HEEDED: Final = set[signal.Signals]()
"""Those of them that a worker process heeds: what is ignored (``nohup``) stays so."""
_BY_SIGNAL: Final = 128
"""Added to a signal's number where a shell tells how a program ended."""
_AT_WORK: Final = threading.Lock()
"""Held by a worker process while it works."""
_TOLD: Final = set[int]()
"""Filled when this worker process was told to end."""


@contextmanager
def clearing_away() -> Iterator[None]:
    """Let SIGTERM and SIGHUP leave by SystemExit meanwhile, as Ctrl-C leaves by an exception.

    What is ignored (``nohup``), or handled by somebody else, stays so. Only for the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    changed = [one for one in ENDS if signal.getsignal(one) is signal.SIG_DFL]
    for one in changed:
        signal.signal(one, _leave)
    try:
        yield
    finally:
        for one in changed:
            signal.signal(one, signal.SIG_DFL)


def end_with_parent() -> None:
    """Let this worker process be ended by whoever started it, and end when that is gone.

    Signals reach every process of a terminal: a worker that ended by itself would look as if it had
    crashed. By SIGTERM its pool ends it when another one crashed.
    """
    _HEEDED.update(one for one in ENDS if signal.getsignal(one) is not signal.SIG_IGN)
    _rest()
    threading.Thread(target=_watch, daemon=True).start()


@contextmanager
def interruptible() -> Iterator[None]:
    """Let signals end the work on one file, which leaves nothing behind, in a process that waits.

    They raise KeyboardInterrupt; after SIGTERM the process ends then. In a process that is nobody's
    worker nothing is changed.
    """
    with _AT_WORK:
        for one in _HEEDED:
            signal.signal(one, _interrupt)
        try:
            yield
        finally:
            _rest()
            if _TOLD:
                os._exit(_BY_SIGNAL + signal.SIGTERM)


def _rest() -> None:
    for one in _HEEDED:
        signal.signal(one, signal.SIG_DFL if one == signal.SIGTERM else signal.SIG_IGN)


def _interrupt(number: int, _: FrameType | None) -> None:
    if number == signal.SIGTERM:
        _TOLD.add(number)
    raise KeyboardInterrupt


def _watch() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        with _AT_WORK:
            os._exit(_BY_SIGNAL + signal.SIGTERM)


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(_BY_SIGNAL + number)
