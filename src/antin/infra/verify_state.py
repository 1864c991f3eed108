"""What a run over many files has done so far: a file that lets an interrupted run go on.

Verifying keeps conclusions, signing what was signed.

A line for each result, after one that says whose run it is. Each line begins with a digest of
itself, so that damage shows; nothing shows that somebody wrote the file on purpose: keep it like
the reports.
"""

import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from antin.core.errors import ConflictError, InputError, UnavailableError

_VERSION: Final = "antin-verify-state/1"
_MARK: Final = 16
"""Hex digits of its own digest that begin a line."""
_LONGEST_LINE: Final = 128 << 20
_SYNC_SECONDS: Final = 0.5
CONCLUSIONS: Final = frozenset(
    {"TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE", "NO-SIGNATURE", "UNREADABLE"}
)


SIGNED: Final = "SIGNED"
"""The only conclusion, where files are signed."""


@dataclass(frozen=True)
class Result:
    """What is kept of a file: what it was, and what became of it."""

    name: str
    size: int
    changed: int
    """When it was last written (nanoseconds since 1970)."""
    sha256: str
    conclusion: str
    line: str
    written: str
    """The report, where it is a line of text or JSON; else the digest of the document (hex).

    Of a file that was signed: the digest of what was made, and ``line`` the codes of warnings.
    """


@dataclass(frozen=True)
class _Place:
    offset: int
    length: int


class RunState:
    """An open state file; a context manager. Only one run uses it at a time.

    Errors when it is opened: ``state_in_use``; ``state_malformed``; ``state_of_another_run`` where
    ``question`` (hex) or ``at`` is not what the run was begun with; ``storage_full``.
    """

    def __init__(
        self,
        path: Path,
        question: str,
        at: datetime | None,
        kinds: frozenset[str] = CONCLUSIONS,
    ) -> None:
        """Open ``path`` or begin it; ``at`` None: the time that the run began with, or now.

        ``kinds`` are the conclusions that there can be.
        """
        self._path, self._kinds = path, kinds
        self._places: dict[bytes, _Place] = {}
        self._synced = time.monotonic()
        self._fd = _opened(path)
        try:
            # A named pipe, say, or /dev/null keeps nothing.
            if not stat.S_ISREG(os.fstat(self._fd).st_mode):
                raise _malformed(f"{path} is no regular file")
            _lock(self._fd, path)
            self.at = self._read(question, at)
        except OSError as error:  # a share that knows no locks, say, or a disk that fails
            os.close(self._fd)
            raise _malformed(f"{path}: {error.strerror}") from error
        except BaseException:  # the lock goes with the file
            os.close(self._fd)
            raise

    def __len__(self) -> int:
        return len(self._places)

    def find(self, name: str, size: int, changed: int) -> Result | None:
        """Return what is kept of the file ``name``, unless its size or date is another now.

        Whether its content is the same, the caller has to see. Error: ``state_malformed``.
        """
        place = self._places.get(_key(name))
        if place is None:
            return None
        found = self._result(_content(os.pread(self._fd, place.length, place.offset)))
        if found is None:
            raise _malformed(f"the result of {name} changed while it was in use")
        return found if (found.name, found.size, found.changed) == (name, size, changed) else None

    def add(self, result: Result) -> None:
        """Keep ``result``: at once for other programs, within half a second on the disk."""
        offset, length = self._write(vars(result))
        self._places[_key(result.name)] = _Place(offset, length)
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            self._sync()

    def _read(self, question: str, at: datetime | None) -> datetime:
        """Return the time as of which the run judges; drop a last line that was cut off."""
        if os.fstat(self._fd).st_size == 0:
            begun = at or datetime.now(UTC)
            self._write({"state": _VERSION, "question": question, "at": begun.isoformat()})
            self._sync()
            return begun
        # Closed whatever happens: a copy of the descriptor would hold the lock.
        with closing(self._lines()) as lines:
            _, head = next(lines)
            begun = _begun(_content(head), question, at)
            for number, (offset, line) in enumerate(lines, start=2):
                found = self._result(_content(line))
                if found is None:
                    raise _malformed(f"line {number} is damaged")
                self._places[_key(found.name)] = _Place(offset, len(line))
        return begun

    def _result(self, value: Any) -> Result | None:
        try:
            found = Result(**value)
        except TypeError:
            return None
        texts = (found.name, found.sha256, found.conclusion, found.line, found.written)
        numbers = (found.size, found.changed)
        sound = all(isinstance(one, str) for one in texts) and all(type(n) is int for n in numbers)
        return found if sound and found.conclusion in self._kinds else None

    def _lines(self) -> Generator[tuple[int, bytes], None, None]:
        """Yield offset and bytes of each whole line; what follows the last one is cut off."""
        offset = 0
        with os.fdopen(os.dup(self._fd), "rb") as file:
            file.seek(0)
            while line := file.readline(_LONGEST_LINE):
                if not line.endswith(b"\n"):
                    if len(line) == _LONGEST_LINE:
                        raise _malformed("a line is too long")
                    break
                yield offset, line
                offset += len(line)
        if offset == 0:
            raise _malformed("its first line is damaged")
        os.ftruncate(self._fd, offset)

    def _write(self, value: dict[str, Any]) -> tuple[int, int]:
        body = json.dumps(value, ensure_ascii=True).encode()
        line = hashlib.sha256(body).hexdigest()[:_MARK].encode() + b" " + body + b"\n"
        try:
            offset = os.lseek(self._fd, 0, os.SEEK_END)
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error
        return offset, len(line)

    def _sync(self) -> None:
        try:
            os.fsync(self._fd)
        except OSError as error:  # some disks tell only now that they are full
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error
        self._synced = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._sync()
        finally:
            os.close(self._fd)


def _opened(path: Path) -> int:
    try:
        # O_NONBLOCK: opening a named pipe would wait for its other end.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        return os.open(path, flags, 0o600)
    except OSError as error:
        raise _malformed(f"{path}: {error.strerror}") from error


def _lock(fd: int, path: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ConflictError("state_in_use", path=str(path)) from error


def _key(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogatepass")).digest()[:16]


def _content(line: bytes) -> Any:
    """Return the value of a line; None: it is damaged."""
    mark, _, body = line.rstrip(b"\n").partition(b" ")
    if mark != hashlib.sha256(body).hexdigest()[:_MARK].encode():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _begun(head: Any, question: str, at: datetime | None) -> datetime:
    if not isinstance(head, dict) or head.get("state") != _VERSION:
        raise _malformed("it is none of a verification")
    try:
        begun = datetime.fromisoformat(str(head.get("at")))
    except ValueError as error:
        raise _malformed("its first line is damaged") from error
    if begun.tzinfo is None:
        raise _malformed("its first line is damaged")
    if head.get("question") != question:
        detail = "trust, policy, options or version are not the same"
        raise ConflictError("state_of_another_run", detail=detail)
    if at is not None and at != begun:
        detail = f"it judges as of {begun.isoformat()}"
        raise ConflictError("state_of_another_run", detail=detail)
    return begun


def _malformed(detail: str) -> InputError:
    return InputError("state_malformed", detail=detail)
