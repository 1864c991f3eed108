"""Digests: names, one-pass computing, comparing."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final, Protocol, Self

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError

CHUNK: Final = 1 << 20
"""Bytes read at a time: large enough that hashing, not calling, takes the time."""


class Digest(Protocol):
    """A digest that is being computed."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of what was taken in so far."""
        ...

    def copy(self) -> Self:
        """Return another one that has taken in the same."""
        ...


class _Shake256:
    """SHAKE256 with 512 bits of output, as Ed448 in CMS wants it (RFC 8419 §2.3)."""

    def __init__(self) -> None:
        self._state = hashlib.shake_256()

    def update(self, data: bytes, /) -> None:
        self._state.update(data)

    def digest(self) -> bytes:
        return self._state.digest(64)

    def copy(self) -> Self:
        other = type(self)()
        other._state = self._state.copy()  # noqa: SLF001 — another one of this class
        return other


def new_digest(algorithm: str) -> Digest:
    """Return a fresh digest: ``sha256``, ``sha3_512`` and so on as hashlib names, ``shake256``."""
    return _Shake256() if algorithm == "shake256" else hashlib.new(algorithm)


def digest_of(data: bytes, algorithm: str) -> bytes:
    """Return the digest of ``data``."""
    state = new_digest(algorithm)
    state.update(data)
    return state.digest()


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
) -> Digest:
    """Return the state after ``ranges``, ready to take in more."""
    state = new_digest(algorithm)
    for offset, length in ranges:
        position, end = offset, offset + length
        while position < end:
            chunk = source.pread(position, min(CHUNK, end - position))
            if not chunk:
                break
            state.update(chunk)
            position += len(chunk)
    return state


def digests_by(
    source: ByteSource, ranges: Iterable[tuple[int, int]], algorithms: Iterable[str]
) -> dict[str, bytes]:
    """Return the digests of ``ranges`` by all ``algorithms``, which are read once.

    Error: ``file_unreadable`` where they can't be read to their end.
    """
    states = {algorithm: new_digest(algorithm) for algorithm in algorithms}
    for offset, length in ranges:
        position, end = offset, offset + length
        while position < end:
            chunk = source.pread(position, min(CHUNK, end - position))
            if not chunk:
                raise InputError("file_unreadable", path="the content", reason="it was cut short")
            for state in states.values():
                state.update(chunk)
            position += len(chunk)
    return {algorithm: state.digest() for algorithm, state in states.items()}


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)
