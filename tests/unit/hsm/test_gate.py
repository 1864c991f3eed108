"""Before a PIN reaches a token: once, never twice if it was wrong, never as its last try."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.errors import KeyDeviceError
from antin.hsm.gate import PinGate, TokenAlarm
from antin.hsm.pins import DeliberatePin, FilePin, PinProvider, pin_from_file
from antin.hsm.slots import TokenInfo

RIGHT = "1234"
INFO = TokenInfo("desk", "1", "Maker", "Model", pin_locked=False)


@dataclass
class Card:
    """Takes three wrong PINs in a row, shows its flags as cards do."""

    tries: int = 3
    sent: list[str] = field(default_factory=list)
    lost: bool = False
    shows: bool = True
    slow: int = 0
    """How often others are let go first while it thinks."""

    def look(self) -> TokenInfo:
        if not self.shows:
            return INFO
        return replace(
            INFO,
            pin_locked=self.tries == 0,
            pin_final_try=self.tries == 1,
            pin_low=self.tries < 3,
        )

    def take(self, pin: str) -> None:
        self.sent.append(pin)
        for _ in range(self.slow):
            os.sched_yield()
        if self.lost:
            raise KeyDeviceError("key_process_died", token="desk", detail="killed")
        if self.tries and pin == RIGHT:
            self.tries = 3
            return
        self.tries = max(0, self.tries - 1)
        code = "pin_incorrect" if self.tries else "pin_locked"
        raise KeyDeviceError(code, token="desk", rv="CKR_" + code.upper())


@dataclass
class Desk:
    card: Card = field(default_factory=Card)
    alarms: list[TokenAlarm] = field(default_factory=list)
    gate: PinGate = field(init=False)

    def __post_init__(self) -> None:
        self.gate = PinGate(self.alarms.append)

    def login(self, pin: str | PinProvider) -> str | None:
        provide: Callable[[], str] = (lambda: pin) if isinstance(pin, str) else pin
        try:
            self.gate.login(self.card.look, provide, self.card.take)
        except KeyDeviceError as error:
            return error.code
        return None


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_wrong_pin_reaches_the_token_once(desk: Desk) -> None:
    assert [desk.login("0000") for _ in range(3)] == ["pin_incorrect"] * 3
    assert desk.card.sent == ["0000"]
    assert desk.alarms == [TokenAlarm("desk", "1", "pin_incorrect")]


def test_a_corrected_pin_is_tried(desk: Desk) -> None:
    assert desk.login("0000") == "pin_incorrect"
    assert desk.login(RIGHT) is None
    assert desk.login("0000") == "pin_incorrect"
    assert desk.card.sent == ["0000", RIGHT]


def test_a_last_try_is_left_to_a_person(desk: Desk) -> None:
    desk.card.tries = 1
    assert [desk.login(RIGHT) for _ in range(2)] == ["pin_final_try"] * 2
    assert desk.card.sent == []
    assert desk.alarms == [TokenAlarm("desk", "1", "pin_final_try")]
    assert desk.gate.alarms == tuple(desk.alarms)
    assert desk.gate.stopped("desk", "1")
    assert desk.login(DeliberatePin("desk", lambda _token: RIGHT)) is None
    assert not desk.gate.stopped("desk", "1")
    assert desk.gate.alarms == ()
    assert desk.login(RIGHT) is None


def test_what_a_person_set_right_elsewhere_is_seen_by_the_flags(desk: Desk) -> None:
    desk.card.tries = 1
    assert desk.login(RIGHT) == "pin_final_try"
    desk.card.tries = 3
    assert desk.login(RIGHT) is None
    assert desk.gate.alarms == ()


def test_a_locked_token_is_left_alone_by_everybody(desk: Desk) -> None:
    desk.card.tries = 0
    assert desk.login(RIGHT) == "pin_locked"
    assert desk.login(DeliberatePin("desk", lambda _token: RIGHT)) == "pin_locked"
    assert desk.card.sent == []
    assert [alarm.code for alarm in desk.alarms] == ["pin_locked"]


def test_a_token_that_locks_while_it_is_asked_stops(desk: Desk) -> None:
    desk.card = Card(tries=1, shows=False)
    assert desk.login("0000") == "pin_locked"
    assert desk.gate.stopped("desk", "1")


def test_an_answer_that_never_came_is_believed_to_have_been_no_if_tries_are_missing(
    desk: Desk,
) -> None:
    desk.card.lost = True
    assert desk.login("0000") == "key_process_died"
    desk.card.lost = False
    desk.card.tries = 2
    assert desk.login("0000") == "pin_incorrect"
    assert desk.card.sent == ["0000"]


def test_an_answer_that_never_came_is_asked_for_again_if_no_try_is_missing(desk: Desk) -> None:
    desk.card.lost = True
    assert desk.login(RIGHT) == "key_process_died"
    desk.card.lost = False
    assert desk.login(RIGHT) is None


def test_empty_pin_is_never_tried(desk: Desk) -> None:
    assert desk.login("") == "pin_missing"
    assert desk.card.sent == []


def test_many_threads_send_a_wrong_pin_once(desk: Desk) -> None:
    together = threading.Barrier(16)
    desk.card.slow = 2000

    def try_it(_number: int) -> str | None:
        together.wait()
        return desk.login("0000")

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(try_it, range(16))) == {"pin_incorrect"}
    assert desk.card.sent == ["0000"]


def test_tokens_are_told_apart(desk: Desk) -> None:
    assert desk.login("0000") == "pin_incorrect"
    other = replace(INFO, serial="2")
    desk.gate.login(lambda: other, lambda: "0000", lambda _pin: None)


def test_the_pin_is_not_kept(desk: Desk) -> None:
    desk.login("97531")
    assert "97531" not in repr(vars(desk.gate))
    assert "97531" not in repr(desk.gate._memories)
    assert "97531" not in repr(DeliberatePin("desk", lambda _token: "97531"))


@given(st.lists(st.sampled_from([RIGHT, "0000", "1111", "2222", ""]), max_size=30))
def test_no_order_of_tries_locks_a_token_or_repeats_a_wrong_pin(pins: list[str]) -> None:
    desk = Desk()
    for pin in pins:
        desk.login(pin)
    wrong = [pin for pin in desk.card.sent if pin != RIGHT]
    assert len(wrong) == len(set(wrong))
    assert desk.card.tries > 0
    assert "" not in desk.card.sent


def pin_file(folder: Path, pin: str) -> Path:
    path = folder / "desk.pin"
    path.touch(mode=0o600)
    path.write_text(pin)
    return path


def test_a_wrong_pin_in_a_file_is_sent_once_by_all_processes(tmp_path: Path) -> None:
    provider = pin_from_file("desk", pin_file(tmp_path, "0000"))
    card = Card()
    for _ in range(4):  # as many gates as an installation has processes, or restarts
        desk = Desk(card)
        desk.gate = PinGate(desk.alarms.append, tmp_path / "refused")
        assert desk.login(provider) == "pin_incorrect"
    assert card.sent == ["0000"]


def test_a_file_that_was_written_anew_is_tried(tmp_path: Path) -> None:
    desk = Desk()
    desk.gate = PinGate(folder=tmp_path / "refused")
    assert desk.login(pin_from_file("desk", pin_file(tmp_path, "0000"))) == "pin_incorrect"
    (tmp_path / "desk.pin").unlink()
    again = Desk(desk.card)
    again.gate = PinGate(folder=tmp_path / "refused")
    assert again.login(pin_from_file("desk", pin_file(tmp_path, RIGHT))) is None


def test_what_processes_share_tells_nothing_of_the_pin(tmp_path: Path) -> None:
    desk = Desk()
    desk.gate = PinGate(folder=tmp_path / "refused")
    desk.login(pin_from_file("desk", pin_file(tmp_path, "97531")))
    (kept,) = (tmp_path / "refused").iterdir()
    assert kept.read_text()
    assert "97531" not in kept.read_text()


def test_notes_that_a_crash_cut_off_are_no_obstacle(tmp_path: Path) -> None:
    desk = Desk()
    desk.gate = PinGate(folder=tmp_path / "refused")
    provider = pin_from_file("desk", pin_file(tmp_path, RIGHT))
    assert desk.login(provider) is None
    (kept,) = (tmp_path / "refused").iterdir()
    kept.write_text('{"cut')
    assert desk.login(provider) is None


def test_a_pin_file_that_is_gone_is_a_missing_pin(tmp_path: Path) -> None:
    desk = Desk()
    desk.gate = PinGate(folder=tmp_path / "refused")
    assert desk.login(pin_from_file("desk", tmp_path / "nowhere")) == "pin_missing"


def test_a_refused_file_is_not_the_last_try_either(tmp_path: Path) -> None:
    provider = FilePin("desk", pin_file(tmp_path, "0000"))
    desk = Desk(Card(tries=2))
    desk.gate = PinGate(folder=tmp_path / "refused")
    assert desk.login(provider) == "pin_incorrect"
    assert desk.card.tries == 1
    deliberate = DeliberatePin("desk", lambda _token: provider(), provider)
    again = Desk(desk.card)
    again.gate = PinGate(folder=tmp_path / "refused")
    assert again.login(deliberate) == "pin_incorrect"
    assert desk.card.tries == 1


def test_a_refused_file_is_known_by_all_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    path = pin_file(tmp_path, "0000")
    (tmp_path / "link").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    for name in (path, Path("desk.pin"), tmp_path / "link"):
        again = Desk(desk.card)
        again.gate = PinGate(folder=tmp_path / "refused")
        assert again.login(pin_from_file("desk", name)) == "pin_incorrect"
    assert desk.card.sent == ["0000"]


@pytest.mark.parametrize(
    "rv", ["CKR_DEVICE_ERROR", "CKR_DEVICE_REMOVED", "CKR_GENERAL_ERROR", "CKR_0x80000001"]
)
@pytest.mark.parametrize("restarted", [False, True])
def test_an_error_that_does_not_tell_is_no_answer(
    tmp_path: Path, rv: str, *, restarted: bool
) -> None:
    provider = pin_from_file("desk", pin_file(tmp_path, "0000"))
    desk = Desk()
    desk.gate = PinGate(folder=tmp_path / "refused")

    def counted(pin: str) -> None:
        desk.card.tries -= 1
        desk.card.sent.append(pin)
        raise KeyDeviceError("token_failed", token="desk", rv=rv)

    with pytest.raises(KeyDeviceError):
        desk.gate.login(desk.card.look, provider, counted)
    if restarted:
        desk.gate = PinGate(folder=tmp_path / "refused")
    assert desk.login(provider) == "pin_incorrect"
    assert desk.card.sent == ["0000"]


@pytest.mark.parametrize("killed", [False, True])
def test_a_right_pin_whose_answer_was_lost_is_tried_by_the_successor(
    tmp_path: Path, *, killed: bool
) -> None:
    provider = pin_from_file("desk", pin_file(tmp_path, RIGHT))
    desk = Desk()
    desk.gate = PinGate(folder=tmp_path / "refused")

    def lost(_pin: str) -> None:
        if killed:
            raise KeyboardInterrupt
        raise KeyDeviceError("session_lost", token="desk", rv="CKR_SESSION_CLOSED")

    with pytest.raises((KeyDeviceError, KeyboardInterrupt)):
        desk.gate.login(desk.card.look, provider, lost)
    again = Desk(desk.card)
    again.gate = PinGate(folder=tmp_path / "refused")
    assert again.login(provider) is None
    (kept,) = (tmp_path / "refused").iterdir()
    assert kept.read_text() == "{}"
