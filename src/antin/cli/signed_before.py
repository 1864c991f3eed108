"""Files that an earlier part of a run has signed already: they are not signed again."""

import hashlib
from pathlib import Path

from antin.core.bytesource import FileSource
from antin.core.digests import digest_source
from antin.core.errors import AntinError
from antin.infra.verify_state import SIGNED, Result, RunState


def open_state(path: Path, question: object) -> RunState:
    """Open the state of a run that signs as ``question`` says (by how it is shown: ``repr``).

    Errors: those of :class:`RunState`.
    """
    asked = hashlib.sha256(repr(question).encode(errors="surrogatepass")).hexdigest()
    return RunState(path, asked, None, frozenset({SIGNED}))


class SignedBefore:
    """What ``state`` knows of files and of what was made of them."""

    def __init__(self, state: RunState) -> None:
        self._state = state

    def known(self, path: Path, target: Path) -> bool:
        """Tell whether ``target`` is what was made of ``path``, and both are what they were then.

        What else is there the signer refuses to overwrite.
        """
        try:
            found = self._state.find(str(path), *_stamp(path))
            return found is not None and (found.sha256, found.written) == _digests(path, target)
        except (OSError, AntinError):
            return False  # whoever signs it says what is wrong

    def done(self, path: Path, target: Path) -> None:
        """Take note of what was made. Errors: those of reading the two, ``storage_full``."""
        try:
            size, changed = _stamp(path)
        except OSError:
            return  # it is gone: then nobody will ask for it again
        source, made = _digests(path, target)
        self._state.add(Result(str(path), size, changed, source, SIGNED, str(target), made))


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _digests(path: Path, target: Path) -> tuple[str, str]:
    with FileSource(path) as source, FileSource(target) as made:
        return digest_source(source).hex(), digest_source(made).hex()
