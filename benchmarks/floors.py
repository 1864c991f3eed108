"""What can't be left out, done with as little around it as Python allows."""

import hashlib
import os
from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

_CHUNK = 1 << 20


def hash_ranges(fd: int, ranges: Iterable[tuple[int, int]]) -> bytes:
    """Return the SHA-256 of (offset, length) ranges of an open file."""
    state = hashlib.sha256()
    for offset, length in ranges:
        position, end = offset, offset + length
        while position < end:
            chunk = os.pread(fd, min(_CHUNK, end - position), position)
            state.update(chunk)
            position += len(chunk)
    return state.digest()


class RawVerifier:
    """One ECDSA P-256 check a call; what it is over makes no difference to its cost."""

    def __init__(
        self, public_key: bytes, data: bytes, signature: bytes, *, hashed: bool = False
    ) -> None:
        key = load_der_public_key(public_key)
        assert isinstance(key, ec.EllipticCurvePublicKey)
        self._key, self._data, self._signature = key, data, signature
        digest = hashes.SHA256()
        self._algorithm = ec.ECDSA(Prehashed(digest) if hashed else digest)

    def check(self) -> None:
        """Check the signature; raises if it is wrong."""
        self._key.verify(self._signature, self._data, self._algorithm)
