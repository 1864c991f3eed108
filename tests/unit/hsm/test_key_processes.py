"""Processes that use keys: killed, stopped, spread over, and never told a PIN that they needn't."""

import math
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from antin.core.errors import DefectError, KeyDeviceError
from antin.hsm import key_processes, softhsm
from antin.hsm.gate import PinGate
from antin.hsm.key_process import converse
from antin.hsm.key_processes import KeyProcesses
from antin.hsm.pins import PinProvider, pin_from_file
from antin.hsm.pkcs11 import KeyReference, KeyRoom, Pkcs11Key, list_keys, open_key
from antin.hsm.room import Staffing
from antin.hsm.wire import Channel, ChannelClosedError
from devpki.tokens import Token

pytestmark = pytest.mark.real("softhsm")


class Desk:
    """The token ``desk``, used through processes."""

    def __init__(self, folder: Path, token: Token, staffing: Staffing) -> None:
        softhsm.configure(folder)
        self.token = token
        self.module = softhsm.find_module()
        self.pin = pin_from_file(token.label, token.pin_file)
        self.room = KeyRoom(PinGate(), staffing)

    def key(self, label: str = "p256", pin: PinProvider | None = None) -> Pkcs11Key:
        reference = KeyReference(self.module, self.token.label, None, label)
        return open_key(reference, pin or self.pin, self.room)

    @property
    def processes(self) -> KeyProcesses:
        (device,) = self.room._devices.values()
        assert isinstance(device, KeyProcesses)
        return device


@pytest.fixture
def at_desk(desk: tuple[Path, Token]) -> Iterator[Desk]:
    made = Desk(*desk, Staffing(processes=2, sessions=2, seconds=20))
    yield made
    made.room.close()


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def all_stopped(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(path.read_text().rpartition(")")[2].split()[0] == "T" for path in threads)


def test_every_kind_of_key_signs(at_desk: Desk) -> None:
    for label in ("p256", "rsa", "asks", "ed25519"):
        key = at_desk.key(label)
        assert key.public_key == at_desk.token.public_keys[label]
        assert key.sign(b"data")
    listed = list_keys(at_desk.module, "desk", None, at_desk.pin, at_desk.room)
    assert {key.label: key.public_key for key in listed} == at_desk.token.public_keys


def test_work_is_spread_over_processes_and_sessions(at_desk: Desk) -> None:
    key = at_desk.key("rsa")
    together = threading.Barrier(4)

    def sign(number: int) -> bytes:
        together.wait(30)
        return key.sign(b"%d" % number)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(sign, range(4)))) == 4
    assert len(at_desk.processes.pids) == 2


def test_more_requests_than_sessions_wait_their_turn(at_desk: Desk) -> None:
    key = at_desk.key()
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(key.sign, [b"%d" % number for number in range(64)]))


def test_a_process_that_was_killed_is_replaced_unseen(at_desk: Desk) -> None:
    key = at_desk.key()
    (before,) = at_desk.processes.pids
    os.kill(before, signal.SIGKILL)
    assert key.sign(b"data")
    assert before not in at_desk.processes.pids


def test_the_only_process_is_replaced_unseen_too(desk: tuple[Path, Token]) -> None:
    made = Desk(*desk, Staffing(processes=1, sessions=2, seconds=20))
    key = made.key()
    (before,) = made.processes.pids
    os.kill(before, signal.SIGKILL)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(key.sign, [b"%d" % number for number in range(4)]))
    assert before not in made.processes.pids
    made.room.close()


def test_who_waits_for_a_process_that_ends_hears_of_it(desk: tuple[Path, Token]) -> None:
    at_desk = Desk(*desk, Staffing(processes=1, sessions=1, seconds=20))
    key = at_desk.key()
    with ThreadPoolExecutor(1) as pool:
        _, process, channel = at_desk.processes._take()
        waiting = pool.submit(code_of, key, b"waits")
        while not at_desk.processes._condition._waiters:  # type: ignore[attr-defined] # its own
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process._process.wait()
        assert code_of(key, b"finds it ended") in {None, "key_process_died"}
        assert waiting.result() in {None, "key_process_died"}
    channel.close()
    at_desk.room.close()


