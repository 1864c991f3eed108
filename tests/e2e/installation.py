"""An office of its own for end-to-end tests: a data directory, SoftHSM tokens, the real program."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from antin.core.ids import new_id
from devpki.pki import free_port
from tests.trustworld import TrustWorld

AGENCY = "UBND-MAU"
ORIGIN = "ledger.example.vn/test"


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The code in ``antin: CODE: sentence``, of the last such line."""
        lines = [line for line in self.err.splitlines() if line.startswith("antin: ")]
        return lines[-1].split(": ")[1] if lines else ""


@dataclass(frozen=True)
class Office:
    """A data directory that ``antin`` works on."""

    data: Path
    world: TrustWorld
    variables: Mapping[str, str] = field(default_factory=dict)
    """More of the shell's, e.g. settings."""

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of a shell in which somebody works for this office."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANTIN_", "SOFTHSM"))}
        ours = {"ANTIN_DATA_DIR": str(self.data), "ANTIN_LANGUAGE": "en"}
        return {**kept, **ours, **self.variables, **more}

    def antin(self, *arguments: str | Path, **variables: str) -> Outcome:
        """Run the program as a user would and say how it ended."""
        done = subprocess.run(
            [sys.executable, "-m", "antin.cli", *map(str, arguments)],
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return Outcome(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str | Path, **variables: str) -> Any:
        """Run a listing command and return what it printed."""
        outcome = self.antin(*arguments, "--format", "json", **variables)
        assert outcome.code in {0, 1, 3, 4}, outcome.err
        return json.loads(outcome.out)

    @property
    def admin_key(self) -> str:
        return (self.data / "admin.key").read_text().strip()

    def add_credential(self, name: str, token: str, key: str, *more: str, pin: Path) -> None:
        """Add one of the world's keys to the settings."""
        arguments = ["--token", token, "--key-label", key, "--pin-file", str(pin), *more]
        outcome = self.antin("credential", "add", name, *arguments)
        assert outcome.code == 0, outcome.err


def make_office(
    folder: Path, world: TrustWorld, *, tsa_url: str | None = None, **variables: str
) -> Office:
    """Make a data directory with the world's tokens and trust, by the program's own commands."""
    assert world.token_world is not None
    # On a machine that does ten things at once nothing is quick; what is slow by intent says so.
    patient = {"ANTIN_TIMESTAMP_WAIT": "60", **variables}
    office = Office(folder / "data", world, patient)
    shutil.copytree(world.token_world.token_folder / "tokens", office.data / "tokens")
    pins = office.data / "pins"
    shutil.copytree(world.token_world.token_folder / "pins", pins)
    made = office.antin(
        "init",
        *("--origin", ORIGIN, "--agency-code", AGENCY, "--agency-name", "UBND tỉnh Mẫu"),
        *("--admin", "Quản trị viên Mẫu", "--ledger-credential", "checkpoint", "--softhsm"),
        *("--tsa-url", tsa_url or world.tsa_url, "--trust", world.trust_folder),
        *("--allow-private", "127.0.0.1"),
    )
    assert made.code == 0, made.err
    for officer in ("officer-1", "officer-2"):
        office.add_credential(officer, officer, officer, pin=pins / f"{officer}.pin")
    pin = pins / "agency.pin"
    office.add_credential("seal", "agency", "seal", "--agency", AGENCY, pin=pin)
    office.add_credential("checkpoint", "agency", "checkpoint", pin=pin)
    return office


def register(office: Office, user_id: str, credential: str = "officer-1") -> None:
    """Let a user sign by the certificate of one of the settings' keys."""
    command = ("user", "certificate", "add", user_id, "--credential", credential)
    done = office.antin(*command, ANTIN_API_KEY_FILE=str(office.data / "admin.key"))
    assert done.code == 0, done.err


@dataclass(frozen=True)
class Client:
    """An HTTP caller with an API key."""

    http: httpx2.Client

    def get(self, path: str) -> httpx2.Response:
        return self.http.get(path)

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, key: str | None = None, **more: Any
    ) -> httpx2.Response:
        """Post ``body`` as JSON under a fresh Idempotency-Key, or under ``key``."""
        headers = {"Idempotency-Key": key or new_id()}
        if body is not None:
            more["json"] = body
        return self.http.post(path, headers=headers, **more)

    def upload(self, file: Path, key: str | None = None, **fields: str) -> httpx2.Response:
        """Hand in a document."""
        with file.open("rb") as content:
            files = {"file": (file.name, content, "application/pdf")}
            return self.post("/v1/documents", key=key, files=files, data=fields)


@contextmanager
def serving(office: Office, log: Path) -> Iterator[str]:
    """Run ``antin serve`` and give its URL; its output goes to ``log``."""
    process, url = start_serving(office, log)
    try:
        yield url
    finally:
        process.terminate()
        code = process.wait(60)
    assert code == 0, log.read_text()


def start_serving(office: Office, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start ``antin serve``, whose output is added to ``log``; give it once it is ready."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "antin.cli", "serve", "--port", str(port)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=office.environment(), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(url, process, log)
    except BaseException:  # whatever it is, no server is to stay behind
        process.terminate()
        process.wait(60)
        raise
    return process, url


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    transport = httpx2.HTTPTransport(retries=50)
    with httpx2.Client(transport=transport, timeout=30) as client:
        while process.poll() is None:
            try:
                if client.get(f"{url}/health/ready").status_code == 200:
                    return
            except httpx2.TransportError:
                continue
    raise AssertionError(log.read_text())
