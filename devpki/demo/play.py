"""The demo's steps, in the order in which they run."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from devpki.demo.office import ANTIN, CODE, EXAMPLES, NAME, ORIGIN, Office
from devpki.demo.recorder import DemoError, Http
from devpki.demo.screen import Screen
from examples.specimen import LETTER_NUMBER, REPORT_NUMBER

DOCUMENTS: Final = ("letter", "letter-attachment", "report", "scan", "spreadsheet")
SIGNED: Final = ("letter", "letter-attachment", "report")


def together(*jobs: Callable[[], object]) -> None:
    """Run independent commands at once, two at a time; the first error is raised."""
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def world(office: Office) -> None:
    """Make authorities, a token per officer and the agency's HSM; start the services."""
    office.tool("devpki.world", office.folder / "world", "--tokens", office.data)
    shutil.copytree(office.folder / "world" / "trust", office.folder / "trust")
    office.start_trust_services()


def set_up(office: Office) -> None:
    """Make the data directory, name the keys, start ``antin serve``."""
    settings = json.loads((office.folder / "world" / "world.json").read_text())
    office.antin(
        *("init", "--origin", ORIGIN, "--agency-code", CODE, "--agency-name", NAME),
        *("--admin", "Quản trị viên", "--tsa-url", f"{settings['base_url']}/dev/tsa/tsa"),
        *("--trust", office.folder / "trust", "--softhsm", "--allow-private", "127.0.0.1"),
        made=[office.data / "antin.toml"],
    )
    for name, token, key, more in (
        ("officer-1", "officer-1", "officer-1", ()),
        ("officer-2", "officer-2", "officer-2", ()),
        ("seal", "agency", "seal", ("--agency", CODE)),
        ("ledger", "agency", "checkpoint", ()),
    ):
        pin = office.data / "pins" / f"{token}.pin"
        office.antin(
            "credential",
            "add",
            name,
            "--token",
            token,
            "--key-label",
            key,
            "--pin-file",
            pin,
            *more,
        )
    office.start_service()


def people(office: Office) -> None:
    """Give each person a role and an API key of their own."""
    key = (office.data / "admin.key").read_text().strip()
    admin = office.people["admin"] = Http(office.recorder, office.url, key)
    office.ids["agency"] = admin.list("/v1/agencies")[0]["id"]
    office.hire("officer-1", "Nguyễn Văn A", "signer")
    office.hire("officer-2", "Trần Thị B", "signer")
    office.hire("clerk", "Lê Văn C", "clerk")
    office.hire("manager", "Phạm Thị D", "records_manager")
    office.hire("auditor", "Hoàng Văn E", "auditor")


def record(office: Office) -> None:
    """Open a record from the catalogue and put the documents into it."""
    manager = office.people["manager"]
    catalogue = manager.post(
        "/v1/records-catalogues",
        {
            "agency_id": office.ids["agency"],
            "year": 2026,
            "title": "Danh mục hồ sơ năm 2026",
            "items": [
                {
                    "code_notation": "01.VP",
                    "heading": "I. Công tác văn thư, lưu trữ",
                    "title": "Hồ sơ về kết thúc và nộp lưu hồ sơ điện tử năm 2026",
                    "retention": "04",
                    "creator": "Văn phòng",
                }
            ],
        },
        expect=201,
    )
    for name in ("record", "second"):
        made = manager.post(
            "/v1/records",
            {
                "agency_id": office.ids["agency"],
                "catalogue_item_id": catalogue["items"][0]["id"],
                "code_notation": "01.VP" if name == "record" else "01b.VP",
            },
            expect=201,
        )
        office.ids[name] = made["id"]
    _upload_all(office)
    for document in DOCUMENTS:
        office.file("record", document)
    manager.post(
        f"/v1/records/{office.ids['record']}/changes",
        {"action": "draft.approved", "detail": {"by": "Chánh Văn phòng"}},
        expect=201,
    )


def _upload_all(office: Office) -> None:
    number, _, notation = LETTER_NUMBER.partition("/")
    letter = {"code_number": number, "code_notation": notation}
    number, _, notation = REPORT_NUMBER.partition("/")
    report = {"code_number": number, "code_notation": notation}
    office.upload("letter", EXAMPLES / "letter.pdf", "Công văn về kết thúc hồ sơ", **letter)
    main = {"kind": "attachment", "parent_id": office.ids["letter"], **letter}
    attachment = EXAMPLES / "letter-attachment.pdf"
    office.upload("letter-attachment", attachment, "Phụ lục kèm theo công văn", **main)
    office.upload("report", EXAMPLES / "report.pdf", "Báo cáo kết quả", **report)
    office.upload("scan", EXAMPLES / "scan.pdf", "Công văn đến của xã Mẫu Hai (bản quét)")
    office.upload("spreadsheet", EXAMPLES / "spreadsheet.pdf", "Bảng dự toán kinh phí")


