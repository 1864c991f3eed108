"""Results of an earlier part of a run, taken over where nothing has changed since."""

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from antin.core.errors import InputError
from antin.infra.judging import Item, Judged
from antin.infra.verify_state import Result, RunState


class Earlier:
    """What ``state`` knows; ``documents``: of each report a document was made."""

    def __init__(self, state: RunState, *, documents: bool) -> None:
        self._state, self._documents = state, documents

    @property
    def at(self) -> datetime:
        """The time as of which the whole run judges."""
        return self._state.at

    def marked(self, item: Item) -> Item:
        """Return ``item`` with the digest of what was judged, if there is a result to take over.

        The worker that reads it sees whether its content is still that.
        """
        found = self._found(item)
        return item if found is None else replace(item, known=found.sha256)

    def completed(self, item: Item, outcome: Judged) -> Judged:
        """Return ``outcome``, kept for later; where it says "as known", what was kept."""
        if outcome.conclusion is None:
            return self._taken_over(item)
        if outcome.sha256:  # what was stopped has none, and is tried again
            self._state.add(self._result(item, outcome.conclusion, outcome))
        return outcome

    def _found(self, item: Item) -> Result | None:
        found = self._state.find(item.name, item.size, item.changed)
        if found is None or not self._documents:
            return found
        # 1. The document may be gone, or not be what was written.
        try:
            document = Path(item.target or "").read_bytes()
        except OSError:
            return None
        return found if _digest(document) == found.written else None

    def _taken_over(self, item: Item) -> Judged:
        found = self._state.find(item.name, item.size, item.changed)
        if found is None:
            raise InputError("state_malformed", detail=f"the result of {item.name} is gone")
        document = b"" if self._documents else found.written.encode()
        return Judged(found.conclusion, found.sha256, found.line, document)

    def _result(self, item: Item, conclusion: str, outcome: Judged) -> Result:
        document = outcome.document
        return Result(
            name=item.name,
            size=item.size,
            changed=item.changed,
            sha256=outcome.sha256,
            conclusion=conclusion,
            line=outcome.line,
            written=_digest(document) if self._documents else document.decode(errors="replace"),
        )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