def test_a_desk_that_has_rested_is_staffed_for_who_waits(desk: tuple[Path, Token]) -> None:
    at_desk = Desk(*desk, Staffing(processes=2, sessions=1, seconds=20))
    key = at_desk.key()
    _, busy, held = at_desk.processes._take()  # and never gives it back
    assert key.sign(b"by the other one")
    (other,) = set(at_desk.processes.pids) - {busy.pid}
    os.kill(other, signal.SIGKILL)
    assert key.sign(b"data")
    held.close()
    at_desk.room.close()


def test_processes_that_are_killed_with_requests_under_way(at_desk: Desk) -> None:
    key = at_desk.key("rsa")
    together = threading.Barrier(5)

    def sign(number: int) -> list[str | None]:
        together.wait(30)
        return [code_of(key, b"%d" % other) for other in range(number, number + 200)]

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(sign, number) for number in range(4)]
        together.wait(30)
        for _ in range(3):
            for pid in at_desk.processes.pids:
                os.kill(pid, signal.SIGKILL)
            code_of(key, b"between")
        codes = {code for future in running for code in future.result(100)}
    # One that loses two processes in a row is told; nobody waits, nobody gets nothing. On a busy
    # machine all may be told: what counts is that it comes back.
    assert codes <= {None, "key_process_died"}
    until = time.monotonic() + 60
    while code_of(key, b"after") is not None:
        assert time.monotonic() < until
        time.sleep(0.05)  # the pause between two starts is the pool's own


def code_of(key: Pkcs11Key, data: bytes) -> str | None:
    try:
        assert key.sign(data)
    except KeyDeviceError as error:
        return error.code
    return None


def test_a_process_that_hangs_ends_in_a_code_and_its_end(desk: tuple[Path, Token]) -> None:
    made = Desk(*desk, Staffing(processes=1, sessions=1, seconds=1))
    key = made.key()
    (pid,) = made.processes.pids
    os.kill(pid, signal.SIGSTOP)
    while not all_stopped(pid):
        os.sched_yield()
    with pytest.raises(KeyDeviceError) as caught:
        key.sign(b"data")
    assert caught.value.code == "token_timeout"
    assert gone(pid)
    made.processes._staffing = Staffing(processes=1, sessions=1, seconds=20)
    made.processes._desks[0].not_before = 0.0
    assert key.sign(b"data")
    made.room.close()


def test_processes_that_keep_ending_are_left_alone_for_a_while(at_desk: Desk) -> None:
    key = at_desk.key()
    first, other = at_desk.processes._desks
    os.kill(at_desk.processes.pids[0], signal.SIGKILL)
    first.pause, other.not_before = 1000.0, math.inf
    with pytest.raises(KeyDeviceError) as caught:
        key.sign(b"data")
    assert caught.value.code == "key_process_died"
    assert at_desk.processes.pids == ()
    assert first.pause > 20  # and twice as long after the next time, up to half a minute
    other.not_before = 0.0
    assert key.sign(b"data")
    assert other.pause < 1


def test_no_free_session_in_time_has_a_code(desk: tuple[Path, Token]) -> None:
    made = Desk(*desk, Staffing(processes=1, sessions=1, seconds=20))
    key = made.key()
    held = made.processes._take()
    made.processes._staffing = Staffing(processes=1, sessions=1, seconds=0.05)
    with pytest.raises(KeyDeviceError) as caught:
        key.sign(b"data")
    assert caught.value.code == "token_timeout"
    made.processes._give_back(*held)
    made.room.close()


def test_all_processes_and_their_successors_send_a_wrong_pin_once(at_desk: Desk) -> None:
    sent = []

    def wrong() -> str:
        return "00000000x"

    original = at_desk.room.gate._remembering

    def counting(*arguments: object) -> object:
        sent.append(1)
        return original(*arguments)  # type: ignore[arg-type]  # what it is called with

    at_desk.room.gate._remembering = counting  # type: ignore[method-assign, assignment]  # a spy
    for _ in range(3):
        with pytest.raises(KeyDeviceError) as caught:
            at_desk.key(pin=wrong)
        assert caught.value.code == "pin_incorrect"
        at_desk.processes.close()
        for desk in at_desk.processes._desks:
            desk.not_before = 0.0
    assert sent == [1]
    assert at_desk.key().sign(b"data")


