"""Ports to the services of a public key infrastructure; HTTP clients for them live in infra/.

Answers are bytes as they came: whoever uses one checks it first.
"""

from typing import Protocol, runtime_checkable


class TimestampService(Protocol):
    """An RFC 3161 time-stamping authority."""

    def request(self, query: bytes) -> bytes:
        """Send a DER TimeStampReq, return the DER TimeStampResp.

        Errors: ``timestamp_unavailable``, ``timestamp_not_configured``, ``address_forbidden``;
        from one that checks the answers itself ``timestamp_wrong``, ``timestamp_refused``.
        """
        ...


class RevocationService(Protocol):
    """Where CRLs, OCSP answers and issuers' certificates come from."""

    def crl(self, url: str) -> bytes:
        """Return the DER CRL at ``url``. Error: ``fetch_failed``."""
        ...

    def ocsp(self, url: str, request: bytes) -> bytes:
        """Return the DER OCSPResponse to a DER OCSPRequest. Error: ``fetch_failed``."""
        ...

    def certificates(self, url: str) -> bytes:
        """Return what an AIA caIssuers ``url`` holds: DER, PEM, PKCS#7. Error: ``fetch_failed``."""
        ...


@runtime_checkable
class Forgetting(Protocol):
    """A source that keeps what it fetched, and can be told that it was of no use."""

    def forget(self, url: str, request: bytes = b"") -> None:
        """Do not give again what came from ``url`` (in answer to an OCSP ``request``)."""
        ...
