"""A witness over HTTP (c2sp.org/tlog-witness), as the log asks it."""

import re
from typing import Final

from antin.core.errors import AntinError, IntegrityError, RefusedError, UnavailableError
from antin.infra.exchange import Answer
from antin.infra.fetch import Fetcher
from antin.ledger.checkpoints.note import NoteVerifier
from antin.ledger.ports import Cosigned, LastCosigned

_MOST_BYTES: Final = 64 << 10
_HEARD: Final = frozenset({200, 400, 403, 404, 409, 422})
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_MOST_WORDS: Final = 200


class HttpWitness:
    """Implements :class:`antin.ledger.ports.Witness`."""

    def __init__(
        self, url: str, verifier: NoteVerifier, fetcher: Fetcher, *, seconds: float
    ) -> None:
        self._url = f"{url.rstrip('/')}/add-checkpoint"
        self.verifier = verifier
        self._fetcher = fetcher
        self._seconds = seconds

    def add_checkpoint(self, submission: bytes) -> Cosigned | LastCosigned:
        try:
            answer = self._fetcher.converse(
                self._url, submission, limit=_MOST_BYTES, heard=_HEARD, seconds=self._seconds
            )
        except AntinError as error:
            detail = str(error.values.get("detail", error.detail))
            raise self._unavailable(detail) from error
        if answer.status == 200:
            return Cosigned(answer.body)
        if answer.status == 409:
            return self._last(answer)
        raise self._refusal(answer)

    def _last(self, answer: Answer) -> LastCosigned:
        kind = answer.content_type.partition(";")[0].strip().lower()
        size = _SIZE.fullmatch(answer.body)
        if kind != "text/x.tlog.size" or size is None:
            raise self._unavailable("it names no size where its last one is another than ours")
        return LastCosigned(int(size[1]))

    def _refusal(self, answer: Answer) -> AntinError:
        words = answer.body[:_MOST_WORDS].decode("utf-8", "replace").strip()
        detail = f"it answered {answer.status}: {words!r}"
        if answer.status == 422:
            return IntegrityError("witness_disagrees", witness=self.verifier.name, detail=detail)
        return RefusedError("witness_refused", witness=self.verifier.name, detail=detail)

    def _unavailable(self, detail: str) -> UnavailableError:
        return UnavailableError("witness_unavailable", witness=self.verifier.name, detail=detail)
