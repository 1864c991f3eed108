"""CRLs, OCSP answers and issuers' certificates over HTTP (RFC 5280, RFC 6960 appendix A)."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from antin.core.clock import Clock, SystemClock
from antin.core.errors import InputError, RefusedError, UnavailableError
from antin.core.limits import MAX_CERTIFICATE_BYTES, MAX_OCSP_BYTES, MAX_REVOCATION_BYTES
from antin.infra.fetch import MOST_SECONDS, Fetcher, shown
from antin.pki.crls import load_crl
from antin.pki.ocsp_answers import load_ocsp

_MAX_ISSUERS_BYTES: Final = 10 * MAX_CERTIFICATE_BYTES
_MAX_CACHED_BYTES: Final = 2 * MAX_REVOCATION_BYTES
_MAX_CACHED: Final = 2_000
_OCSP_REQUEST: Final = "application/ocsp-request"


@dataclass(frozen=True)
class _Kept:
    body: bytes
    until: datetime


class HttpRevocationService:
    """Implements :class:`antin.pki.fetching.RevocationService`; safe to share between threads.

    Answers are kept in memory until their nextUpdate, but no longer than ``keep``: a fresher one
    may revoke. What names no nextUpdate, or can't be read, is not kept.
    """

    def __init__(
        self,
        *,
        allowed_private: frozenset[str] = frozenset(),
        seconds: float = MOST_SECONDS,
        clock: Clock | None = None,
        keep: timedelta = timedelta(minutes=10),
    ) -> None:
        self._fetcher = Fetcher(allowed_private, seconds)
        self._clock = clock or SystemClock()
        self._keep = keep
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def crl(self, url: str) -> bytes:
        fetch = self._fetcher.get
        return self._cached(
            (b"crl", url.encode()), lambda: fetch(url, limit=MAX_REVOCATION_BYTES), _crl_until, url
        )

    def ocsp(self, url: str, request: bytes) -> bytes:
        def fetch() -> bytes:
            return self._fetcher.post(url, request, _OCSP_REQUEST, limit=MAX_OCSP_BYTES)

        return self._cached((b"ocsp", url.encode(), request), fetch, _ocsp_until, url)

    def certificates(self, url: str) -> bytes:
        fetch = self._fetcher.get
        return self._cached(
            (b"certificates", url.encode()),
            lambda: fetch(url, limit=_MAX_ISSUERS_BYTES),
            lambda _: datetime.max.replace(tzinfo=UTC),
            url,
        )

    def _cached(
        self,
        question: tuple[bytes, ...],
        fetch: Callable[[], bytes],
        until: Callable[[bytes], datetime | None],
        url: str,
    ) -> bytes:
        key = hashlib.sha256(b"\x00".join(question)).digest()
        now = self._clock.now()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and now < kept.until:
            return kept.body
        try:
            body = fetch()
        except RefusedError as error:
            # Whoever judges a certificate must not stop because a stranger wrote a bad URL into it.
            raise UnavailableError("fetch_failed", url=shown(url), detail=error.detail) from error
        self._remember(key, body, until(body), now)
        return body

    def _remember(self, key: bytes, body: bytes, until: datetime | None, now: datetime) -> None:
        with self._lock:
            self._kept.pop(key, None)
            if until is None or until <= now:
                return
            self._kept[key] = _Kept(body, min(until, now + self._keep))
            while len(self._kept) > _MAX_CACHED or self._size() > _MAX_CACHED_BYTES:
                self._kept.popitem(last=False)

    def _size(self) -> int:
        return sum(len(kept.body) for kept in self._kept.values())


def _crl_until(body: bytes) -> datetime | None:
    try:
        return load_crl(body).next_update
    except InputError:
        return None


def _ocsp_until(body: bytes) -> datetime | None:
    try:
        dates = [one.next_update for one in load_ocsp(body).responses]
    except InputError:
        return None
    known = [date for date in dates if date is not None]
    return min(known) if known and len(known) == len(dates) else None
