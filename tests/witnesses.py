"""Witnesses for tests: the real program in a process of its own."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from antin.infra.fetch import Fetcher
from antin.infra.ledger.witness_folder import make_witness
from antin.infra.ledger.witness_http import HttpWitness
from antin.ledger.checkpoints.note import NoteVerifier
from devpki.pki import free_port

LOCAL = frozenset({"127.0.0.1"})
HEARD = frozenset(range(200, 600)) - {301, 302, 303, 307, 308}


@dataclass
class RunningWitness:
    """``antin ledger witness``; start it again after a kill on the same folder and port."""

    folder: Path
    logs: tuple[str, ...]
    name: str = "witness.example/w1"
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.verifier: NoteVerifier = make_witness(self.folder, self.name, self.logs)
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client(self) -> HttpWitness:
        return HttpWitness(self.url, self.verifier, Fetcher(LOCAL, 60), seconds=60)

    def start(self) -> None:
        program = [sys.executable, "-m", "antin.cli", "ledger", "witness"]
        where = ["--dir", str(self.folder), "--port", str(self.port)]
        # No installation of Antin's anywhere near: it needs none.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ANTIN_")}
        self.process = subprocess.Popen(
            [*program, *where], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.decode().rstrip().endswith(f":{self.port} until stopped"):
                return
            if self.url in line.decode():
                return
        raise AssertionError(self.process.communicate()[1].decode())

    def post(self, body: bytes) -> tuple[int, str, bytes]:
        """Submit ``body``; return status, content type and what was answered."""
        answer = Fetcher(LOCAL, 60).converse(
            f"{self.url}/add-checkpoint", body, limit=1 << 20, heard=HEARD, seconds=60
        )
        return answer.status, answer.content_type, answer.body

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> tuple[int, str]:
        """End it politely; return its exit code and what it logged."""
        if self.process.poll() is None:
            self.process.terminate()
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors.decode()
