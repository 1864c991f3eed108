"""``antin ledger follow``: prints what comes, ends by Ctrl-C, goes on where it stopped."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from antin.cli import texts
from antin.cli.failures import INTERRUPTED
from antin.cli.main import main
from antin.cli.session import acting
from antin.flows import administration
from tests.terminal import Terminal

pytestmark = pytest.mark.usefixtures("signals")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    names = ("--origin", "ledger.example/test", "--agency-code", "MAU", "--agency-name", "UBND Mẫu")
    assert main(["init", "--data", str(folder), *names, "--admin", "Quản trị"]) == 0
    monkeypatch.setenv("ANTIN_DATA_DIR", str(folder))
    monkeypatch.setenv("ANTIN_API_KEY_FILE", str(folder / "admin.key"))
    texts.language.cache_clear()
    return folder


def grow(data: Path, name: str) -> None:
    """Make an agency: two entries."""
    with acting(data) as me:
        administration.create_agency(me.services, me.call("test"), name, name)


class Following:
    """The command in a process of its own, which ends when the test does."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "antin.cli", "ledger", "follow", "--format", "json"]
        self.process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
        self._late = threading.Timer(120, self.process.kill)
        self._late.start()

    def next(self) -> int:
        """Return the index of the next entry that it prints; waits for it."""
        assert self.process.stdout is not None
        index: int = json.loads(self.process.stdout.readline())["index"]
        return index

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        with self.process.stdout:
            assert self.process.stdout.read() == ""
        self._late.cancel()
        return self.process.wait(60)


@pytest.fixture
def following() -> Iterator[list[Following]]:
    started: list[Following] = []
    yield started
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_new_entries_are_printed_as_they_come(data: Path, following: list[Following]) -> None:
    one = Following("--from", "1")
    following.append(one)
    assert [one.next(), one.next()] == [1, 2]
    grow(data, "A")
    assert [one.next(), one.next()] == [3, 4]
    assert one.stop() == INTERRUPTED


def test_by_name_it_goes_on_where_it_stopped(data: Path, following: list[Following]) -> None:
    following.append(Following("--name", "desk", "--from", "0"))
    assert [following[0].next() for _ in range(3)] == [0, 1, 2]
    grow(data, "A")
    assert [following[0].next() for _ in range(2)] == [3, 4]
    while cursor(data) != 5:
        assert following[0].process.poll() is None
    assert following[0].stop() == INTERRUPTED
    grow(data, "B")
    following.append(Following("--name", "desk", "--from", "0"))
    assert [following[1].next() for _ in range(2)] == [5, 6]
    assert following[1].stop() == INTERRUPTED


def cursor(data: Path) -> int:
    with acting(data) as me:
        name = f"{me.principal.id}/desk"
        found = me.services.work.read(lambda s: s.cursors.get(name))
    return found.position if found else 0


def test_a_reader_whose_key_is_taken_back_sees_no_more(
    data: Path, following: list[Following]
) -> None:
    with acting(data) as me:
        (key,) = administration.list_api_keys(me.services, me.principal)
    one = Following("--from", "2")
    following.append(one)
    assert one.next() == 2
    with acting(data) as me:
        administration.revoke_api_key(me.services, me.call("test"), str(key["id"]))
    assert one.process.wait(60) == 1


def test_on_a_narrow_terminal_an_entry_has_two_lines(data: Path) -> None:
    command = [sys.executable, "-m", "antin.cli", "ledger", "follow", "--from", "0"]
    terminal = Terminal(command, {**os.environ, "COLUMNS": "80"})
    while "user.created" not in terminal.shown:
        assert terminal._read(1)
    os.write(terminal._ours, b"\x03")
    assert terminal.end() == INTERRUPTED
    lines = terminal.shown.splitlines()
    assert lines[0].startswith("0  ")
    assert lines[0].endswith("agency.created")
    assert lines[1].startswith("    agency/")
    assert max(map(len, lines)) <= 80


def test_a_name_is_a_plain_word(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "follow", "--name", "a/b"]) == 2
    assert "antin: request_invalid: " in capsys.readouterr().err
