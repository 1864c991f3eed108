"""The demo's steps, in the order in which they run."""

import json
import shutil
from typing import Final

from devpki.demo.office import CODE, EXAMPLES, NAME, ORIGIN, Office
from devpki.demo.recorder import DemoError, Http
from devpki.demo.screen import Screen
from devpki.demo.tampering import refuse, tamper
from devpki.demo.together import together
from examples.specimen import LETTER_NUMBER, REPORT_NUMBER

DOCUMENTS: Final = ("letter", "letter-attachment", "report", "scan", "spreadsheet")
SIGNED: Final = ("letter", "letter-attachment", "report")


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
    _export(office)
    for folder in ("signed", "closed"):
        told = office.recorder.run("pdfsig", office.folder / folder / "letter.pdf", keep=True)
        if told.count("Signature is Valid") != 2:
            raise DemoError(f"pdfsig does not call both signatures valid:\n{told}")


def _export(office: Office) -> None:
    """Hand the ledger out, and check it by the one file that goes along."""
    folder, receipt = office.folder / "ledger", office.folder / "closed" / "receipt.txt"
    key = office.antin("ledger", "key").strip()
    office.antin("ledger", "export", folder, made=[folder / "checkpoint"])
    office.python(folder / "verify_ledger.py", folder, "--key", key)
    office.antin("ledger", "receipt", office.ids["record"], "-o", receipt, made=[receipt])
    office.antin("ledger", "verify-receipt", receipt, "--key", key, keep=True)


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
