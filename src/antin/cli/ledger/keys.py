"""Keys of ledgers and witnesses as they are given to a command: the text, or a file with it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from antin.core.errors import InputError

if TYPE_CHECKING:
    from antin.ledger.checkpoints.note import NoteVerifier


def given_key(given: str, parse: "Callable[[str], NoteVerifier] | None" = None) -> "NoteVerifier":
    """Return the key that ``given`` is, or that lies in the file of this name.

    ``parse`` for a witness's key: not every ledger's key may cosign. Errors:
    ``ledger_key_malformed``, ``export_unreadable`` for a file that can't be read.
    """
    from antin.infra.ledger.export_checking import read_old
    from antin.ledger.checkpoints.note import is_verifier, parse_log_key

    # What is a key is no name of a file: whoever made an export may have laid one of that name.
    text, file = given, Path(given)
    if not is_verifier(given) and _is_file(file):
        text = read_old(file).decode("ascii", "replace")
    try:
        return (parse or parse_log_key)(text)
    except InputError as error:
        raise InputError("ledger_key_malformed", given=given[:100]) from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text that is too long, or holds a zero byte, names none
        return False