def sign(office: Office) -> None:
    """One officer signs the letter, the other the report, each with their own token."""
    together(
        lambda: office.sign("letter", "officer-1", "letter-officer", "Ký ban hành"),
        lambda: office.sign("report", "officer-2", "report-officer", "Ký ban hành"),
    )


def seal(office: Office) -> None:
    """Put the agency's seal on letter and report, and on the separate attachment."""
    office.seal("letter", "letter-seal")
    office.seal("report", "report-seal")
    office.seal("letter-attachment", "attachment-seal")
    folder = office.folder / "signed"
    folder.mkdir()
    for document in SIGNED:
        office.download(document, folder / f"{document}.pdf")


def close(office: Office) -> None:
    """Close the record; keep what it left behind."""
    job = office.close("record")
    if job["state"] != "DONE":
        raise DemoError(f"the record was not closed: {job['error']}")
    folder = office.folder / "closed"
    folder.mkdir()
    for document in DOCUMENTS:
        office.download(document, folder / f"{document}.pdf")
    manager = office.people["manager"]
    for name in ("closure.json", "closure.json.p7s", "certificate.pdf"):
        place = f"/v1/records/{office.ids['record']}/closures/1/files/{name}"
        manager.download(place, folder / name)


def verify(office: Office) -> None:
    """Verify everything by our own commands, and by programs that know nothing of us."""
    closed, trust = office.folder / "closed", office.folder / "trust"
    files = [closed / f"{name}.pdf" for name in (*SIGNED, "certificate")]
    together(
        lambda: office.antin(
            "verify", "--offline", "--trust", trust, *files, made=files, keep=True
        ),
        lambda: office.antin("ledger", "verify", keep=True),
        lambda: office.antin("fsck", keep=True),
        lambda: _openssl(office),
    )
    for folder in ("signed", "closed"):
        told = office.recorder.run("pdfsig", office.folder / folder / "letter.pdf", keep=True)
        if told.count("Signature is Valid") != 2:
            raise DemoError(f"pdfsig does not call both signatures valid:\n{told}")


def _openssl(office: Office) -> None:
    parts = office.folder / "extracted"
    office.antin("extract", office.folder / "signed" / "letter.pdf", "-o", parts)
    root = office.folder / "trust" / "root.pem"
    run = office.recorder.run
    for cms in sorted(parts.glob("*.p7s")):
        run(
            *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", cms),
            *("-content", cms.with_suffix(".signed"), "-CAfile", root),
            *("-purpose", "any", "-out", "/dev/null"),
            keep=True,
        )
        run(
            *("openssl", "ts", "-verify", "-token_in", "-in", cms.with_suffix(".tst")),
            *("-data", cms.with_suffix(".value"), "-CAfile", root),
            keep=True,
        )
    manifest = office.folder / "closed" / "closure.json"
    run(
        *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{manifest}.p7s"),
        *("-content", manifest, "-CAfile", root, "-purpose", "any"),
        *("-out", "/dev/null"),
        keep=True,
    )


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


def stop(office: Office) -> None:
    """Stop the servers; signing at B-B and verifying still work."""
    office.stop()
    folder = office.folder / "offline"
    folder.mkdir()
    trust = office.folder / "trust"
    signed = folder / "report.pdf"
    office.antin(
        *("sign", EXAMPLES / "report.pdf", "-o", signed, "--credential", "officer-1"), made=[signed]
    )
    closed = office.folder / "closed" / "letter.pdf"
    together(
        lambda: office.antin("verify", "--offline", "--trust", trust, signed, closed, keep=True),
        lambda: office.antin("ledger", "verify"),
    )
    shutil.rmtree(folder)


def play(office: Office, screen: Screen) -> dict[str, str]:
    """Run every step; return what was found of the tamperings."""
    found: dict[str, str] = {}
    for key, step in (
        ("world", world),
        ("office", set_up),
        ("people", people),
        ("record", record),
        ("sign", sign),
        ("seal", seal),
        ("close", close),
        ("verify", verify),
    ):
        office.recorder.step = key
        with screen.step(key):
            step(office)
    for key, finding in (("tamper", tamper), ("refuse", refuse)):
        office.recorder.step = key
        with screen.step(key):
            finding(office, found)
    office.recorder.step = "stop"
    with screen.step("stop"):
        stop(office)
    return found
