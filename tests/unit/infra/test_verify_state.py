"""The state of a run: goes on after any end, and never trusts what it should not."""

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.infra.verify_state import Result, RunState

AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
RESULT = Result("a.pdf", 10, 20, "ab" * 32, "TOTAL-PASSED", "a.pdf: TOTAL-PASSED", '{"ồ": 1}')


def opened(path: Path, question: str = "q", at: datetime | None = AT) -> RunState:
    return RunState(path, question, at)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state file of two results."""
    path = tmp_path / "state"
    with opened(path) as run:
        run.add(RESULT)
        run.add(replace(RESULT, name="b\udcff.pdf"))
    return path


def code_of(path: Path, question: str = "q", at: datetime | None = AT) -> str:
    with pytest.raises(AntinError) as caught, opened(path, question, at):
        pass
    return caught.value.code


def test_what_was_noted_is_found_again(state: Path) -> None:
    with opened(state) as run:
        assert len(run) == 2
        assert run.find("a.pdf", 10, 20) == RESULT
        assert run.find("b\udcff.pdf", 10, 20) == replace(RESULT, name="b\udcff.pdf")
        assert run.find("c.pdf", 10, 20) is None


def test_what_changed_is_not_found(state: Path) -> None:
    with opened(state) as run:
        assert run.find("a.pdf", 11, 20) is None
        assert run.find("a.pdf", 10, 21) is None


def test_the_newest_result_counts(state: Path) -> None:
    newer = replace(RESULT, changed=30, conclusion="TOTAL-FAILED")
    with opened(state) as run:
        run.add(newer)
        assert run.find("a.pdf", 10, 30) == newer
    with opened(state) as run:
        assert run.find("a.pdf", 10, 30) == newer
        assert run.find("a.pdf", 10, 20) is None


def test_a_run_keeps_the_time_that_it_began_with(tmp_path: Path) -> None:
    with opened(tmp_path / "state", at=None) as run:
        begun = run.at
        assert len(run) == 0
    with opened(tmp_path / "state", at=None) as run:
        assert run.at == begun
    assert code_of(tmp_path / "state", at=begun + timedelta(seconds=1)) == "state_of_another_run"


def test_another_question_is_refused(state: Path) -> None:
    assert code_of(state, question="other") == "state_of_another_run"


def test_a_share_without_locks_is_told(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    assert code_of(state) == "state_malformed"


def test_two_runs_at_once_are_refused(state: Path) -> None:
    with opened(state):
        assert code_of(state) == "state_in_use"
    with opened(state):
        pass


def test_it_goes_on_wherever_it_was_cut_off(state: Path, tmp_path: Path) -> None:
    whole = state.read_bytes()
    first, second, _ = (len(line) + 1 for line in whole.splitlines())
    for length in range(first, len(whole)):
        cut = tmp_path / "cut"
        cut.write_bytes(whole[:length])
        with opened(cut) as run:
            assert len(run) == (length >= first + second)
            run.add(replace(RESULT, name="c.pdf"))
        with opened(cut) as run:
            assert run.find("c.pdf", 10, 20) is not None
    for length in range(1, first):
        cut.write_bytes(whole[:length])
        assert code_of(cut) == "state_malformed"


def test_a_changed_byte_is_noticed(state: Path) -> None:
    whole = state.read_bytes()
    for at in range(len(whole) - 1):
        data = bytearray(whole)
        data[at] ^= 1
        state.write_bytes(data)
        assert code_of(state) == "state_malformed"


def sealed(value: object) -> bytes:
    """Return a line as a careful forger writes it."""
    from hashlib import sha256

    body = json.dumps(value).encode()
    return sha256(body).hexdigest()[:16].encode() + b" " + body + b"\n"


HEAD = {"state": "antin-verify-state/1", "question": "q", "at": AT.isoformat()}


@pytest.mark.parametrize(
    "lines",
    [
        [{}],
        [[]],
        [HEAD | {"state": "antin-verify-state/2"}],
        [HEAD | {"at": "yesterday"}],
        [HEAD | {"at": "2026-05-04T03:02:01"}],
        [HEAD, []],
        [HEAD, {"name": "a.pdf"}],
        [HEAD, vars(RESULT) | {"more": 1}],
        [HEAD, vars(RESULT) | {"conclusion": "FINE"}],
        [HEAD, vars(RESULT) | {"conclusion": []}],
        [HEAD, vars(RESULT) | {"size": "10"}],
        [HEAD, vars(RESULT) | {"size": True}],
        [HEAD, vars(RESULT) | {"written": None}],
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, lines: list[object]) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"".join(map(sealed, lines)))
    assert code_of(path) == "state_malformed"


def test_what_is_changed_under_way_is_noticed(state: Path) -> None:
    with opened(state) as run:
        state.write_bytes(state.read_bytes().replace(b"PASSED", b"FAILED"))
        with pytest.raises(AntinError, match="state_malformed"):
            run.find("a.pdf", 10, 20)


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.joinpath("below").open("wb")])
def test_where_no_state_can_be_kept(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "state"
    if make is Path.mkdir:
        make(path)
    else:
        path = path / "below"
    assert code_of(path) == "state_malformed"


def test_a_full_disk_has_a_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    assert code_of(tmp_path / "state") == "storage_full"


def test_what_keeps_nothing_is_no_state(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        assert code_of(path) == "state_malformed"


def test_a_disk_that_tells_at_last_that_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert code_of(tmp_path / "state") == "storage_full"
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_link_to_another_file_leaves_that_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("one line\nand a half")
    (tmp_path / "state").symlink_to("other")
    assert code_of(tmp_path / "state") == "state_malformed"
    assert (tmp_path / "other").read_text() == "one line\nand a half"
