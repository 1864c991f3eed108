"""The demo's office: its folder, its servers, its people, what it does over HTTP."""

import base64
import socket
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2

from devpki.demo.recorder import DemoError, Http, Recorder, surroundings

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLES: Final = ROOT / "examples"
ANTIN: Final = Path(sys.executable).with_name("antin")
CODE: Final = "UBND-MAU"
NAME: Final = "Ủy ban nhân dân tỉnh Mẫu"
ORIGIN: Final = "antin.mau.example/ledger"
_STARTUP_SECONDS: Final = 30


@dataclass
class Office:
    """One run of the demo."""

    recorder: Recorder
    folder: Path
    port: int = 0
    people: dict[str, Http] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Where the service listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """What commands on the data directory need."""
        return {"ANTIN_DATA_DIR": str(self.data)}

    def antin(self, *argv: str | Path, expect: int = 0, **more: Any) -> str:
        """Run ``antin`` on the demo's data directory."""
        env = {**self.env, **more.pop("env", {})}
        return self.recorder.run(ANTIN, *argv, expect=expect, env=env, **more)

    def python(self, program: Path, *argv: str | Path, expect: int = 0) -> str:
        """Run a program that needs nothing of ours."""
        return self.recorder.run(sys.executable, program, *argv, expect=expect, keep=True)

    def tool(self, module: str, *argv: str | Path) -> str:
        """Run one of the repository's own programs."""
        env = {"PYTHONPATH": str(ROOT)}
        return self.recorder.run(sys.executable, "-m", module, *argv, env=env)

    # --- servers -------------------------------------------------------------------------------

    def start_trust_services(self) -> None:
        """Serve OCSP, CRLs and time-stamps, as the certificates say where."""
        self._start([sys.executable, "-m", "devpki.serve", str(self.folder / "world")])

    def start_service(self) -> None:
        """Start ``antin serve`` and wait until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        # The demo's next step needs this one done, however busy the machine is.
        patient = {**self.env, "ANTIN_TIMESTAMP_WAIT": "60"}
        self._start([str(ANTIN), "serve", "--port", str(self.port)], patient)
        deadline = time.monotonic() + _STARTUP_SECONDS
        while not self._is_ready():
            if time.monotonic() > deadline or self.processes[-1].poll() is not None:
                raise DemoError(f"antin serve did not start; see {self.folder / 'server.log'}")
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            answer = httpx2.get(f"{self.url}/health/ready", timeout=2, trust_env=False)
        except httpx2.HTTPError:
            return False
        return answer.status_code == 200

    def _start(self, argv: list[str], env: dict[str, str] | None = None) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    argv,
                    cwd=ROOT,
                    env=surroundings(env),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            )

    def stop(self) -> None:
        """Stop the servers that this run started, newest first."""
        while self.processes:
            process = self.processes.pop()
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    # --- work over HTTP ------------------------------------------------------------------------

    def hire(self, name: str, person: str, *roles: str) -> None:
        """Make a user with an API key of their own."""
        body = {"name": person, "agency_id": self.ids["agency"], "roles": roles}
        user = self.people["admin"].post("/v1/users", body, expect=201)
        self.ids[name] = user["id"]
        body = {"user_id": user["id"], "label": "demo"}
        secret = self.people["admin"].post("/v1/api-keys", body, expect=201)["secret"]
        key = self.data / "keys" / f"{name}.key"
        key.parent.mkdir(mode=0o700, exist_ok=True)
        key.touch(mode=0o600)
        key.write_text(f"{secret}\n")
        self.people[name] = Http(self.recorder, self.url, secret)
        if "signer" in roles:
            # By the number in the subject the certificates of later years would count, too.
            self.antin("user", "certificate", "add", user["id"], "--credential", name)

    def upload(self, name: str, path: Path, title: str, **fields: str) -> str:
        """Hand a document in."""
        form = {"agency_id": self.ids["agency"], "title": title, **fields}
        made = self.people["clerk"].post("/v1/documents", file=path, fields=form, expect=201)
        self.ids[name] = made["id"]
        return str(made["id"])

    def file(self, record: str, document: str) -> None:
        """Put a document into a record."""
        self.people["manager"].post(
            f"/v1/records/{self.ids[record]}/documents",
            {"document_id": self.ids[document]},
            expect=201,
        )

    def sign(self, document: str, officer: str, stamp: str, reason: str) -> None:
        """Ask an officer to sign; the officer signs with their own token."""
        task = self.people["clerk"].post(
            f"/v1/documents/{self.ids[document]}/signing-tasks",
            {"signer_id": self.ids[officer], "reason": reason, "stamp": read_stamp(stamp)},
            expect=201,
        )
        env = {
            "ANTIN_SERVER_URL": self.url,
            "ANTIN_API_KEY_FILE": str(self.data / "keys" / f"{officer}.key"),
        }
        self.antin("task", "sign", task["id"], "--credential", officer, env=env)

    def seal(self, document: str, stamp: str) -> None:
        """Put the agency's seal on a document."""
        self.people["clerk"].post(
            f"/v1/documents/{self.ids[document]}/seal", {"stamp": read_stamp(stamp)}
        )

    def download(self, document: str, target: Path) -> Path:
        """Fetch a document's newest revision."""
        path = f"/v1/documents/{self.ids[document]}/content"
        return self.people["clerk"].download(path, target)

    def close(self, record: str) -> dict[str, Any]:
        """Ask for a record to be closed and wait for the job's end."""
        manager = self.people["manager"]
        job = manager.post(f"/v1/records/{self.ids[record]}/close", expect=202)
        while job["state"] not in {"DONE", "FAILED"}:
            time.sleep(0.1)
            job = manager.get(f"/v1/jobs/{job['id']}", quiet=True)
        return manager.get(f"/v1/jobs/{job['id']}")


def read_stamp(name: str) -> dict[str, Any]:
    """Return one of the examples' stamps as the service takes it."""
    path = EXAMPLES / "appearance" / f"{name}.toml"
    stamp = tomllib.loads(path.read_text())
    if "image" in stamp:
        image = (path.parent / stamp["image"]).read_bytes()
        stamp["image"] = base64.b64encode(image).decode()
    return stamp
