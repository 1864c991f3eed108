"""PINs by provider: asked for when needed, held by nobody longer than a login takes."""

import logging
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from antin.core.errors import KeyDeviceError

PinProvider = Callable[[], str]
"""Returns the PIN; raises ``pin_missing``. What it returns is never stored, logged or shown."""

_LONGEST_PIN: Final = 256
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class FilePin:
    """A provider that reads the first line of a file each time.

    A file that others may read is used, with a warning in the log.
    """

    token: str
    path: Path

    def __call__(self) -> str:
        try:
            with self.path.open("rb") as file:
                readable = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
                line = file.readline(_LONGEST_PIN)
        except OSError as error:
            raise self._missing() from error
        if readable:
            _log.warning("others can read the PIN file %s: chmod 600", self.path)
        return _present(self.token, line.decode(errors="surrogateescape").rstrip("\r\n"))

    def state(self) -> str:
        """Return what changes whenever the file is written, and tells nothing of the PIN.

        Error: ``pin_missing``.
        """
        try:
            found = self.path.stat()
        except OSError as error:
            raise self._missing() from error
        return f"{found.st_dev}:{found.st_ino}:{found.st_mtime_ns}:{found.st_ctime_ns}"

    def _missing(self) -> KeyDeviceError:
        return KeyDeviceError("pin_missing", token=self.token, path=str(self.path))


def pin_from_file(token: str, path: Path) -> PinProvider:
    """Return a provider that reads the first line of the file at ``path`` each time."""
    return FilePin(token, path)


def insecure_pin_from_environment(token: str, variable: str) -> PinProvider:
    """Return a provider that reads an environment variable: for development only.

    Every process of the same user can read another's environment.
    """

    def provide() -> str:
        return _present(token, os.environ.get(variable, ""))

    return provide


def pin_from_prompt(token: str, ask: Callable[[str], str]) -> PinProvider:
    """Return a provider that has ``ask`` ask the person at the terminal for the token's PIN."""

    def provide() -> str:
        return _present(token, ask(token))

    return provide


@dataclass(frozen=True)
class DeliberatePin:
    """A PIN that a person types in full knowledge of the risk: the only one for a last try.

    A login with it that succeeds ends the stop of its token.
    """

    token: str
    ask: Callable[[str], str] = field(repr=False)
    file: FilePin | None = None
    """Where it comes from a file after all: one that was refused stays refused."""

    def __call__(self) -> str:
        return _present(self.token, self.ask(self.token))


def _present(token: str, text: str) -> str:
    # What is no UTF-8 is no PIN; an error of its decoding would bear the bytes along.
    if not text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise KeyDeviceError("pin_missing", token=token)
    return text
