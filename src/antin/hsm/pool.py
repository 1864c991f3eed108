"""A bounded number of sessions that threads take turns with."""

import threading
import time
from collections.abc import Callable

from antin.core.errors import KeyDeviceError
from antin.hsm.cryptoki import CryptokiError
from antin.hsm.session import Session


class SessionPool:
    """Opens sessions as they are wanted, at most ``most``; a token may allow fewer."""

    def __init__(self, open_session: Callable[[], Session], most: int, token: str) -> None:
        self._open = open_session
        self._most = most
        self._token = token
        self._idle: list[Session] = []
        self._count = 0
        self._closed = False
        self._condition = threading.Condition()

    def take(self, seconds: float) -> Session:
        """Return a session that nobody else has. Errors: ``token_timeout``, ``CryptokiError``."""
        until = time.monotonic() + seconds
        while True:
            with self._condition:
                if not self._condition.wait_for(self._available, until - time.monotonic()):
                    raise KeyDeviceError("token_timeout", token=self._token, seconds=int(seconds))
                if self._idle:
                    return self._idle.pop()
                self._count += 1
            try:
                return self._open()
            except CryptokiError as error:
                if not self._fewer(error):
                    raise

    def _available(self) -> bool:
        return bool(self._idle) or self._count < self._most

    def _fewer(self, error: CryptokiError) -> bool:
        """Take note that no session came; True if the token just has no more of them."""
        with self._condition:
            self._count -= 1
            self._condition.notify()
            if error.name != "CKR_SESSION_COUNT" or self._count == 0:
                return False
            self._most = self._count
            return True

    def give_back(self, session: Session) -> None:
        """Let others have ``session``."""
        with self._condition:
            if not self._closed:
                self._idle.append(session)
                self._condition.notify()
                return
        # Somebody may have waited since before it was closed, and gets one of their own.
        self.discard(session)

    def discard(self, session: Session) -> None:
        """Close ``session``: after an error an operation may be left active in it for good."""
        session.close()
        with self._condition:
            self._count -= 1
            self._condition.notify()

    def close(self) -> None:
        """Close what nobody has; the rest is closed when it comes back."""
        with self._condition:
            self._closed = True
            idle, self._idle = self._idle, []
            self._count -= len(idle)
        for session in idle:
            session.close()
