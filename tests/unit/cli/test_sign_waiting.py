"""A batch that is faster than its key may be used waits for its turn, and not for ever."""

from contextlib import suppress
from pathlib import Path

import pytest

from antin.cli import local, many
from antin.cli import sign as command
from antin.cli.options import LevelName
from antin.core.errors import AntinError
from antin.flows.loose import Surroundings
from antin.hsm.guard import Guard, GuardedKey, Rule
from tests.trustworld import TrustWorld

LETTER = Path(__file__).parents[3] / "examples" / "letter.pdf"
JOB = command.Job(
    data=None,
    credential="officer-1",
    level=LevelName.B_B,
    field=None,
    reason=None,
    location=None,
    appearance=None,
    detached=False,
    repair=False,
    certify=None,
    lock=None,
)


class Time:
    """Goes by when somebody sleeps, only."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    going = Time()
    monkeypatch.setattr(command, "time", going)
    return going


@pytest.fixture
def guard(
    trust_world: TrustWorld, around: Surroundings, time: Time, monkeypatch: pytest.MonkeyPatch
) -> Guard:
    """Return the guard of a key that may be used twice a minute."""
    guard = Guard(Rule("officer-1", per_minute=2), time.monotonic)
    key = GuardedKey(trust_world.officer_a, guard)
    monkeypatch.setattr(local, "surroundings", lambda _data: around)
    monkeypatch.setattr(local, "signing_key", lambda _data, _name: key)
    return guard


def test_a_batch_waits_for_its_turn(guard: Guard, time: Time, tmp_path: Path) -> None:
    inputs = [tmp_path / f"{number}.pdf" for number in range(5)]
    for path in inputs:
        path.write_bytes(LETTER.read_bytes())
    began, out = time.now, tmp_path / "out"
    batch = many.Batch(1, "Signing", several=True)
    code = many.run(inputs, out, lambda *pair: command.sign_one(JOB, *pair), batch)
    assert code == 0
    assert sorted(path.name for path in out.iterdir()) == [path.name for path in inputs]
    assert guard.uses.signed == 5
    # Two at once, two in the second minute, the fifth in the third.
    assert 120 <= time.now - began < 125


def test_what_others_use_up_is_not_waited_for_for_ever(
    guard: Guard, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(seconds: float) -> None:
        time.now += seconds
        use_up(guard)
        use_up(guard)

    use_up(guard)
    use_up(guard)
    monkeypatch.setattr(time, "sleep", greedy)
    began = time.now
    with pytest.raises(AntinError) as caught:
        command.sign_one(JOB, LETTER, tmp_path / "a.pdf")
    assert caught.value.code == "key_rate_exceeded"
    assert time.now - began < 80
    assert list(tmp_path.iterdir()) == []


def use_up(guard: Guard) -> None:
    """Let somebody else use the key, if it may be used."""
    with suppress(AntinError):
        guard.use(bytes, b"else")
