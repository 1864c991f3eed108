"""Runs public commands and HTTP calls, and writes down what ran, how it ended, what it made."""

import hashlib
import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

Told = Callable[[str], None]


def surroundings(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a command: ours and ``settings``.

    Settings of the caller's own installation are left out: the summary would not quote them.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTIN_")}
    return {**kept, **(settings or {})}


class DemoError(Exception):
    """A step did not end as it has to; the message quotes the command and what it said."""


@dataclass(frozen=True)
class Step:
    """One command or call that ran."""

    step: str
    """Which part of the demo it belongs to."""
    command: str
    exit_code: int
    """Of the command; for an HTTP call 0 if the status was the expected one."""
    seconds: float
    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of the files it made, by path below the demo's folder."""
    http_status: int | None = None
    answer: str | None = None
    """What it said, where that is the point of the step."""

    def as_json(self) -> dict[str, Any]:
        """Return the step as it stands in ``summary.json``."""
        shown = {
            "step": self.step,
            "command": self.command,
            "exit_code": self.exit_code,
            "seconds": round(self.seconds, 3),
            "digests": dict(self.digests),
        }
        if self.http_status is not None:
            shown["http_status"] = self.http_status
        if self.answer is not None:
            shown["answer"] = self.answer
        return shown


class Recorder:
    """Everything the demo does goes through here."""

    def __init__(self, folder: Path, told: Told) -> None:
        self.folder = folder
        self.steps: list[Step] = []
        self.step = ""
        self._told = told

    def run(
        self,
        *argv: str | Path,
        expect: int = 0,
        env: Mapping[str, str] | None = None,
        made: Iterable[Path] = (),
        keep: bool = False,
    ) -> str:
        """Run a command in the demo's folder and return its standard output.

        ``expect`` is the exit code that it has to end with, ``made`` the files whose digests are
        written down. Error: ``DemoError``.
        """
        words = [str(word) for word in argv]
        settings = " ".join(f"{k}={shlex.quote(self._short(v))}" for k, v in (env or {}).items())
        command = " ".join(filter(None, (settings, shlex.join(map(self._short, words)))))
        self._told(command)
        began = time.monotonic()
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=surroundings(env),
            capture_output=True,
            text=True,
            check=False,
        )
        self.steps.append(
            Step(
                self.step,
                command,
                done.returncode,
                time.monotonic() - began,
                self._digests(made),
                answer=self._short((done.stdout + done.stderr).strip()) if keep else None,
            )
        )
        if done.returncode != expect:
            raise DemoError(
                f"{command}\nended with exit code {done.returncode}, not {expect}\n"
                f"{done.stdout}{done.stderr}"
            )
        return done.stdout

    def note_http(
        self,
        call: str,
        status: int,
        expected: int,
        seconds: float,
        answer: str,
        made: Iterable[Path] = (),
    ) -> None:
        """Write down an HTTP call; ``DemoError`` when its status is not the expected one."""
        self._told(call)
        good = status == expected
        self.steps.append(
            Step(
                self.step,
                call,
                0 if good else 1,
                seconds,
                self._digests(made),
                http_status=status,
                answer=None if good else answer,
            )
        )
        if not good:
            raise DemoError(f"{call}\nanswered {status}, not {expected}\n{answer}")

    def _digests(self, files: Iterable[Path]) -> dict[str, str]:
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }

    def _short(self, word: str) -> str:
        """Return ``word`` as a user in the demo's folder would type it."""
        return word.replace(f"{self.folder}/", "")

    def write_summary(self, extra: Mapping[str, Any]) -> Path:
        """Write ``summary.json`` and return its path."""
        path = self.folder / "summary.json"
        summary = {**extra, "steps": [step.as_json() for step in self.steps]}
        path.write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n")
        return path


class Http:
    """Calls to the running service as one of its users."""

    def __init__(self, recorder: Recorder, base_url: str, api_key: str) -> None:
        self._recorder = recorder
        self._client = httpx2.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=120,
            trust_env=False,
        )
        self._calls = 0

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        file: Path | None = None,
        fields: Mapping[str, Any] | None = None,
        expect: int = 200,
    ) -> dict[str, Any]:
        """POST JSON, or a file with form fields; each call has an Idempotency-Key of its own."""
        self._calls += 1
        key = hashlib.sha256(f"{id(self)}/{self._calls}/{time.monotonic_ns()}".encode()).hexdigest()
        began = time.monotonic()
        arguments: dict[str, Any] = {"headers": {"Idempotency-Key": key}}
        if file is not None:
            arguments["files"] = {"file": (file.name, file.read_bytes(), "application/pdf")}
            arguments["data"] = dict(fields or {})
        else:
            arguments["json"] = dict(body or {})
        answer = self._client.post(path, **arguments)
        return self._noted("POST", answer, expect, began)

    def get(self, path: str, expect: int = 200, *, quiet: bool = False) -> dict[str, Any]:
        """GET a JSON resource; ``quiet`` calls (polling) are not written down."""
        began = time.monotonic()
        answer = self._client.get(path)
        if quiet:
            found: dict[str, Any] = answer.json()
            return found
        return self._noted("GET", answer, expect, began)

    def list(self, path: str) -> list[dict[str, Any]]:
        """GET a JSON list."""
        began = time.monotonic()
        answer = self._client.get(path)
        seconds = time.monotonic() - began
        call = f"GET {answer.request.url}"
        self._recorder.note_http(call, answer.status_code, 200, seconds, answer.text)
        found: list[dict[str, Any]] = answer.json()
        return found

    def download(self, path: str, target: Path) -> Path:
        """GET a file into ``target``."""
        began = time.monotonic()
        answer = self._client.get(path)
        seconds = time.monotonic() - began
        target.write_bytes(answer.content)
        call = f"GET {answer.request.url}"
        self._recorder.note_http(call, answer.status_code, 200, seconds, answer.text, [target])
        return target

    def _noted(
        self, method: str, answer: httpx2.Response, expect: int, began: float
    ) -> dict[str, Any]:
        call = f"{method} {answer.request.url}"
        seconds = time.monotonic() - began
        self._recorder.note_http(call, answer.status_code, expect, seconds, answer.text)
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found
