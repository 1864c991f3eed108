"""A key's use is guarded: for what, for which agency, how many times a minute."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from antin.core.errors import RefusedError
from antin.hsm.key import SigningKey
from antin.pki.algorithms import SignatureAlgorithm

Purpose = Literal["sign", "seal", "checkpoint"]
_MINUTE: Final = 60.0


@dataclass(frozen=True)
class Rule:
    """What a credential is for."""

    credential: str
    agency: str | None = None
    """Code of the agency whose seal it is; it seals for this one and does nothing else."""
    checkpoints: bool = False
    """Whether it is the ledger's own key, which signs nothing else."""
    per_minute: int = 6000

    def require(self, purpose: Purpose, agency: str | None = None) -> None:
        """Raise ``key_use_refused`` for any other use than the one it is for."""
        if self.agency is not None and (purpose, agency) != ("seal", self.agency):
            raise self._refused(f"it is the seal of {self.agency}")
        if self.agency is None and purpose == "seal":
            raise self._refused("it is nobody's seal")
        if self.checkpoints and purpose != "checkpoint":
            raise self._refused("it signs the ledger's checkpoints")

    def _refused(self, detail: str) -> RefusedError:
        return RefusedError("key_use_refused", credential=self.credential, detail=detail)


@dataclass(frozen=True)
class Uses:
    """How often a credential was used, and was to be used, since the process started."""

    credential: str
    signed: int
    failed: int
    refused: int


class Guard:
    """Counts one credential's uses in this process; ``clock`` gives monotonic seconds."""

    def __init__(self, rule: Rule, clock: Callable[[], float]) -> None:
        self.rule = rule
        self._clock = clock
        self._recent: deque[float] = deque()
        self._signed = self._failed = self._refused = 0
        self._lock = threading.Lock()

    @property
    def uses(self) -> Uses:
        """The counts so far."""
        return Uses(self.rule.credential, self._signed, self._failed, self._refused)

    def use(self, sign: Callable[[bytes], bytes], data: bytes) -> bytes:
        """Sign, unless that was done often enough in the last minute: ``key_rate_exceeded``.

        A try that failed counts as well: the key may have been used.
        """
        self._count()
        try:
            value = sign(data)
        except BaseException:  # even Ctrl-C: the key may have been used
            with self._lock:
                self._failed += 1
            raise
        with self._lock:
            self._signed += 1
        return value

    def _count(self) -> None:
        now = self._clock()
        with self._lock:
            while self._recent and self._recent[0] <= now - _MINUTE:
                self._recent.popleft()
            if len(self._recent) >= self.rule.per_minute:
                self._refused += 1
                raise RefusedError(
                    "key_rate_exceeded",
                    credential=self.rule.credential,
                    limit=self.rule.per_minute,
                )
            self._recent.append(now)

    def note_refusal(self) -> None:
        """Count a use that the rule refused."""
        with self._lock:
            self._refused += 1


class GuardedKey:
    """A :class:`~antin.hsm.key.SigningKey` behind its guard."""

    def __init__(self, key: SigningKey, guard: Guard) -> None:
        self._key = key
        self._guard = guard

    @property
    def certificate(self) -> bytes | None:
        return self._key.certificate

    @property
    def public_key(self) -> bytes:
        return self._key.public_key

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return self._key.algorithm

    def sign(self, data: bytes) -> bytes:
        return self._guard.use(self._key.sign, data)
