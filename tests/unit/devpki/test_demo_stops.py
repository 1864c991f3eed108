"""The demo ends its servers whatever the person at the terminal does, and says where things lie."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devpki.demo import __main__ as demo
from devpki.demo.office import Office
from devpki.demo.screen import Screen


@pytest.fixture
def terminated(signals: None) -> Iterator[None]:
    """Put back what the demo makes of SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("terminated")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_interruption_does_not_keep_servers_from_being_stopped(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[bool] = []

    def play(*_: object) -> None:
        os.kill(os.getpid(), number)

    def stop(_office: Office) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        stopped.append(True)

    monkeypatch.setattr(demo, "play", play)
    monkeypatch.setattr(Office, "stop", stop)
    monkeypatch.setattr(sys, "argv", ["demo", "--dir", str(tmp_path / "demo")])

    assert demo.main() == 130
    assert stopped == [True]


def test_the_table_names_places_as_they_were_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Screen("en", verbose=False).tables(Path("build/demo"), {})

    shown = capsys.readouterr().out
    for name in ("signed", "closed", "data", "trust", "extracted", "tampered"):
        assert f"build/demo/{name}/" in shown
