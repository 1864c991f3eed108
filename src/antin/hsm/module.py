"""PKCS#11 modules: loaded once per process, started again when nothing else brings a token back."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from antin.core.errors import DefectError, KeyDeviceError
from antin.hsm.cryptoki import Cryptoki, CryptokiError

_MOST_SECONDS: Final = 30.0
"""How long a restart waits for calls under way, and a call for a restart."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two restarts that did not help: every session of the process dies by one."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A module as it was initialised once; sessions and handles are good for this one only."""

    cryptoki: Cryptoki
    softhsm_configuration: str | None


class Module:
    """One module of this process. Everything that calls it does so inside :meth:`used`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process = os.getpid()
        self._loaded: Loaded | None = None
        self._worked = False
        self._users = 0
        self._changing = False
        self._pause = _FIRST_PAUSE
        self._not_before = 0.0
        self._condition = threading.Condition()

    @contextmanager
    def used(self) -> Iterator[Loaded]:
        """Keep the module loaded meanwhile; loads it at first. Never nested in one thread.

        A changed SOFTHSM2_CONF loads it again, since SoftHSM reads that once.
        Errors: ``pkcs11_module_missing``, ``pkcs11_module_broken``, ``token_timeout``.
        """
        if self._process != os.getpid():
            # PKCS#11 v2.40 §6.7: a child may not use what its parent initialised.
            raise DefectError("defect", detail="a PKCS#11 module was loaded before a fork")
        with self._condition:
            self._wait(lambda: not self._changing)
            configuration = os.environ.get("SOFTHSM2_CONF")
            if self._loaded is None or self._loaded.softhsm_configuration != configuration:
                self._load()
            loaded = self._loaded
            assert loaded is not None  # noqa: S101 — _load raises or sets it
            self._users += 1
        try:
            yield loaded
        finally:
            with self._condition:
                self._users -= 1
                self._condition.notify_all()

    def restart(self, failed: Loaded) -> None:
        """Start again, unless that happened since ``failed``; not at once if it was just done.

        Called outside :meth:`used`; waits until nobody is inside. Errors as :meth:`used`.
        """
        with self._condition:
            self._wait(lambda: not self._changing)
            rest = self._not_before - time.monotonic()
            if self._condition.wait_for(lambda: self._loaded is not failed, max(0.0, rest)):
                return
            self._wait(lambda: not self._changing)
            if self._loaded is not failed:
                return
            self._not_before = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._load()

    def works(self) -> None:
        """Note a success: the next restart need not wait long."""
        self._pause, self._not_before = _FIRST_PAUSE, 0.0

    def _load(self) -> None:
        self._changing = True
        try:
            self._wait(lambda: self._users == 0)
            if self._loaded is not None:
                self._end(self._loaded)
            try:
                self._loaded = _loaded(self.path)
            except KeyDeviceError as error:
                if not self._worked or error.values.get("rv") is None:
                    raise
                # It is a good module: what it stands for is away.
                raise KeyDeviceError(
                    "session_lost", token=self.path.name, rv=error.values["rv"]
                ) from error
            self._worked = True
        finally:
            self._changing = False
            self._condition.notify_all()

    def _end(self, loaded: Loaded) -> None:
        self._loaded = None
        try:
            loaded.cryptoki.finalize()
        except CryptokiError:  # its device is gone, which is why it is ended
            return

    def _wait(self, until: Callable[[], bool]) -> None:
        if not self._condition.wait_for(until, _MOST_SECONDS):
            raise KeyDeviceError("token_timeout", token=self.path.name, seconds=int(_MOST_SECONDS))


def _loaded(path: Path) -> Loaded:
    if not path.is_file():
        raise KeyDeviceError("pkcs11_module_missing", module=str(path))
    configuration = os.environ.get("SOFTHSM2_CONF")
    try:
        cryptoki = Cryptoki(path)
        cryptoki.initialize()
    except CryptokiError as error:
        raise _broken(path, error, error.name) from error
    except (OSError, AttributeError) as error:
        raise _broken(path, error, None) from error
    return Loaded(cryptoki, configuration)


def _broken(path: Path, error: Exception, value: str | None) -> KeyDeviceError:
    return KeyDeviceError("pkcs11_module_broken", module=str(path), detail=str(error), rv=value)


_lock: Final = threading.Lock()
_modules: Final[dict[Path, Module]] = {}


def module_at(path: Path) -> Module:
    """Return this process's one object for the module at ``path``; nothing is loaded yet."""
    path = path.resolve()  # one library behind two names is still initialised only once
    with _lock:
        return _modules.setdefault(path, Module(path))
