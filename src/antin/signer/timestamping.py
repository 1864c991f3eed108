"""Asking a time-stamping authority, and believing nothing of its answer unchecked."""

from antin.core.errors import UnavailableError
from antin.pki.fetching import TimestampService
from antin.pki.timestamps import TimestampFacts, check_response, new_query
from antin.signer.container_size import remember


def stamp(service: TimestampService | None, digest: bytes, algorithm: str) -> TimestampFacts:
    """Return a token over ``digest`` whose imprint, nonce, signature and purpose were checked.

    Whether its authority is trusted is a matter of paths, decided where trust is at hand.
    Errors: ``timestamp_wrong``, ``timestamp_refused``, and those of the service
    (:class:`antin.pki.fetching.TimestampService`).
    """
    if service is None:
        raise UnavailableError("timestamp_not_configured")
    query = new_query(digest, algorithm)
    facts = check_response(query, service.request(query))
    remember(service, facts.token)
    return facts
