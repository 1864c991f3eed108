"""PINs by provider: asked for when needed, held by nobody longer than a login takes."""

import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from antin.core.errors import KeyDeviceError

PinProvider = Callable[[], str]
"""Returns the PIN; raises ``pin_missing``. What it returns is never stored, logged or shown."""

_LONGEST_PIN: Final = 256
_log: Final = logging.getLogger(__name__)


def pin_from_file(token: str, path: Path) -> PinProvider:
    """Return a provider that reads the first line of the file at ``path`` each time.

    A file that others may read is used, with a warning in the log.
    """

    def provide() -> str:
        try:
            with path.open(encoding="utf-8") as file:
                readable = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
                text = file.readline(_LONGEST_PIN)
        except (OSError, UnicodeDecodeError) as error:
            raise KeyDeviceError("pin_missing", token=token, path=str(path)) from error
        if readable:
            _log.warning("others can read the PIN file %s: chmod 600", path)
        return _present(token, text.rstrip("\r\n"))

    return provide


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


def _present(token: str, text: str) -> str:
    if not text:
        raise KeyDeviceError("pin_missing", token=token)
    return text
