"""A witness's answers over HTTP are those of c2sp.org/tlog-witness; a log gets through garbage."""

import resource
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from antin.api.witness import BODY_SECONDS
from antin.core.errors import AntinError
from antin.infra.fetch import Fetcher
from antin.infra.ledger.witness_folder import open_witness
from antin.infra.ledger.witness_http import HttpWitness
from antin.ledger.checkpoints.cosignature import accept_answer
from antin.ledger.ports import LastCosigned
from tests.growinglog import GrowingLog
from tests.notekey import MemoryNoteKey
from tests.unit.infra.test_fetch import Answer, Server, plain
from tests.witnesses import LOCAL, RunningWitness
from tests.witnesskey import WitnessKey

LOG = GrowingLog()
OTHERS = GrowingLog(MemoryNoteKey("second.example/log"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWitness]:
    folder = tmp_path_factory.mktemp("witness") / "made"
    made = RunningWitness(folder, (LOG.verifier.text, OTHERS.verifier.text))
    made.post(LOG.body(0, 8))
    yield made
    code, errors = made.stop()
    assert (code, "Traceback" in errors) == (0, False), errors


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old x\n\n" + LOG.note(9), 400),
        (LOG.body(9, 9).replace(b"old 9", b"old 10"), 400),
        (b"old 0\n\nno note", 400),
        (b"x" * (200 << 10), 400),
        (GrowingLog(MemoryNoteKey()).body(8, 9), 403),
        (GrowingLog(MemoryNoteKey("unknown/log")).body(0, 9), 404),
        (LOG.forked_at(4).body(8, 9), 422),
    ],
)
def test_each_refusal_has_its_status(running: RunningWitness, body: bytes, status: int) -> None:
    found, _, text = running.post(body)
    assert found == status
    assert b"Traceback" not in text
    assert len(text) < 2000


def test_a_conflict_tells_the_size_in_its_own_media_type(running: RunningWitness) -> None:
    for body in (LOG.body(0, 9), LOG.body(7, 7), LOG.forked_at(4).body(8, 8)):
        status, kind, text = running.post(body)
        assert (status, text) == (409, b"8\n")
        assert kind.split(";")[0] == "text/x.tlog.size"


def test_other_addresses_and_methods_are_not_there(running: RunningWitness) -> None:
    with socket.create_connection(("127.0.0.1", running.port)) as connection:
        connection.sendall(b"GET /add-checkpoint HTTP/1.0\r\n\r\n")
        assert connection.recv(20).startswith(b"HTTP/1.1 405")
    with socket.create_connection(("127.0.0.1", running.port)) as connection:
        connection.sendall(b"POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
        assert connection.recv(20).startswith(b"HTTP/1.1 404")


def test_who_never_ends_is_answered_all_the_same(running: RunningWitness) -> None:
    with socket.create_connection(("127.0.0.1", running.port), BODY_SECONDS * 2) as connection:
        connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n")
        connection.sendall(b"Content-Length: 5000\r\n\r\nold 0\n")
        assert connection.recv(20).startswith(b"HTTP/1.1 408")


def test_of_racing_histories_one_is_cosigned(running: RunningWitness) -> None:
    """Both are well signed and both start from nothing: at most one of them gets anything."""
    histories = [OTHERS, OTHERS.forked_at(2)]
    barrier = threading.Barrier(16)

    def submit(number: int) -> tuple[int, int, bytes]:
        size = 5 + number // 2
        barrier.wait()
        status, _, text = running.post(histories[number % 2].body(0, size))
        return number, status, text

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(submit, range(16)))
    taken = [(number, text) for number, status, text in answers if status == 200]
    assert len(taken) == 1, "whoever comes first; all others name size 0, which is no more so"
    assert {status for _, status, _ in answers} == {200, 409}
    kept = open_witness(running.folder).known(OTHERS.key.name)
    assert kept == histories[taken[0][0] % 2].checkpoint(5 + taken[0][0] // 2)


def test_a_full_disk_cosigns_nothing(tmp_path: Path) -> None:
    running = RunningWitness(tmp_path / "witness", (LOG.verifier.text,))
    try:
        assert running.post(LOG.body(0, 3))[0] == 200
        limits = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (0, -1))
        status, _, text = running.post(LOG.body(3, 5))
        assert (status, text.split(b":")[0]) == (503, b"storage_full")
        assert running.post(LOG.body(5, 6))[::2] == (409, b"3\n"), "what was not kept was not seen"
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, limits)
        assert running.post(LOG.body(3, 5))[0] == 200
    finally:
        assert "Traceback" not in running.stop()[1]


KEY = WitnessKey()


def asked(server: Server) -> HttpWitness:
    return HttpWitness(server.url, KEY.verifier, Fetcher(LOCAL, 3), seconds=3)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (plain(b"", 500), "witness_unavailable"),
        (plain(b"", 204), "witness_unavailable"),
        (plain(b"8\n", 409), "witness_unavailable"),
        (plain(b"", 409, Content_Type="text/x.tlog.size"), "witness_unavailable"),
        (plain(b"-1\n", 409, Content_Type="text/x.tlog.size"), "witness_unavailable"),
        (plain(b"9" * 30 + b"\n", 409, Content_Type="text/x.tlog.size"), "witness_unavailable"),
        (plain(b"x" * (100 << 10)), "witness_unavailable"),
        (plain(b"\xff\x00", 403), "witness_refused"),
        (plain(b"<html>", 404), "witness_refused"),
        (plain(b"", 422), "witness_disagrees"),
    ],
)
def test_a_witness_that_answers_garbage(server: Server, answer: Answer, code: str) -> None:
    server.answer = answer
    with pytest.raises(AntinError) as caught:
        asked(server).add_checkpoint(LOG.body(0, 3))
    assert caught.value.code == code


def test_a_size_is_heard(server: Server) -> None:
    server.answer = plain(b"12\n", 409, Content_Type="text/x.tlog.size; charset=utf-8")
    assert asked(server).add_checkpoint(b"") == LastCosigned(12)
    assert server.seen == ["/add-checkpoint"]


def test_what_is_cosigned_is_not_believed_before_it_is_checked(server: Server) -> None:
    server.answer = plain(b"trust me")
    answer = asked(server).add_checkpoint(b"")
    with pytest.raises(AntinError) as caught:
        accept_answer(LOG.note(3), getattr(answer, "lines"), KEY.verifier, 0)  # noqa: B009 — either kind
    assert caught.value.code == "checkpoint_malformed"


def test_private_addresses_are_asked_only_where_settings_say_so() -> None:
    witness = HttpWitness("http://127.0.0.1:9", KEY.verifier, Fetcher(), seconds=3)
    with pytest.raises(AntinError) as caught:
        witness.add_checkpoint(b"")
    assert caught.value.code == "witness_unavailable"
    assert "not fetched from" in caught.value.detail
