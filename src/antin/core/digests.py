"""SHA-2 digests: names, one-pass computing, comparing."""

import hashlib
import hmac
from typing import Final

from antin.core.bytesource import ByteSource

CHUNK: Final = 1 << 20
"""Bytes read at a time: large enough that hashing, not calling, takes the time."""


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data`` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def digest_source(source: ByteSource, algorithm: str = "sha256") -> bytes:
    """Return the digest of the whole ``source``, read in chunks of 1 MiB."""
    return digest_ranges(source, [(0, source.size)], algorithm)


def digest_ranges(
    source: ByteSource, ranges: list[tuple[int, int]], algorithm: str = "sha256"
) -> bytes:
    """Return the digest of ``ranges`` ((offset, length) in bytes) one after another."""
    return hash_ranges(source, ranges, algorithm).digest()


def hash_ranges(
    source: ByteSource, ranges: list[tuple[int, int]], algorithm: str = "sha256"
) -> "hashlib._Hash":
    """Return hashlib's state after ``ranges``, ready to take in more."""
    state = hashlib.new(algorithm)
    for offset, length in ranges:
        position, end = offset, offset + length
        while position < end:
            chunk = source.pread(position, min(CHUNK, end - position))
            if not chunk:
                break
            state.update(chunk)
            position += len(chunk)
    return state


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)
