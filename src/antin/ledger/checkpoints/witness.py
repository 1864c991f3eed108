"""What a witness does (c2sp.org/tlog-witness).

It cosigns a log's tree only if that tree goes on from the one that it cosigned before, so that a
log can't show two histories to two people.

Rules on values; where the newest checkpoints are kept, and who asks, is somebody else's matter.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from antin.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from antin.ledger.checkpoints.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from antin.ledger.checkpoints.note import NoteVerifier, own_signatures, parse_note, verify_note
from antin.ledger.tree.merkle import HASH_BYTES
from antin.ledger.tree.proofs import verify_consistency

MAX_PROOF_LINES: Final = 63
MAX_SUBMISSION_BYTES: Final = 128 << 10
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_HASH: Final = re.compile(r"[A-Za-z0-9+/]{43}=")

Followed = Mapping[str, Sequence[NoteVerifier]]
"""The logs that a witness follows, by origin, each with its key, or keys while it changes them."""


@dataclass(frozen=True)
class Submission:
    """What a log sends to ``add-checkpoint``."""

    old: int
    """Size of the checkpoint that the witness is thought to have cosigned last; 0: none."""
    proof: tuple[bytes, ...]
    """Consistency of the two trees (RFC 6962 §2.1.2)."""
    note: bytes
    """The new checkpoint."""

    def write(self) -> bytes:
        """Return the body of the request."""
        lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in self.proof)
        return f"old {self.old}\n{lines}\n".encode() + self.note


def parse_submission(body: bytes) -> Submission:
    """Take a request apart, strictly.

    Errors: ``submission_malformed``, ``checkpoint_malformed``.
    """
    if len(body) > MAX_SUBMISSION_BYTES:
        raise _malformed(f"it has more than {MAX_SUBMISSION_BYTES} bytes")
    head, separator, note = body.partition(b"\n\n")
    if not separator:
        raise _malformed("it has no empty line")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise _malformed("its first lines are not ASCII") from error
    old = _OLD.fullmatch(first)
    if old is None:
        raise _malformed("its first line is not of the form: old SIZE")
    if len(lines) > MAX_PROOF_LINES:
        raise _malformed(f"its proof has more than {MAX_PROOF_LINES} lines")
    submission = Submission(int(old[1]), tuple(map(_hash, lines)), note)
    if submission.old > parse_checkpoint(note).size:
        raise _malformed("the old size is larger than the checkpoint")
    if submission.old == 0 and submission.proof:
        raise _malformed("nothing can be proven about an empty tree")
    return submission


def open_submitted(submission: Submission, followed: Followed) -> Checkpoint:
    """Return the submitted checkpoint, after checking whose it is.

    Errors: ``log_not_followed``, ``note_signature_invalid``, ``checkpoint_malformed``.
    """
    # 1. A log that this witness was told to follow.
    origin = parse_checkpoint(submission.note).origin
    verifiers = followed.get(origin)
    if verifiers is None:
        raise NotFoundError("log_not_followed", origin=origin[:200])
    # 2. Signed by that log; every signature of a key that is known has to be right.
    note = parse_note(submission.note)
    signed = [one for one in verifiers if own_signatures(note, one)]
    for one in signed:
        verify_note(note, one)
    if not signed:
        detail = "it has no signature of a known key of this log"
        raise IntegrityError("note_signature_invalid", key=origin[:200], detail=detail)
    return open_checkpoint(submission.note, origin, signed[0])


def require_extended(submission: Submission, new: Checkpoint, known: Checkpoint | None) -> None:
    """Raise unless ``new`` goes on from ``known``, the checkpoint that was cosigned last.

    To be run, and the new checkpoint kept, while nobody else can do either for this log: else two
    requests at once could roll it back. Errors: ``witness_size_differs``, ``proof_wrong``.
    """
    # 1. The log knows what was cosigned last: else it could leave out what it wants forgotten.
    size = known.size if known else 0
    if submission.old != size:
        raise ConflictError("witness_size_differs", size=size)
    if known is None or size == 0:
        return  # every tree extends the empty one
    # 2. One size has one root: another one is another history.
    if new.size == size and new.root != known.root:
        raise ConflictError("witness_size_differs", size=size)
    # 3. What was cosigned is the beginning of what is new.
    verify_consistency(size, new.size, known.root, new.root, submission.proof)


def follow(keys: Sequence[NoteVerifier]) -> Followed:
    """Return the logs that ``keys`` are of: a log's key carries its origin as its name."""
    followed: dict[str, list[NoteVerifier]] = {}
    for key in keys:
        followed.setdefault(key.name, []).append(key)
    return followed


def _hash(line: str) -> bytes:
    value = base64.b64decode(line) if _HASH.fullmatch(line) else b""
    if len(value) != HASH_BYTES or base64.b64encode(value).decode() != line:
        raise _malformed("a line of its proof is no SHA-256 in base64")
    return value


def _malformed(detail: str) -> InputError:
    return InputError("submission_malformed", detail=detail)
