"""Running one case within bounds, and judging how it ended.

It may succeed, or end in an error of the one tree whose code is listed and whose family is not
``defect``. Time is processor time: what else the machine does must not decide a test.
"""

import contextlib
import gc
import re
import resource
import signal
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from types import FrameType
from typing import Final

from antin.core.codes import CODES
from antin.core.errors import AntinError, DefectError
from tests.fuzz.target import Target

CPU_SECONDS: Final = 10.0
MEMORY_MB: Final = 300
_ADDRESS_SPACE: Final = 3 << 30
"""Beyond what is there at the start: no case may take the machine along."""
_FRAME: Final = re.compile(r'File ".*?([^/"]+/[^/"]+\.py)", line \d+, in (\S+)')


@dataclass(frozen=True)
class Bounds:
    """What one case may take."""

    cpu_seconds: float = CPU_SECONDS
    memory_mb: int = MEMORY_MB


@dataclass(frozen=True)
class Ending:
    """How a case ended."""

    outcome: str
    """``ok``, an error's code, or how it failed: ``exception``, ``time``, ``memory``."""
    failed: bool
    detail: str = ""
    """For a failure: where and how."""
    cpu: float = 0.0
    memory_mb: int = 0
    """Most that it took beyond what was taken before."""


class _TimeUp(BaseException):
    """Not an Exception, so that nothing on the way takes it for a foreign parser's whim."""


def run_case(target: Target, case: bytes, bounds: Bounds) -> Ending:
    """Return how ``case`` ends."""
    before = _memory("VmRSS")
    if _memory("VmHWM") > before + 20:
        _forget_peak()
    started = process_time()
    try:
        with _limited(bounds.cpu_seconds):
            target.run(case)
        ending = Ending("ok", failed=False)
    except AntinError as error:
        ending = _judged(error)
    except _TimeUp:
        ending = Ending("time", failed=True, detail=traceback.format_exc())
    except BaseException:  # noqa: BLE001 — whatever it is, it should not have come out
        ending = Ending("exception", failed=True, detail=traceback.format_exc())
    cpu, grown = process_time() - started, _memory("VmHWM") - before
    if grown > 50:
        gc.collect()
    return _within(ending, cpu, grown, bounds)


def signature(detail: str) -> str:
    """Return the error and the innermost frames of a traceback: the same for the same fault."""
    frames = [f"{place}:{name}" for place, name in _FRAME.findall(detail)]
    kind = detail.strip().splitlines()[-1].partition(":")[0] if detail.strip() else ""
    ours = [frame for frame in frames if "fuzz/" not in frame]
    return f"{kind} in {' < '.join(reversed(ours[-3:]))}"


def limit_address_space() -> None:
    """Keep this process from taking so much memory that others suffer."""
    with contextlib.suppress(ValueError):
        most = (_memory("VmSize") << 20) + _ADDRESS_SPACE
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _judged(error: AntinError) -> Ending:
    if isinstance(error, DefectError) or error.code not in CODES:
        return Ending("exception", failed=True, detail=traceback.format_exc())
    told = str(error).encode()  # it must be printable, whatever letters strangers put into it
    if len(told) > 10_000:
        return Ending("exception", failed=True, detail=f"{error.code} tells too much")
    return Ending(error.code, failed=False)


def _within(ending: Ending, cpu: float, grown: int, bounds: Bounds) -> Ending:
    if not ending.failed and cpu > bounds.cpu_seconds:
        ending = Ending("time", failed=True, detail=f"time: {cpu:.1f} s, then {ending.outcome}")
    if not ending.failed and grown > bounds.memory_mb:
        ending = Ending("memory", failed=True, detail=f"memory: {grown} MB, then {ending.outcome}")
    return Ending(ending.outcome, ending.failed, ending.detail, round(cpu, 3), grown)


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def up(number: int, frame: FrameType | None) -> None:
        raise _TimeUp

    signal.signal(signal.SIGPROF, up)
    # Again and again: whoever swallows the first one meets the next.
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _memory(field: str) -> int:
    """Return a line of this process's status, in MB."""
    text = Path("/proc/self/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) >> 10 if found else 0


def _forget_peak() -> None:
    with contextlib.suppress(OSError):  # where the kernel can't, peaks of earlier cases remain
        Path("/proc/self/clear_refs").write_text("5")
