"""Signing tasks from the command line: what is tried again, what is not, what is told."""

import signal
from pathlib import Path
from typing import Any

import pytest

from antin.cli import task_signing
from antin.cli.warned import remarks_of
from antin.core.errors import AntinError, ConflictError, RefusedError
from antin.pki.algorithms import SignatureAlgorithm
from tests.trustworld import TrustWorld

CHANGED = ConflictError("document_changed")


class Attempts:
    """Stands for ``sign_task``: fails in the given ways, then signs."""

    def __init__(self, *failures: AntinError, pending: bool = False) -> None:
        self.failures = list(failures)
        self.count = 0
        self.timestamp = "pending" if pending else None

    def __call__(self, server: Any, task_id: str, *_: Any) -> dict[str, Any]:
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        state = "SIGNED" if self.timestamp else "COMPLETED"
        return {"id": task_id, "state": state, "timestamp": self.timestamp}


def run(
    monkeypatch: pytest.MonkeyPatch, attempts: Attempts, *tasks: str, shown: Path | None = None
) -> int:
    monkeypatch.setattr(task_signing, "sign_task", attempts)
    nothing: Any = None
    return task_signing.sign_tasks(nothing, list(tasks), nothing, shown)


def test_a_document_that_others_sign_meanwhile_is_prepared_anew(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    attempts = Attempts(CHANGED, CHANGED)
    assert run(monkeypatch, attempts, "t1") == 0
    assert attempts.count == 3
    assert capsys.readouterr().out == "t1: COMPLETED\n"


def test_not_for_ever(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    attempts = Attempts(*[CHANGED] * 10)
    assert run(monkeypatch, attempts, "t1") == 1
    assert attempts.count == 3
    assert "document_changed" in capsys.readouterr().err


def test_what_somebody_looked_at_themselves_is_not_exchanged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    attempts = Attempts(CHANGED)
    assert run(monkeypatch, attempts, "t1", shown=tmp_path / "looked-at.pdf") == 1
    assert attempts.count == 1


def test_what_one_task_refuses_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    attempts = Attempts(RefusedError("prepared_document_wrong", detail="x"))
    assert run(monkeypatch, attempts, "t1", "t2") == 1
    told = capsys.readouterr()
    assert told.out.startswith("t2: COMPLETED\n")
    assert "prepared_document_wrong" in told.err


def test_a_pending_time_stamp_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, Attempts(pending=True), "t1") == 0
    out = capsys.readouterr().out
    assert out.startswith("t1: SIGNED (")


@pytest.mark.parametrize(
    "warnings",
    [None, "none", {}, [None, 7, []], [{}], [{"code": ["x"], "values": 7}], [{"code": "form_xfa"}]],
)
def test_warnings_are_shown_whatever_they_are(warnings: Any) -> None:
    for remark in remarks_of(warnings):
        assert remark.code.isprintable()
        assert remark.sentence.isprintable()


def test_a_warning_is_said_in_words_of_ours() -> None:
    values = {"standard": "PDF/A-2b", "reason": "\x1b[2J"}
    known = {"code": "conformance_lost", "detail": "else", "values": values}
    unknown = {"code": "of_tomorrow", "detail": "Something\nnew", "values": {}}
    one, other = remarks_of([known, unknown])
    assert "PDF/A-2b" in one.sentence
    assert "\x1b" not in one.sentence
    assert (other.code, "new" in other.sentence) == ("of_tomorrow", True)


class Answering:
    """A server that answers what it was told to."""

    def __init__(self, task: dict[str, Any], prepared: Any) -> None:
        self.task, self.prepared = task, prepared
        self.posted: list[str] = []

    def get(self, path: str) -> Any:
        return self.task

    def post(self, path: str, body: Any) -> Any:
        self.posted.append(path)
        return {"prepared": self.prepared}


GOOD = {"field": "Sig1", "byte_range": [0, 1, 2, 3], "signed_attributes": ""}


@pytest.mark.parametrize(
    ("task", "prepared", "code"),
    [
        ({}, None, "prepared_document_wrong"),
        ({}, {}, "prepared_document_wrong"),
        ({}, {**GOOD, "byte_range": [0, 1, 2]}, "prepared_document_wrong"),
        ({}, {**GOOD, "byte_range": 7}, "prepared_document_wrong"),
        ({}, {**GOOD, "signed_attributes": "é"}, "prepared_document_wrong"),
        ({"certify": "everything"}, GOOD, "prepared_document_wrong"),
        ({"certify": ["no-changes"]}, GOOD, "prepared_document_wrong"),
        ({"lock": 7}, GOOD, "prepared_document_wrong"),
        ({"lock": ","}, GOOD, "request_invalid"),
    ],
)
def test_what_a_server_answers_amiss_is_a_code(
    trust_world: TrustWorld, tmp_path: Path, task: dict[str, Any], prepared: Any, code: str
) -> None:
    server: Any = Answering(task, prepared)
    with pytest.raises(AntinError) as caught:
        task_signing.sign_task(server, "t1", trust_world.officer_a, tmp_path / "x.pdf", tmp_path)
    assert caught.value.code == code
    assert server.posted == ["/v1/signing-tasks/t1/prepare"], "nothing was signed"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"prepared": None},
        {"prepared": {"field": "S", "byte_range": [0, 1, 2, 3], "signed_attributes": 5}},
        {"prepared": {"field": "S", "byte_range": [0, 1, 2, 3], "signed_attributes": "\u00e9"}},
        {"prepared": {"field": "S", "byte_range": [0, 1, 2], "signed_attributes": ""}},
        {"prepared": {"field": "S", "byte_range": [0, 1, 2, "3"], "signed_attributes": ""}},
        {"prepared": {"field": 1, "byte_range": [0, 1, 2, 3], "signed_attributes": ""}},
    ],
)
def test_an_answer_that_is_none_is_refused_and_nothing_signed(
    answer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Server:
        def get(self, path: str, **_: str) -> Any:
            return {"document_id": "d", "revision_id": "r"}

        def post(self, path: str, body: Any) -> Any:
            return answer

        def download(self, path: str, target: Path) -> None:
            target.write_bytes(b"%PDF-1.7")

    class Key:
        certificate = b"certificate"
        public_key = b""
        algorithm = SignatureAlgorithm("ecdsa", "sha256")

        def sign(self, data: bytes) -> bytes:
            raise AssertionError("nothing is signed")

    shown = tmp_path / "shown.pdf"
    shown.write_bytes(b"%PDF-1.7")
    server: Any = Server()
    assert task_signing.sign_tasks(server, ["t1", "t2"], Key(), shown) == 1
    assert capsys.readouterr().err.count("prepared_document_wrong") == 2


def test_an_answer_of_another_kind_does_not_hold_up_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Server:
        def get(self, path: str, **_: str) -> Any:
            return []

    server: Any = Server()
    key: Any = type("Key", (), {"certificate": b"x"})()
    assert task_signing.sign_tasks(server, ["t1", "t2"], key, None) == 70
    assert capsys.readouterr().err.count("antin: defect") == 2


def test_documents_do_not_stay_behind_when_it_is_told_to_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def ended(server: Any, task_id: str, key: Any, shown: Any, folder: Path) -> dict[str, Any]:
        (folder / "shown.pdf").write_bytes(b"secret")
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("it goes on")

    monkeypatch.setattr(task_signing, "sign_task", ended)
    nothing: Any = None
    with pytest.raises(SystemExit) as left:
        task_signing.sign_tasks(nothing, ["t1"], nothing, None)
    assert left.value.code == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
