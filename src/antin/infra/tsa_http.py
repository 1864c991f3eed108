"""A time-stamping authority over HTTP (RFC 3161 §3.4)."""

from antin.core.errors import UnavailableError
from antin.core.limits import MAX_TIMESTAMP_BYTES
from antin.infra.fetch import Fetcher, shown

_QUERY = "application/timestamp-query"


class HttpTimestampService:
    """Implements :class:`antin.pki.fetching.TimestampService`."""

    def __init__(self, url: str, fetcher: Fetcher | None = None) -> None:
        self._url = url
        self._fetcher = fetcher or Fetcher()

    def request(self, query: bytes) -> bytes:
        """Post ``query``; besides the port's errors ``address_forbidden`` for a forbidden URL."""
        try:
            return self._fetcher.post(self._url, query, _QUERY, limit=MAX_TIMESTAMP_BYTES)
        except UnavailableError as error:
            detail = str(error.values.get("detail"))
            raise UnavailableError(
                "timestamp_unavailable", url=shown(self._url), detail=detail
            ) from error
