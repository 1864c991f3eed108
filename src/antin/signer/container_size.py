"""How many bytes a signature container needs: computed, not guessed."""

from typing import Final

from antin.core.limits import MAX_TIMESTAMP_BYTES
from antin.signer.cms_write import size_of
from antin.signer.request import Level, SignatureRequest

TIMESTAMP_ALLOWANCE: Final = 12 << 10
"""Bytes kept for a time-stamp token of a service that is not known yet: a token with a chain of
three RSA-4096 certificates has about 7 KiB. A larger one gives ``container_too_small`` with the
number that is needed."""


def container_size(request: SignatureRequest, timestamp_bytes: int = TIMESTAMP_ALLOWANCE) -> int:
    """Return the bytes of DER to reserve in /Contents for ``request``."""
    allowance = 0 if request.level is Level.B_B else min(timestamp_bytes, MAX_TIMESTAMP_BYTES)
    return size_of(request.certificate, request.chain, request.algorithm, allowance)
