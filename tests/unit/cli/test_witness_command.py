"""``antin ledger witness`` needs its folder and nothing else; strangers hold it up for moments."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from antin.cli.main import main
from antin.infra.ledger.witness_folder import open_witness
from antin.ledger.checkpoints.cosignature import parse_witness
from tests.growinglog import GrowingLog

LOG = GrowingLog()
SLOW = """
import socket, sys
from antin.cli.ledger import witness_server
witness_server.CONNECTION_SECONDS = 0.3
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
witness_server.serve_witness(listener)
"""


def test_a_witness_is_made_and_its_key_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "w")
    made = ["ledger", "witness", "init", "--dir", folder, "--name", "witness.example"]
    assert main([*made, "--log", LOG.verifier.text]) == 0
    key = capsys.readouterr().out.strip()
    assert parse_witness(key).name == "witness.example"
    assert open_witness(tmp_path / "w").verifier.text == key
    assert list(open_witness(tmp_path / "w").followed) == [LOG.key.name]
    assert main(made) == 2
    assert capsys.readouterr().err.startswith("antin: witness_folder_unusable: ")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--name", "two words", "--dir", "DIR"], "checkpoint_malformed"),
        (["--name", "w", "--dir", "DIR", "--log", "no key"], "ledger_key_malformed"),
        (["--name", "w", "--dir", "/dev/null/w"], "witness_folder_unusable"),
        (["--name", "w", "--dir", "DIR", "--passphrase", "/gone"], "file_unreadable"),
        (["--name", "w"], "usage"),
    ],
)
def test_what_makes_no_witness(
    more: list[str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word.replace("DIR", str(tmp_path / "w")) for word in more]
    assert main(["ledger", "witness", "init", *words]) != 0
    assert capsys.readouterr().err.startswith(f"antin: {code}: ")
    assert not (tmp_path / "w" / "key.pem").exists()


@pytest.fixture(autouse=True)
def no_folder_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command leaves its folder in the environment for the server that it starts."""
    monkeypatch.setenv("ANTIN_WITNESS_DIR", "")
    monkeypatch.delenv("ANTIN_WITNESS_DIR")


def test_what_can_not_be_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "witness", "--dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("antin: witness_folder_unusable: ")
    assert main(["ledger", "witness"]) == 2
    assert capsys.readouterr().err.startswith("antin: usage: ")


def test_an_address_that_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "w")
    assert main(["ledger", "witness", "init", "--dir", folder, "--name", "w"]) == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["ledger", "witness", "--dir", folder, "--port", port]) == 2
    assert "antin: address_taken: " in capsys.readouterr().err


def test_who_sends_nothing_is_cut_off(tmp_path: Path) -> None:
    """The head of a request has no end, a byte at a time: the connection has one."""
    folder = tmp_path / "w"
    assert main(["ledger", "witness", "init", "--dir", str(folder), "--name", "w"]) == 0
    program = subprocess.Popen(
        [sys.executable, "-c", SLOW],
        stdout=subprocess.PIPE,
        env={"ANTIN_WITNESS_DIR": str(folder)},
        text=True,
    )
    try:
        assert program.stdout is not None
        port = int(program.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), 30) as connection:
            connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost:")
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""
    finally:
        program.terminate()
        program.communicate(timeout=20)
