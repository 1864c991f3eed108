"""RFC 3161 time-stamps over checkpoints: an authority says since when a tree is what it is.

What is stamped is the note as the log signed it, without cosignatures, which come later. Each
later token of a checkpoint stamps the note and the token before it (the idea of RFC 4998 §5.2): it
renews the proof before the older authority's certificate or algorithm ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from antin.core.digests import digest_of
from antin.core.errors import AntinError, RefusedError
from antin.ledger.checkpoints.note import NoteVerifier, own_signatures, parse_note, write_note
from antin.pki.der import BER
from antin.pki.timestamps import TimestampFacts, check_token, read_token

_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
"""Those that every checker knows; others are too weak, or too rare."""


@dataclass(frozen=True)
class Anchored:
    """One token that holds by itself; whether its authority is believed is not decided here."""

    facts: TimestampFacts

    @property
    def time(self) -> datetime:
        """When the checkpoint was there, at the latest."""
        return self.facts.gen_time

    @property
    def authority(self) -> str:
        """Whose word it is."""
        return self.facts.authority.subject


def signed_note(note: bytes, log: NoteVerifier) -> bytes:
    """Return a checkpoint with its log's own signatures only: what is stamped."""
    parsed = parse_note(note)
    return write_note(parsed.text, own_signatures(parsed, log))


def stamped_bytes(note: bytes, log: NoteVerifier, before: Sequence[bytes]) -> bytes:
    """Return what the token after those of ``before`` stamps."""
    return signed_note(note, log) + (before[-1] if before else b"")


def check_stamp(token: bytes, data: bytes) -> TimestampFacts:
    """Check a token over ``data`` by itself. Errors: as :func:`check_token`, ``cms_malformed``."""
    read = read_token(token)
    # 1. It has one text: what is put up with elsewhere, not every checker of an export reads.
    if read.der != token or BER in read.cms.deviations:
        raise RefusedError("timestamp_wrong", detail="it is not in DER, or something follows it")
    # 2. It stamps these bytes, and is signed by the certificate that it names.
    facts = check_token(read, digest_of(data, read.digest))
    # 3. Who signs checkpoints could make two of one weak digest, and have one of them stamped.
    if others := facts.digests - _DIGESTS:
        detail = f"it leans on {', '.join(sorted(others))}"
        raise RefusedError("timestamp_wrong", detail=detail)
    return facts


def check_anchors(note: bytes, log: NoteVerifier, tokens: Sequence[bytes]) -> tuple[Anchored, ...]:
    """Check the tokens over a checkpoint by themselves, oldest first. Error: ``timestamp_wrong``.

    1. Each stamps this checkpoint, and the token before it.
    2. Each holds by itself: content, signature, an authority's certificate for this use.
    3. None is older than the one that it renews.
    """
    found: list[Anchored] = []
    for number, token in enumerate(tokens):
        data = stamped_bytes(note, log, tokens[:number])
        try:
            facts = check_stamp(token, data)
        except AntinError as error:
            raise RefusedError("timestamp_wrong", detail=error.detail.rstrip(".")) from error
        if found and facts.gen_time < found[-1].time:
            raise RefusedError("timestamp_wrong", detail="it is older than the one that it renews")
        found.append(Anchored(facts))
    return tuple(found)
