"""A time-stamping authority over HTTP (RFC 3161 §3.4)."""

from typing import Final

from antin.core.errors import UnavailableError
from antin.core.limits import MAX_TIMESTAMP_BYTES
from antin.infra.fetch import Fetcher, shown

_QUERY: Final = "application/timestamp-query"
MOST_SECONDS: Final = 150.0
"""National services were seen to take more than two minutes."""


class HttpTimestampService:
    """Implements :class:`antin.pki.fetching.TimestampService` for one authority.

    What it answers is checked by :class:`antin.infra.tsa_client.TimestampAuthorities`.
    """

    def __init__(
        self,
        url: str,
        *,
        allowed_private: frozenset[str] = frozenset(),
        seconds: float = MOST_SECONDS,
        fetcher: Fetcher | None = None,
    ) -> None:
        self._url = url
        self._seconds = seconds
        self._fetcher = fetcher or Fetcher(allowed_private, seconds)

    def request(self, query: bytes, seconds: float = MOST_SECONDS) -> bytes:
        """Post ``query``; besides the port's errors ``address_forbidden`` for a forbidden URL."""
        seconds = min(self._seconds, seconds)
        limit = MAX_TIMESTAMP_BYTES
        try:
            return self._fetcher.post(self._url, query, _QUERY, limit=limit, seconds=seconds)
        except UnavailableError as error:
            detail = str(error.values.get("detail"))
            raise UnavailableError(
                "timestamp_unavailable", url=shown(self._url), detail=detail
            ) from error
