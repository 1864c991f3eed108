"""Which state of a PIN file a token refused, shared by all processes of an installation.

A wrong PIN in a file would otherwise be tried by every process, and again after each restart,
until the token is locked. A file that was written anew may be tried again.
"""

import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from antin.core.errors import KeyDeviceError, UnavailableError
from antin.hsm.pins import FilePin

_MOST_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.02
_TRYING: Final = "trying "
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusals:
    """What is known of one PIN file before one token, while the lock is held."""

    file: IO[str]
    pin: FilePin
    state: str

    def stands(self, *, low: bool) -> bool:
        """Tell whether the file as it is now was refused.

        One whose answer never came counts as refused where a try is missing (``low``).
        """
        known = _read(self.file).get(self._name)
        return known == self.state or (low and known == _TRYING + self.state)

    def trying(self) -> None:
        """Note that the file as it is now is going to be tried."""
        self._note(_TRYING + self.state)

    def add(self) -> None:
        """Remember that the file as it is now was refused."""
        self._note(self.state)

    def over(self) -> None:
        """Forget about the file: the token took what is in it, or never saw it."""
        self._note(None)

    def _note(self, state: str | None) -> None:
        known = {k: v for k, v in _read(self.file).items() if k != self._name}
        if state is not None:
            known[self._name] = state
        try:
            # Past the buffer, which would try once more when the file is closed.
            os.ftruncate(self.file.fileno(), 0)
            os.write(self.file.fileno(), json.dumps(known).encode())
        except OSError as error:
            # A full disk keeps nobody from signing; this process remembers by itself.
            _log.error("cannot note which PIN files were refused: %s", error.strerror)

    @property
    def _name(self) -> str:
        """The file itself, however it was called: a relative path or a link is the same one."""
        return str(self.pin.path.resolve())


class RefusedFiles:
    """A folder with one small file for each token."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def of(self, serial: str, pin: FilePin) -> Iterator[Refusals]:
        """Give what is known; no other process logs in to this token from a file meanwhile.

        Errors: ``token_timeout``, ``storage_full``, ``pin_missing``.
        """
        name = hashlib.sha256(serial.encode()).hexdigest()[:16]
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = (self._folder / name).open("a+", encoding="utf-8")
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error)) from error
        with file:
            _lock(file, pin.token)
            yield Refusals(file, pin, pin.state())


def _lock(file: IO[str], token: str) -> None:
    import fcntl  # not on Windows, where only an officer's own PC signs

    until = time.monotonic() + _MOST_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise KeyDeviceError(
                    "token_timeout", token=token, seconds=int(_MOST_SECONDS)
                ) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _read(file: IO[str]) -> dict[str, str]:
    file.seek(0)
    try:
        known = json.load(file)
    except ValueError:  # new, or cut off by a crash
        return {}
    return known if isinstance(known, dict) else {}
