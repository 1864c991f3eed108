"""How many bytes a signature container needs: computed, not guessed."""

from typing import Final
from weakref import WeakKeyDictionary

from antin.core.limits import MAX_TIMESTAMP_BYTES
from antin.pki.fetching import TimestampService
from antin.signer.cms_write import size_of
from antin.signer.request import Level, SignatureRequest

TIMESTAMP_ALLOWANCE: Final = 12 << 10
"""Bytes kept for a time-stamp token of a service that is not known yet: a token with a chain of
three RSA-4096 certificates has about 7 KiB. A larger one gives ``container_too_small`` with the
number that is needed."""
_SPARE: Final = 1 << 10
"""How much larger the next token of a service may be: by a longer number, another certificate."""
_largest: Final = WeakKeyDictionary[TimestampService, int]()
"""The largest token that each service gave in this process; to be forgotten at any time."""


def container_size(request: SignatureRequest, timestamp_bytes: int = TIMESTAMP_ALLOWANCE) -> int:
    """Return the bytes of DER to reserve in /Contents for ``request``."""
    allowance = 0 if request.level is Level.B_B else min(timestamp_bytes, MAX_TIMESTAMP_BYTES)
    return size_of(request.certificate, request.chain, request.algorithm, allowance)


def room_for(service: TimestampService | None) -> int:
    """Return the bytes to keep for a token of ``service``: the usual ones, or what it took before.

    Else every file of a batch would be made twice where tokens are large.
    """
    seen = 0 if service is None else _largest.get(service, 0)
    return max(TIMESTAMP_ALLOWANCE, seen + _SPARE)


def remember(service: TimestampService, token: bytes) -> None:
    """Take note of how large a token of ``service`` is."""
    _largest[service] = max(len(token), _largest.get(service, 0))
