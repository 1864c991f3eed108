"""One key on several tokens: the next one signs when the one before is not there."""

import logging
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from antin.core.errors import KeyDeviceError, RefusedError
from antin.hsm.key import SigningKey
from antin.hsm.return_codes import wants_fresh_start
from antin.pki.algorithms import SignatureAlgorithm

_T = TypeVar("_T")
_ELSEWHERE: Final = frozenset(
    {"token_not_found", "session_lost", "token_timeout", "key_process_died", "pkcs11_module_broken"}
)
"""No signature came out of what failed so, and none will. A wrong PIN, a locked token or a
signature that does not fit are things to look at, not to go round."""
_log: Final = logging.getLogger(__name__)


class FailoverKey:
    """A :class:`~antin.hsm.key.SigningKey`; ``places`` open the same key, the first one first."""

    def __init__(self, name: str, places: tuple[Callable[[], SigningKey], ...]) -> None:
        self._name = name
        self._places = places
        self._opened: dict[int, SigningKey] = {}
        self._lock = threading.Lock()
        self._switched = 0
        self._first = self._on_any(lambda key: key)

    @property
    def switched(self) -> int:
        """How often another token than the first was turned to."""
        return self._switched

    @property
    def certificate(self) -> bytes | None:
        return self._first.certificate

    @property
    def public_key(self) -> bytes:
        return self._first.public_key

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return self._first.algorithm

    def sign(self, data: bytes) -> bytes:
        return self._on_any(lambda key: key.sign(data))

    def _on_any(self, work: Callable[[SigningKey], _T]) -> _T:
        for number in range(len(self._places) - 1):
            try:
                return work(self._key(number))
            except KeyDeviceError as error:
                if not _may_go_on(error):
                    raise
                self._note(number, error)
        return work(self._key(len(self._places) - 1))

    def _key(self, number: int) -> SigningKey:
        known = self._opened.get(number)
        if known is not None:  # also while another one is being opened, which may take long
            return known
        with self._lock:
            if number not in self._opened:
                self._opened[number] = self._same(self._places[number]())
            return self._opened[number]

    def _same(self, key: SigningKey) -> SigningKey:
        """Return ``key`` if it is the one that is meant: same key pair, same way of signing."""
        for known in self._opened.values():
            if (known.public_key, known.algorithm) != (key.public_key, key.algorithm):
                raise RefusedError(
                    "key_use_refused", credential=self._name, detail="its tokens hold several keys"
                )
        return key

    def _note(self, number: int, error: KeyDeviceError) -> None:
        with self._lock:
            self._switched += 1
        _log.warning("key %s: token %d of it failed (%s)", self._name, number + 1, error.code)


def _may_go_on(error: KeyDeviceError) -> bool:
    return error.code in _ELSEWHERE or wants_fresh_start(error)
