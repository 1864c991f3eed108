"""Time-stamps from whichever authority gives a right one first.

Each answer is checked fully before it is used: imprint, nonce, policy, signature, time, path. Who
lies is not asked again, but the next one is; both are logged.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import structlog

from antin.core.clock import Clock, SystemClock
from antin.core.errors import AntinError, RefusedError, UnavailableError
from antin.infra.fetch import Fetcher, Pace, shown
from antin.infra.tsa_http import MOST_SECONDS, HttpTimestampService
from antin.pki.fetching import RevocationService
from antin.pki.needed import MAX_SECONDS, gather
from antin.pki.statement import CLOCK_SKEW
from antin.pki.timestamp_trust import Between, check_authority, check_time
from antin.pki.timestamps import TimestampFacts, check_response, under_policy
from antin.pki.trust import TrustMaterial

_log: Final = structlog.get_logger("antin.timestamps")


@dataclass(frozen=True)
class Authority:
    """A time-stamping authority, as the settings name it."""

    url: str
    policy: str | None = None
    """OID that its tokens are to be made under; asked for, and required."""
    seconds: float = 20.0
    """For its answer; what is left of the time for all may be less."""


@dataclass(frozen=True)
class Patience:
    """How long somebody who needs a time-stamp waits."""

    seconds: float = 60.0
    """In all, for the answers of all authorities."""
    each: float | None = None
    """For one authority, instead of its own setting."""

    def of(self, authority: Authority) -> float:
        """Return how long ``authority`` may take."""
        return authority.seconds if self.each is None else self.each


PATIENT: Final = Patience(240.0, MOST_SECONDS)
"""For a job that nobody waits for; less than its lease of ten minutes."""


@dataclass(frozen=True)
class Believed:
    """What answers are checked with."""

    trust: TrustMaterial
    revocation: RevocationService | None = None
    """None: what is known of an authority's revocation stands in the trust."""
    clock: Clock = field(default_factory=SystemClock)
    tolerance: timedelta = CLOCK_SKEW
    """How far an authority's clock and ours may differ."""


class TimestampAuthorities:
    """Implements :class:`antin.pki.fetching.TimestampService`; safe to share between threads."""

    def __init__(
        self,
        authorities: tuple[Authority, ...],
        believed: Believed,
        *,
        allowed_private: frozenset[str] = frozenset(),
        patience: Patience | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._believed = believed
        self._patience = patience or Patience()
        self._pace = pace or Pace()
        fetcher = Fetcher.paced(self._pace, allowed_private, self._patience.seconds)
        self._services = tuple(
            (one, HttpTimestampService(one.url, seconds=self._patience.of(one), fetcher=fetcher))
            for one in authorities
        )

    def request(self, query: bytes) -> bytes:
        """Return the first answer that was found right.

        Besides the port's errors: ``timestamp_wrong``, ``timestamp_refused`` when every authority
        that could be reached failed so; ``address_forbidden``.
        """
        until = self._pace.monotonic() + self._patience.seconds
        failures: list[AntinError] = []
        for authority, service in self._services:
            if self._pace.monotonic() >= until:
                failures.append(_too_late(authority))
                break
            try:
                return self._ask(authority, service, query, until)
            except (UnavailableError, RefusedError) as error:
                failures.append(error)
                _log_failure(authority, error)
        raise _all_failed(failures)

    def _ask(
        self, authority: Authority, service: HttpTimestampService, query: bytes, until: float
    ) -> bytes:
        sent = query if authority.policy is None else under_policy(query, authority.policy)
        asked = self._believed.clock.now()
        answer = service.request(sent, until - self._pace.monotonic())
        between = Between(asked, self._believed.clock.now(), self._believed.tolerance)
        # 1. It answers what was sent, and holds by itself.
        facts = check_response(sent, answer)
        # 2. It tells the time of asking.
        check_time(facts, between)
        # 3. Its authority is one of those that are believed, and not revoked.
        check_authority(facts, self._trust_for(facts, until), between.answered)
        _log.info(
            "timestamp_given",
            authority=shown(authority.url),
            serial=str(facts.serial),
            policy=facts.policy,
            seconds=round((between.answered - asked).total_seconds(), 3),
        )
        return answer

    def _trust_for(self, facts: TimestampFacts, until: float) -> TrustMaterial:
        """Return the trust with what can be learnt of the authority in time, and of nobody else."""
        trust, revocation = self._believed.trust, self._believed.revocation
        if revocation is None:
            return trust
        # What a token brings along may complete a path; it is not asked about for its own sake.
        wider = replace(trust, intermediates=(*trust.intermediates, *facts.certificates))
        left = min(until - self._pace.monotonic(), MAX_SECONDS)
        data = gather(
            revocation, (facts.authority.der,), wider, prefer=facts.gen_time, seconds=left
        )
        return trust.with_revocation(data)


def _too_late(authority: Authority) -> AntinError:
    detail = "the time for all services was spent on those before it"
    return UnavailableError("timestamp_unavailable", url=shown(authority.url), detail=detail)


def _log_failure(authority: Authority, error: AntinError) -> None:
    _log.warning(
        "timestamp_authority_failed",
        authority=shown(authority.url),
        code=error.code,
        detail=str(error.values.get("detail", "")),
    )


def _all_failed(failures: list[AntinError]) -> AntinError:
    """Return the error of one; of several the one that says most: a lie above a silence.

    But while one of them could not be reached, another time may bring a time-stamp.
    """
    if not failures:
        return UnavailableError("timestamp_not_configured")
    if len(failures) == 1:
        return failures[0]
    told = "; ".join(error.detail.rstrip(".") for error in failures)
    codes = {error.code for error in failures}
    for code in ("timestamp_wrong", "timestamp_refused"):
        if code in codes and codes <= {"timestamp_wrong", "timestamp_refused"}:
            return RefusedError(code, detail=told)
    return UnavailableError("timestamp_unavailable", url=f"(any of {len(failures)})", detail=told)
