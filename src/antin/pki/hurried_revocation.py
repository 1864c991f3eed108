"""Revocation data within a time: strangers write how many addresses there are to be asked."""

import time

from antin.core.errors import UnavailableError
from antin.pki.fetching import Forgetting, RevocationService


class HurriedRevocation:
    """Implements :class:`antin.pki.fetching.RevocationService`; asks nothing after ``seconds``."""

    def __init__(self, service: RevocationService, seconds: float) -> None:
        self._service = service
        self._until = time.monotonic() + seconds

    def crl(self, url: str) -> bytes:
        self._check()
        return self._service.crl(url)

    def ocsp(self, url: str, request: bytes) -> bytes:
        self._check()
        return self._service.ocsp(url, request)

    def certificates(self, url: str) -> bytes:
        self._check()
        return self._service.certificates(url)

    def forget(self, url: str, request: bytes = b"") -> None:
        if isinstance(self._service, Forgetting):
            self._service.forget(url, request)

    def _check(self) -> None:
        if time.monotonic() >= self._until:
            detail = "the time for all that was to be fetched is spent"
            raise UnavailableError("fetch_failed", url="(any)", detail=detail)
