"""What the demo is for: tampering with copies, each time found, named and located."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from devpki.demo.office import ANTIN, Office
from devpki.demo.recorder import DemoError
from devpki.demo.together import together


def tamper(office: Office, found: dict[str, str]) -> None:
    """Tamper with copies; each tampering has to be found, named and located."""
    folder = office.folder / "tampered"
    folder.mkdir()
    signed = office.folder / "signed"
    office.tool("devpki.tamper", "flip-byte", signed / "letter.pdf", folder / "letter.pdf")
    office.tool("devpki.tamper", "add-page", signed / "report.pdf", folder / "report.pdf")
    wanted = {"flip-byte": ("letter", "HASH_FAILURE"), "add-page": ("report", "page_added")}
    together(
        lambda: found.update(_findings(office, folder, wanted)),
        lambda: found.update({"ledger-row": _edited_ledger(office, folder / "data")}),
        lambda: found.update({"ledger-export": _edited_export(office, folder / "ledger")}),
    )


def _findings(office: Office, folder: Path, wanted: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Verify tampered copies; return what was found of each, which has to be what is wanted."""
    paths = [folder / f"{document}.pdf" for document, _ in wanted.values()]
    told = office.antin(
        *("verify", "--offline", "--trust", office.folder / "trust", "--format", "json"),
        *paths,
        expect=1,
        keep=True,
    )
    reports = [json.loads(line) for line in told.splitlines()]
    return {
        key: _finding(report, name)
        for report, (key, (_, name)) in zip(reports, wanted.items(), strict=True)
    }


def _finding(report: dict[str, Any], name: str) -> str:
    for signature in report["signatures"]:
        for one in (*signature["findings"], *signature["changes_after"]["findings"]):
            if one["severity"] == "error" and name in {one["code"], signature["sub_indication"]}:
                where = f" (page {one['page']}, revision {one['revision']})" if one["page"] else ""
                return f"{name}, {signature['field']}: {one['detail']}{where}"
    raise DemoError(f"{report['file']}: {name} was not found\n{report}")


def _edited_ledger(office: Office, copy: Path) -> str:
    """Edit a row in a copy of the data directory; ``antin ledger verify`` has to name it."""
    shutil.copytree(
        office.data, copy, ignore=shutil.ignore_patterns("antin.db*", "blobs", "*.lock")
    )
    with (
        sqlite3.connect(office.data / "antin.db") as source,
        sqlite3.connect(copy / "antin.db") as target,
    ):
        source.backup(target)
    office.tool("devpki.tamper", "ledger-row", copy / "antin.db", "5")
    env = {"ANTIN_DATA_DIR": str(copy)}
    argv = (ANTIN, "ledger", "verify", "--format", "json")
    told = json.loads(office.recorder.run(*argv, expect=1, env=env, keep=True))
    for one in told["findings"]:
        if one["severity"] == "error":
            return f"{one['code']}: {one['detail']}"
    raise DemoError("the edited row of the ledger was not found")


def _edited_export(office: Office, copy: Path) -> str:
    """Flip a bit of an entry in a copy of the export; the file that goes along has to name it."""
    shutil.copytree(office.folder / "ledger", copy)
    (bundle,) = (copy / "tile" / "entries" / "000.p").iterdir()
    office.tool("devpki.tamper", "flip-byte", bundle, bundle)
    argv = (copy / "verify_ledger.py", copy, "--format", "json")
    told = json.loads(office.python(*argv, expect=1))
    for one in told["findings"]:
        if one["severity"] == "error":
            return f"{one['code']}: {one['detail']}"
    raise DemoError("the edited entry of the export was not found")


def refuse(office: Office, found: dict[str, str]) -> None:
    """Put a tampered file into a second record: its closing is refused, with the reasons."""
    office.upload("tampered", office.folder / "tampered" / "letter.pdf", "Công văn (bản sao)")
    office.file("second", "tampered")
    job = office.close("second")
    error = job["error"] or {}
    if job["state"] != "FAILED" or error.get("code") != "closure_refused":
        raise DemoError(f"the second record was not refused: {job}")
    reasons = "; ".join(one["detail"] for one in error["shortcomings"])
    found["record"] = f"{error['code']}: {reasons}"
