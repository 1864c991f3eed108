"""Revocation data within a time: strangers write how many addresses there are to be asked."""

from collections.abc import Callable

from antin.core.errors import UnavailableError
from antin.infra.fetch import shown
from antin.pki.fetching import Forgetting, RevocationService


class HurriedRevocation:
    """Implements :class:`antin.pki.fetching.RevocationService`; begins nothing after its time."""

    def __init__(
        self, service: RevocationService, until: float, monotonic: Callable[[], float]
    ) -> None:
        self._service = service
        self._until = until
        self._now = monotonic

    def crl(self, url: str) -> bytes:
        self._check(url)
        return self._service.crl(url)

    def ocsp(self, url: str, request: bytes) -> bytes:
        self._check(url)
        return self._service.ocsp(url, request)

    def certificates(self, url: str) -> bytes:
        self._check(url)
        return self._service.certificates(url)

    def forget(self, url: str, request: bytes = b"") -> None:
        if isinstance(self._service, Forgetting):
            self._service.forget(url, request)

    def _check(self, url: str) -> None:
        if self._now() >= self._until:
            detail = "the time for all that was to be fetched is spent"
            raise UnavailableError("fetch_failed", url=shown(url), detail=detail)
