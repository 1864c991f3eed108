"""A witness on disk: its key, the logs that it follows, and one file of state.

It needs nothing else, so that it can run on the machine of somebody who does not trust the log's
operator. Losing the state file would let a log show it another history: a witness without one
does not start.
"""

import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from antin.core.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    UnavailableError,
    UsageError,
)
from antin.core.limits import MAX_JSON_BYTES
from antin.infra.durable import replace_whole
from antin.infra.file_lock import FileLock
from antin.ledger.checkpoints.checkpoint import Checkpoint, parse_checkpoint
from antin.ledger.checkpoints.cosignature import cosign, parse_witness
from antin.ledger.checkpoints.note import (
    COSIGNATURE,
    NoteVerifier,
    parse_log_key,
    parse_note,
    write_signature,
)
from antin.ledger.checkpoints.witness import (
    Followed,
    follow,
    open_submitted,
    parse_submission,
    require_extended,
)

KEY: Final = "key.pem"
PUBLIC: Final = "witness.vkey"
LOGS: Final = "logs"
STATE: Final = "state.json"
_log: Final = structlog.get_logger("antin.witness")


@dataclass(frozen=True)
class WitnessFolder:
    """An opened witness; safe among threads and processes."""

    verifier: NoteVerifier
    followed: Followed = field(repr=False)
    _folder: Path
    _sign: Callable[[bytes], bytes] = field(repr=False)

    def add_checkpoint(self, body: bytes, now: int) -> bytes:
        """Return the cosignature line for a submitted checkpoint; ``now`` in seconds since 1970.

        It is kept before it is cosigned: whoever holds a cosignature can rely on it. Errors: those
        of :mod:`antin.ledger.checkpoints.witness`, ``storage_full``, ``witness_folder_unusable``.
        """
        submission = parse_submission(body)
        new = open_submitted(submission, self.followed)
        lock = FileLock(self._folder / f"{STATE}.lock", "storage_full")
        try:
            with lock:
                notes = self._notes()
                known = _checkpoint(notes.get(new.origin))
                try:
                    require_extended(submission, new, known)
                except (ConflictError, IntegrityError):
                    if known is not None and known.size == submission.old:
                        _tell(notes[new.origin], submission.note)
                    raise
                if known != new:
                    self._keep(notes | {new.origin: submission.note.decode()})
        finally:
            lock.close()
        text = parse_note(submission.note).text
        return write_signature(cosign(text, now, self.verifier, self._sign)).encode()

    def known(self, origin: str) -> Checkpoint | None:
        """Return the checkpoint of a log that was cosigned last."""
        return _checkpoint(self._notes().get(origin))

    def _notes(self) -> dict[str, str]:
        try:
            return _read_state(_read(self._folder / STATE))
        except (ValueError, TypeError, RecursionError, InputError) as error:
            raise _unusable(f"{STATE} is not what this witness wrote") from error

    def _keep(self, notes: dict[str, str]) -> None:
        state = _state(notes)
        if len(state) > MAX_JSON_BYTES:
            # What could not be read again would end it for every log that it follows.
            raise UnavailableError("storage_full", detail=f"{STATE} would be too large")
        try:
            replace_whole(self._folder / STATE, state)
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error


def make_witness(
    folder: Path, name: str, logs: tuple[str, ...], passphrase: bytes | None = None
) -> NoteVerifier:
    """Make a witness with a key of its own in ``folder``; return its public key.

    ``logs``: the verifier keys of the logs that it is to follow. Errors:
    ``witness_folder_unusable`` (there is one already, or it can't be written),
    ``checkpoint_malformed`` for a key that is none.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    verifier = parse_witness(NoteVerifier(name, COSIGNATURE, public).text)
    for text in logs:
        parse_log_key(text)
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any((folder / name).exists() for name in (KEY, STATE)):
            raise _unusable("there is a witness in it already")
        replace_whole(folder / PUBLIC, f"{verifier.text}\n".encode())
        replace_whole(folder / LOGS, "".join(f"{text.strip()}\n" for text in logs).encode())
        replace_whole(folder / STATE, _state({}))
        # Last: a folder half made is no witness.
        replace_whole(folder / KEY, pem)
    except OSError as error:
        raise _unusable(str(error.strerror)) from error
    return verifier


def open_witness(folder: Path, passphrase: bytes | None = None) -> WitnessFolder:
    """Return the witness in ``folder``. Error: ``witness_folder_unusable``."""
    try:
        verifier = parse_witness(_read(folder / PUBLIC).decode())
        lines = _read(folder / LOGS).decode().splitlines()
        followed = follow([parse_log_key(one) for one in lines if one.strip() and one[0] != "#"])
    except (InputError, UnicodeDecodeError) as error:
        reason = error.detail if isinstance(error, InputError) else "it is no text"
        raise _unusable(reason.rstrip(".")) from error
    key = _read_key(folder / KEY, passphrase)
    if key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) != verifier.key:
        raise _unusable(f"{PUBLIC} is not the public part of {KEY}")
    found = WitnessFolder(verifier, followed, folder, key.sign)
    found.known("")
    return found


def read_passphrase(path: str | Path | None) -> bytes | None:
    """Return the first line of a file. Error: ``file_unreadable``."""
    if path is None:
        return None
    try:
        return Path(path).read_bytes().split(b"\n")[0].strip() or None
    except OSError as error:
        raise InputError("file_unreadable", path=str(path), reason=error.strerror) from error


def _read_key(path: Path, passphrase: bytes | None) -> Ed25519PrivateKey:
    pem = _read(path)
    if passphrase is None and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise _unusable(f"others may read {KEY}; run: chmod 600 {KEY}")
    try:
        key = load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError) as error:
        raise _unusable(f"{KEY} cannot be opened: is the passphrase right?") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(f"{KEY} holds no Ed25519 key")
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise _unusable(f"{path.name}: {os.strerror(error.errno or 0)}") from error
    if len(data) > MAX_JSON_BYTES:
        raise _unusable(f"{path.name} is too large")
    return data


def _read_state(data: bytes) -> dict[str, str]:
    """Return the notes by origin. Errors: ValueError, ``checkpoint_malformed``."""
    value = json.loads(data)
    if not isinstance(value, dict) or set(value) != {"version", "logs"} or value["version"] != 1:
        raise ValueError("another form")
    notes: dict[str, str] = dict(value["logs"])
    if not all(isinstance(note, str) for note in notes.values()):
        raise ValueError("what should be a note is none")
    for origin, note in notes.items():
        if parse_checkpoint(note.encode()).origin != origin:
            raise ValueError("a checkpoint of another log")
    return notes


def _state(notes: dict[str, str]) -> bytes:
    return json.dumps(
        {"version": 1, "logs": notes}, indent=1, sort_keys=True, ensure_ascii=False
    ).encode()


def _checkpoint(note: str | None) -> Checkpoint | None:
    return parse_checkpoint(note.encode()) if note is not None else None


def _tell(known: str, offered: bytes) -> None:
    """Log two checkpoints of one log that don't go together: its key signed both."""
    _log.error("log_contradicts_itself", known=known, offered=offered.decode())


def _unusable(detail: str) -> UsageError:
    return UsageError("witness_folder_unusable", detail=detail)