def test_the_pin_is_in_no_argument_and_no_variable_of_a_process(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = at_desk.pin()
    monkeypatch.setenv("ANTIN_DATABASE_URL", "postgresql://antin:secret@db/antin")
    at_desk.key()
    (pid,) = at_desk.processes.pids
    for name in ("cmdline", "environ"):
        shown = Path(f"/proc/{pid}/{name}").read_bytes()
        assert pin.encode() not in shown
        assert b"secret" not in shown
        assert b"antin.hsm.key_worker" in shown or name == "environ"
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert [line.split()[4:6] for line in limits.splitlines() if "core file" in line] == [
        ["0", "0"]
    ]


def test_a_worker_imports_little(at_desk: Desk) -> None:
    at_desk.key().sign(b"data")
    (pid,) = at_desk.processes.pids
    mapped = Path(f"/proc/{pid}/maps").read_text()
    assert "libsofthsm2" in mapped
    assert "cryptography" not in mapped


def test_closing_ends_the_processes(at_desk: Desk) -> None:
    at_desk.key()
    pids = at_desk.processes.pids
    at_desk.room.close()
    assert pids
    assert all(gone(pid) for pid in pids)


@pytest.mark.parametrize("module", ["/nowhere/libpkcs11.so", __file__])
def test_errors_of_modules_come_through(at_desk: Desk, module: str) -> None:
    with pytest.raises(KeyDeviceError) as caught:
        open_key(KeyReference(Path(module), "desk"), at_desk.pin, at_desk.room)
    assert caught.value.code in {"pkcs11_module_missing", "pkcs11_module_broken"}


def test_a_missing_pin_is_told_and_the_process_goes_on(at_desk: Desk) -> None:
    with pytest.raises(KeyDeviceError) as caught:
        at_desk.key(pin=lambda: "")
    assert caught.value.code == "pin_missing"
    assert at_desk.key().sign(b"data")


@pytest.mark.parametrize("said", [{}, {"value": 1}, {"value": "no hex"}, {"facts": []}], ids=str)
def test_a_process_that_talks_nonsense_is_ended(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch, said: dict[str, object]
) -> None:
    key = at_desk.key()
    pids = at_desk.processes.pids
    monkeypatch.setattr(key_processes, "converse", lambda *_: said)
    for call in (lambda: key.sign(b"data"), at_desk.key):
        with pytest.raises(KeyDeviceError) as caught:
            call()
        assert caught.value.code == "key_process_died"
    assert all(gone(pid) for pid in pids)


def test_a_stopped_process_hangs_nobody_with_a_long_request(desk: tuple[Path, Token]) -> None:
    made = Desk(*desk, Staffing(processes=1, sessions=1, seconds=20))
    key = made.key()
    made.processes._staffing = Staffing(processes=1, sessions=1, seconds=1)
    (pid,) = made.processes.pids
    os.kill(pid, signal.SIGSTOP)
    while not all_stopped(pid):
        os.sched_yield()
    with pytest.raises(KeyDeviceError) as caught:
        key.sign(b"data" * (1 << 20))
    assert caught.value.code == "token_timeout"
    assert gone(pid)
    made.room.close()


def test_a_process_that_wants_logins_without_end_is_ended() -> None:
    ours, theirs = Pipe()
    with ours, theirs:
        for _ in range(20):
            Channel(theirs).send({"login": True})
        gate = cast("PinGate", SimpleNamespace(login=lambda *_: None))
        with pytest.raises(ChannelClosedError):
            converse(Channel(ours), {"do": "sign"}, gate, str, 5)


def test_a_process_that_cannot_be_started_has_a_code(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(key_processes, "KeyProcess", refused)
    with pytest.raises(KeyDeviceError) as caught:
        at_desk.key()
    assert caught.value.code == "key_process_died"
    assert "Too many open files" in caught.value.detail


def test_a_forked_child_does_not_speak_over_its_parents_channels(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = at_desk.key()
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    with pytest.raises(DefectError):
        key.sign(b"data")


def test_a_token_that_was_seen_is_known_by_its_serial_number(at_desk: Desk) -> None:
    at_desk.key()
    serials = at_desk.processes._hello["serial"]
    assert serials
    assert at_desk.key()._serial == serials
