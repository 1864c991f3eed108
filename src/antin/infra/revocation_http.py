"""CRLs, OCSP answers and issuers' certificates over HTTP (RFC 5280, RFC 6960 appendix A)."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from antin.core.clock import Clock, SystemClock
from antin.core.errors import AntinError, InputError, RefusedError, UnavailableError
from antin.core.limits import MAX_CERTIFICATE_BYTES, MAX_OCSP_BYTES, MAX_REVOCATION_BYTES
from antin.infra.fetch import MOST_SECONDS, Fetcher, shown
from antin.infra.kept_answers import Dates, Kept, KeptAnswers, ReadDates
from antin.infra.single_flight import SingleFlight
from antin.pki.crls import load_crl
from antin.pki.ocsp_answers import load_ocsp
from antin.pki.statement import CLOCK_SKEW

_MAX_ISSUERS_BYTES: Final = 10 * MAX_CERTIFICATE_BYTES
_OCSP_REQUEST: Final = "application/ocsp-request"
KEEP: Final = timedelta(minutes=10)
"""How long an answer is used without asking for a fresher one: that may revoke."""
_RETRY: Final = timedelta(minutes=1)
"""How long an answer that still may be used is used on, after a fresher one could not be had."""
_REFRESH_SECONDS: Final = 5.0
"""For a fresher answer, where one that may be used is at hand."""


class HttpRevocationService:
    """Implements :class:`antin.pki.fetching.RevocationService`; safe to share between threads.

    An answer is kept, in memory and in ``folder`` if there is one. For ``keep`` it is used as it
    is; then a fresher one is asked for, and it helps out until its nextUpdate if none can be had,
    but never longer. What names no nextUpdate, is from the future, or can't be read, is not kept.
    """

    def __init__(
        self,
        *,
        allowed_private: frozenset[str] = frozenset(),
        seconds: float = MOST_SECONDS,
        clock: Clock | None = None,
        keep: timedelta = KEEP,
        folder: Path | None = None,
    ) -> None:
        self._fetcher = Fetcher(allowed_private, seconds)
        self._clock = clock or SystemClock()
        self._keep = keep
        self._kept = KeptAnswers(folder)
        self._flights: SingleFlight[bytes] = SingleFlight()
        self._failed: dict[bytes, datetime] = {}

    def crl(self, url: str) -> bytes:
        def fetch(seconds: float | None) -> bytes:
            return self._fetcher.get(url, limit=MAX_REVOCATION_BYTES, seconds=seconds)

        return self._answer(_key(b"crl", url), url, fetch, _crl_dates)

    def ocsp(self, url: str, request: bytes) -> bytes:
        def fetch(seconds: float | None) -> bytes:
            limit = MAX_OCSP_BYTES
            return self._fetcher.post(url, request, _OCSP_REQUEST, limit=limit, seconds=seconds)

        return self._answer(_key(b"ocsp", url, request), url, fetch, _ocsp_dates)

    def certificates(self, url: str) -> bytes:
        def fetch(seconds: float | None) -> bytes:
            return self._fetcher.get(url, limit=_MAX_ISSUERS_BYTES, seconds=seconds)

        return self._answer(_key(b"certificates", url), url, fetch, self._certificates_dates)

    def _certificates_dates(self, _: bytes) -> Dates:
        now = self._clock.now()
        return Dates(now, now + self._keep)

    def forget(self, url: str, request: bytes = b"") -> None:
        """Do not give again what came from ``url`` (in answer to ``request``).

        What came a moment ago stays for that long: many may find the same CRL to be of no use.
        """
        questions = {
            _key(b"crl", url): _crl_dates,
            _key(b"ocsp", url, request): _ocsp_dates,
            _key(b"certificates", url): self._certificates_dates,
        }
        for key, dates in questions.items():
            kept = self._kept.get(key, dates)
            if kept is not None and abs(self._clock.now() - kept.fetched) >= _RETRY:
                self._kept.forget(key)

    def _answer(
        self, key: bytes, url: str, fetch: Callable[[float | None], bytes], dates: ReadDates
    ) -> bytes:
        kept = self._usable(key, dates)
        if kept is not None and self._is_fresh(key, kept):
            return kept.body
        return self._flights.run(key, lambda: self._refreshed(key, url, fetch, dates))

    def _usable(self, key: bytes, dates: ReadDates) -> Kept | None:
        kept, now = self._kept.get(key, dates), self._clock.now()
        usable = kept is not None and kept.dates.this_update - CLOCK_SKEW <= now < kept.dates.until
        return kept if usable else None

    def _is_fresh(self, key: bytes, kept: Kept) -> bool:
        now = self._clock.now()
        # A clock that was set back does not make an answer fresh for ever.
        fresh = timedelta() <= now - kept.fetched < self._keep
        failed = self._failed.get(key)
        return fresh or (failed is not None and timedelta() <= now - failed < _RETRY)

    def _refreshed(
        self, key: bytes, url: str, fetch: Callable[[float | None], bytes], dates: ReadDates
    ) -> bytes:
        kept = self._usable(key, dates)
        if kept is not None and self._is_fresh(key, kept):
            return kept.body  # somebody else was quicker
        now = self._clock.now()
        try:
            body = fetch(None if kept is None else _REFRESH_SECONDS)
        except (UnavailableError, RefusedError) as error:
            if kept is None:
                raise _as_port_says(error, url) from error
            self._note_failure(key, now)
            return kept.body
        return self._kept_or_newer(key, kept, body, dates)

    def _kept_or_newer(self, key: bytes, kept: Kept | None, body: bytes, dates: ReadDates) -> bytes:
        """Keep ``body``, unless it is older than, or of less use than, what is at hand."""
        now, read = self._clock.now(), dates(body)
        good = read is not None and read.this_update - CLOCK_SKEW <= now < read.until
        if read is None or not good or (kept and read.this_update < kept.dates.this_update):
            if kept is None:
                return body
            self._note_failure(key, now)
            return kept.body
        self._failed.pop(key, None)
        self._kept.put(key, Kept(body, now, read))
        return body

    def _note_failure(self, key: bytes, now: datetime) -> None:
        if len(self._failed) > 1_000:
            self._failed.clear()
        self._failed[key] = now


def _key(*question: bytes | str) -> bytes:
    state = hashlib.sha256()
    for part in question:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8) + data)
    return state.digest()


def _as_port_says(error: AntinError, url: str) -> AntinError:
    """Whoever judges a certificate must not stop because a stranger wrote a bad URL into it."""
    if isinstance(error, RefusedError):
        return UnavailableError("fetch_failed", url=shown(url), detail=error.detail)
    return error


def _crl_dates(body: bytes) -> Dates | None:
    try:
        crl = load_crl(body)
    except InputError:
        return None
    return None if crl.next_update is None else Dates(crl.this_update, crl.next_update)


def _ocsp_dates(body: bytes) -> Dates | None:
    try:
        said = load_ocsp(body).responses
    except InputError:
        return None
    ends = [one.next_update for one in said if one.next_update is not None]
    if not said or len(ends) != len(said):
        return None
    return Dates(max(one.this_update for one in said), min(ends))
