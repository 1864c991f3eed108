"""Judges the service's uploads in worker processes: a hostile one ends its own process alone."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from antin.core.bytesource import FileSource
from antin.core.errors import InputError
from antin.core.limits import verify_seconds
from antin.flows.judges import Asked
from antin.infra.report_forms import Form, written
from antin.infra.worker_pool import STOPPED, Limits, WorkerPool
from antin.pki.trust import TrustMaterial

if TYPE_CHECKING:
    from antin.pki.fetching import RevocationService
    from antin.verifier.signed_content import Given

_AT_ONCE: Final = 2


@dataclass(frozen=True)
class Around:
    """What every file is judged with."""

    trust: TrustMaterial
    fetches: bool = True
    """Whether revocation data are fetched."""
    allowed_private: frozenset[str] = frozenset()


def seconds(*arguments: object) -> float:
    """Return how much processor time judging gets: more for large files."""
    return verify_seconds(sum(one.size for one in arguments if isinstance(one, Asked)))


class JudgingProcesses:
    """Implements :class:`~antin.flows.judges.FileJudges`; processes are started when needed.

    ``judge`` is a function of a module that returns a report in bytes.
    """

    def __init__(
        self,
        around: Around,
        limits: Limits | None = None,
        judge: "Callable[[Asked], bytes] | None" = None,
    ) -> None:
        self._judge = judge or judge_upload
        self._pool = WorkerPool(
            _AT_ONCE, limits or Limits(seconds=seconds), partial(prepare, around)
        )

    def judge(self, asked: Asked) -> Future[bytes]:
        """Return the report to come. Errors, when it is asked for its result: those of files."""
        answer: Future[bytes] = Future()
        answer.set_running_or_notify_cancel()
        judging = self._pool.submit(self._judge, asked)
        judging.add_done_callback(partial(_pass_on, answer, asked))
        return answer

    def close(self) -> None:
        """End every process; what is being judged is not judged to its end."""
        self._pool.shutdown(cancel_futures=True)


def _pass_on(answer: "Future[bytes]", asked: Asked, judged: "Future[bytes]") -> None:
    """Have ``answer`` be what ``judged`` came to; never leave anybody waiting for it."""
    try:
        answer.set_result(_result(asked, judged))
    except BaseException as error:  # noqa: BLE001 — raised where the answer is waited for
        answer.set_exception(error)


def _result(asked: Asked, judged: "Future[bytes]") -> bytes:
    try:
        found: object = judged.result()
    except InputError as error:
        if error.code not in STOPPED:
            raise
        return _unreadable(asked, error)
    if not isinstance(found, bytes):
        # Whoever took a worker over may answer anything that can be sent.
        return _unreadable(asked, InputError("verify_worker_died", detail="it made no sense"))
    return found


def _unreadable(asked: Asked, why: InputError) -> bytes:
    from antin.verifier.broken_off import unreadable

    report = unreadable(asked.name, asked.size, asked.at, asked.policy, why)
    return written(report, Form(asked.form), asked.language)


_around: list[Around] = []


def prepare(around: Around) -> None:
    """Keep, in a worker, what every file is judged with."""
    _around[:] = [around]


def judge_upload(asked: Asked) -> bytes:
    """Return the report on a file, written. Called in a worker. Errors: those of files."""
    from antin.flows.verify import verify_either
    from antin.infra.page_looks import FOR_STRANGERS, looks_at

    (around,) = _around
    with ExitStack() as opened:
        source = opened.enter_context(FileSource(asked.path))
        report = verify_either(
            source,
            asked.name,
            around.trust,
            asked.at,
            asked.policy,
            _revocation(around),
            _content(asked, opened),
            partial(looks_at, limits=FOR_STRANGERS),
        )
    return written(report, Form(asked.form), asked.language)


def _content(asked: Asked, opened: ExitStack) -> "Given":
    from antin.verifier.signed_content import Content

    if asked.content is None:
        return asked.digest
    return Content(asked.content_name, opened.enter_context(FileSource(asked.content)))


def _revocation(around: Around) -> "RevocationService | None":
    return _http_revocation(around.allowed_private) if around.fetches else None


@cache
def _http_revocation(allowed_private: frozenset[str]) -> "RevocationService":
    """Return the one client of this process: it keeps what it fetched, and knows who is down."""
    from antin.infra.revocation_http import HttpRevocationService

    return HttpRevocationService(allowed_private=allowed_private)
