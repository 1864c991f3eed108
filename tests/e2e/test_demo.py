"""The demo, as ``make demo`` runs it, and what its folder is good for after its servers stopped."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ANTIN = Path(sys.executable).with_name("antin")

pytestmark = [
    pytest.mark.real("softhsm", "pdfsig", "openssl"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that has ended, moved away from where it ran."""
    folder = tmp_path_factory.mktemp("demo") / "ran-here"
    subprocess.run(
        [sys.executable, "-m", "devpki.demo", "--dir", folder, "--lang", "en"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        # What somebody exported for their own installation is none of the demo's business.
        env={**os.environ, "ANTIN_TSA_URL": "http://127.0.0.1:9/", "ANTIN_TRUST_DIR": "/nowhere"},
    )
    return folder.rename(folder.with_name("moved"))


def run(*argv: str | Path, data: Path | None = None) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANTIN_")}
    if data is not None:
        env["ANTIN_DATA_DIR"] = str(data)
    return subprocess.run(
        list(map(str, argv)), env=env, capture_output=True, text=True, check=False
    )


def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return found


def test_its_folder_holds_what_it_promises(played: Path) -> None:
    signed = {path.name for path in (played / "signed").iterdir()}
    assert signed == {"letter.pdf", "letter-attachment.pdf", "report.pdf"}
    closed = {path.name for path in (played / "closed").iterdir()}
    assert closed >= signed | {"closure.json", "closure.json.p7s", "certificate.pdf"}
    assert "receipt.txt" in closed
    assert (played / "ledger" / "verify_ledger.py").is_file()
    assert (played / "data" / "antin.db").is_file()
    assert (played / "trust" / "root.pem").is_file()


def test_every_step_quotes_its_command_and_what_it_made(played: Path) -> None:
    steps = summary(played)["steps"]
    assert all({"command", "exit_code", "seconds", "digests"} <= step.keys() for step in steps)
    made = {path: digest for step in steps for path, digest in step["digests"].items()}
    downloaded = [*(played / "signed").iterdir(), *(played / "closed").iterdir()]
    assert downloaded
    for path in (str(file.relative_to(played)) for file in downloaded):
        assert made[path] == hashlib.sha256((played / path).read_bytes()).hexdigest()


def test_every_tampering_was_found_named_and_located(played: Path) -> None:
    found = summary(played)["found"]
    assert found["flip-byte"].startswith("HASH_FAILURE, Signature1")
    assert found["add-page"].startswith("page_added, Signature1")
    assert "page 5" in found["add-page"]
    assert found["ledger-row"].startswith("column_altered")
    assert "entry 5" in found["ledger-row"]
    assert found["ledger-export"].startswith("tile_altered")
    assert found["record"].startswith("closure_refused")
    assert "HASH_FAILURE" in found["record"]


def test_signing_still_works_where_the_folder_lies_now(played: Path, tmp_path: Path) -> None:
    target = tmp_path / "signed.pdf"
    letter = ROOT / "examples" / "letter.pdf"
    done = run(
        ANTIN, "sign", letter, "-o", target, "--credential", "officer-2", data=played / "data"
    )
    assert done.returncode == 0, done.stderr
    told = run(ANTIN, "verify", "--offline", "--trust", played / "trust", target)
    assert told.returncode == 0, told.stdout
    judged = run("pdfsig", target)
    assert "Signature is Valid" in judged.stdout


def test_the_closed_files_still_verify_offline(played: Path) -> None:
    trust = played / "trust"
    for name in ("letter", "letter-attachment", "report", "certificate"):
        path = played / "closed" / f"{name}.pdf"
        told = run(ANTIN, "verify", "--offline", "--trust", trust, "--format", "json", path)
        assert told.returncode == 0, told.stdout
        levels = {s["level"] for s in json.loads(told.stdout)["signatures"]}
        assert "B-LTA" in levels
    assert run(ANTIN, "ledger", "verify", data=played / "data").returncode in {0, 3}


def test_the_ledger_is_checked_by_its_one_file_and_nothing_else(played: Path) -> None:
    key = run(ANTIN, "ledger", "key", data=played / "data").stdout.strip()
    export = played / "ledger"
    argv = (sys.executable, "-I", export / "verify_ledger.py", export)
    told = run(*argv, "--key", key)
    assert (told.returncode, "TOTAL-PASSED" in told.stdout) == (0, True), told.stdout
    assert run(*argv).returncode == 3, "a key that came along proves nothing"
    receipt = played / "closed" / "receipt.txt"
    trust = ("--trust", played / "trust")  # it may have a time-stamp by now
    told = run(ANTIN, "ledger", "verify-receipt", receipt, "--key", key, *trust)
    assert (told.returncode, "record.closed" in told.stdout) == (0, True), told.stdout


def test_other_programs_agree_on_the_letter(played: Path, tmp_path: Path) -> None:
    for folder in ("signed", "closed"):
        judged = run("pdfsig", played / folder / "letter.pdf")
        assert judged.stdout.count("Signature is Valid") == 2
    parts = tmp_path / "parts"
    assert run(ANTIN, "extract", played / "signed" / "letter.pdf", "-o", parts).returncode == 0
    root = played / "trust" / "root.pem"
    for name in ("Signature1", "Signature2"):
        cms = parts / f"{name}.p7s"
        judged = run(
            *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", cms),
            *("-content", cms.with_suffix(".signed"), "-CAfile", root),
            *("-purpose", "any", "-out", "/dev/null"),
        )
        assert judged.returncode == 0, judged.stderr
        judged = run(
            *("openssl", "ts", "-verify", "-token_in", "-in", cms.with_suffix(".tst")),
            *("-data", cms.with_suffix(".value"), "-CAfile", root),
        )
        assert judged.returncode == 0, judged.stderr


def test_it_replaces_only_what_a_demo_made(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    done = run(sys.executable, "-m", "devpki.demo", "--dir", tmp_path)
    assert done.returncode != 0
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_nothing_of_it_is_left_running(played: Path) -> None:
    """No process of the demo outlives it: its servers were started from its folder's name."""
    listed = run("ps", "axo", "args").stdout if shutil.which("ps") else ""
    assert "ran-here" not in listed
