"""The one HTTP client for time-stamps, CRLs, OCSP and issuers' certificates.

Bounded in bytes and in total time, heeds no proxy of the environment, speaks to public addresses
only (see :mod:`antin.infra.addresses`), at every step of a redirect.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import httpx2
import tenacity

from antin.core.errors import RefusedError, UnavailableError
from antin.infra.addresses import is_listed, resolve_within
from antin.infra.circuit_breaker import CircuitBreakers
from antin.infra.exchange import SLOW, Answer, ExchangeError, Question, exchange, new_client

MOST_SECONDS: Final = 20.0
_FAIR_SECONDS: Final = 1.0
"""In less than that nobody need have answered."""
_ATTEMPTS: Final = 3
_MOST_REDIRECTS: Final = 3
_JITTER: Final = tenacity.wait_random_exponential(multiplier=0.2, max=2)


@dataclass(frozen=True)
class Pace:
    """How time passes; tests have their own."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Fetcher:
    """How strangers' servers are spoken to; safe to share between threads."""

    allowed_private: frozenset[str] = frozenset()
    """Lower-case ``host`` or ``host:port`` whose private or loopback addresses are wanted."""
    seconds: float = MOST_SECONDS
    """For all of it, from finding the address to the last byte of the last attempt."""
    pace: Pace = field(default_factory=Pace, repr=False)
    _client: httpx2.Client = field(default_factory=new_client, repr=False)
    _breakers: CircuitBreakers = field(default_factory=CircuitBreakers, repr=False)

    @classmethod
    def paced(cls, pace: Pace, allowed_private: frozenset[str], seconds: float) -> "Fetcher":
        """Return a fetcher for which time passes as ``pace`` says."""
        breakers = CircuitBreakers(pace.monotonic)
        return cls(allowed_private, seconds, pace, _breakers=breakers)

    def get(self, url: str, *, limit: int, seconds: float | None = None) -> bytes:
        """Return the body at ``url``, at most ``limit`` bytes.

        Errors: ``fetch_failed``; ``address_forbidden`` for a scheme or host that is not spoken to.
        """
        return self._fetch(url, Question("GET", _parse(url), limit), seconds).body

    def post(
        self, url: str, body: bytes, content_type: str, *, limit: int, seconds: float | None = None
    ) -> bytes:
        """Return the answer to a POST of ``body``; errors as :meth:`get`.

        Only for what may be sent twice without harm.
        """
        asked = Question("POST", _parse(url), limit, body, content_type)
        return self._fetch(url, asked, seconds).body

    def converse(
        self, url: str, body: bytes, *, limit: int, heard: frozenset[int], seconds: float
    ) -> Answer:
        """Return the answer to a POST of text, of any status in ``heard``; errors as :meth:`get`.

        Only for what may be sent twice without harm.
        """
        asked = Question("POST", _parse(url), limit, body, "text/plain; charset=utf-8", heard)
        return self._fetch(url, asked, seconds)

    def _fetch(self, url: str, asked: Question, seconds: float | None) -> Answer:
        until = self.pace.monotonic() + min(self.seconds, seconds or self.seconds)
        allowed = self.allowed_private
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                answer = self._ask_server(asked, allowed, until)
                if answer.location is None:
                    return answer
                allowed = self._allowed_from(asked.url)
                asked = replace(asked, url=_redirected(asked.url, answer.location))
        except ExchangeError as error:
            raise UnavailableError("fetch_failed", url=shown(url), detail=error.detail) from error
        detail = f"it sends us elsewhere more than {_MOST_REDIRECTS} times"
        raise UnavailableError("fetch_failed", url=shown(url), detail=detail)

    def _allowed_from(self, url: httpx2.URL) -> frozenset[str]:
        """Return the private hosts that ``url`` may send us to: a stranger's none."""
        listed = is_listed(_host(url), _port(url), self.allowed_private)
        return self.allowed_private if listed else frozenset()

    def _ask_server(self, asked: Question, allowed: frozenset[str], until: float) -> Answer:
        """Ask one server, unless it is being left alone; remember how it went."""
        server = f"{_host(asked.url)}:{_port(asked.url)}"
        rest = self._breakers.rests_for(server)
        if rest:
            raise ExchangeError(f"it failed repeatedly and is left alone for {rest:.0f} s")
        # Who gets what others left of the time is not to blame for being late.
        is_fair = until - self.pace.monotonic() >= _FAIR_SECONDS
        try:
            answer = self._persist(asked, allowed, until)
        except ExchangeError as error:
            if is_fair or not error.late:
                self._note(server, alive=not error.down)
            raise
        self._note(server, alive=True)
        return answer

    def _persist(self, asked: Question, allowed: frozenset[str], until: float) -> Answer:
        """Ask again, after a random while, where that may help and time is left."""

        def enough(state: tenacity.RetryCallState) -> bool:
            late = self.pace.monotonic() + state.upcoming_sleep >= until
            return late or state.attempt_number >= _ATTEMPTS

        retrying = tenacity.Retrying(
            sleep=self.pace.sleep,
            stop=enough,
            wait=_JITTER,
            retry=tenacity.retry_if_exception(_is_passing),
            reraise=True,
        )
        return retrying(self._ask_addresses, asked, allowed, until)

    def _note(self, server: str, *, alive: bool) -> None:
        if alive:
            self._breakers.answered(server)
        else:
            self._breakers.failed(server)

    def _ask_addresses(self, asked: Question, allowed: frozenset[str], until: float) -> Answer:
        """Ask the addresses of the name, in turn, until one can be reached."""
        failure = ExchangeError("its name has no address", down=True)
        addresses = _addresses(asked.url, allowed, until - self.pace.monotonic())
        for number, address in enumerate(addresses):
            left = until - self.pace.monotonic()
            if left <= 0:
                raise ExchangeError(SLOW, down=True, late=True)
            # One that swallows everything leaves time for those behind it.
            times = httpx2.Timeout(left, connect=left / (len(addresses) - number))
            try:
                return exchange(self._client, asked, address, times)
            except ExchangeError as error:
                if not error.unreached:
                    raise
                failure = error
        raise failure


def shown(url: str) -> str:
    """Return ``url`` for messages: without credentials, query and fragment, at most 200 letters."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, TypeError):
        return "(not a URL)"
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii', 'replace')}{parsed.path}"[:200]


def _parse(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, TypeError) as error:
        raise UnavailableError("fetch_failed", url=shown(url), detail="it is no URL") from error
    _require_spoken(parsed)
    return parsed


def _require_spoken(url: httpx2.URL) -> None:
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        raise RefusedError("address_forbidden", host=shown(str(url)))


def _redirected(url: httpx2.URL, location: str) -> httpx2.URL:
    try:
        target = url.join(location)
    except (httpx2.InvalidURL, ValueError, TypeError) as error:
        raise ExchangeError("it sends us to what is no URL") from error
    _require_spoken(target)
    if url.scheme == "https" and target.scheme != "https":
        raise ExchangeError("it sends us from an encrypted connection to an open one")
    return target


def _host(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii", "replace")


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _addresses(url: httpx2.URL, allowed: frozenset[str], seconds: float) -> tuple[str, ...]:
    try:
        return resolve_within(seconds, _host(url), _port(url), allowed)
    except UnavailableError as error:
        raise ExchangeError(
            str(error.values["detail"]), down=True, late=seconds < _FAIR_SECONDS
        ) from error


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, ExchangeError) and error.passing
