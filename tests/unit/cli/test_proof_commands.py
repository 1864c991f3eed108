"""``antin ledger prove`` and ``receipt`` on an office; ``verify-receipt`` with keys only."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from antin.cli.main import main
from antin.flows import administration, filing
from antin.flows.requests import make_call
from antin.infra.settings import load_settings
from antin.infra.wiring import open_services
from antin.ledger.checkpoints.note import verifier_of
from antin.ledger.checkpoints.receipt import parse_receipt, write_receipt
from antin.ledger.checkpoints.witness import parse_submission
from antin.records.grants import Role
from tests.ledgers import checkpoint
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.witnesskey import WitnessKey

MADE = ("--origin", ORIGIN, "--agency-code", "MAU", "--agency-name", "UBND Mẫu", "--admin", "A")
KEY = MemoryNoteKey()
LOG = verifier_of(ORIGIN, KEY.public_key).text


@dataclass(frozen=True)
class Installed:
    data: Path
    record: str
    size: int


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """A data directory with a record and a checkpoint over it."""
    data = tmp_path / "data"
    assert main(["init", "--data", str(data), *MADE]) == 0
    monkeypatch.setenv("ANTIN_DATA_DIR", str(data))
    with open_services(load_settings(data)) as services:
        secret = (data / "admin.key").read_text().strip()
        admin = administration.authenticate(services, secret)
        ((_, agency),) = [one for one in admin.roles if one[0] is Role.ADMINISTRATOR]
        person = administration.create_user(
            services, make_call(services, admin, "a", "a", ""), "Trần Thị B", agency, tuple(Role)
        )
        call = make_call(services, admin, "b", "b", "")
        _, key = administration.create_api_key(services, call, str(person["id"]), "test")
        assert key is not None
        (data / "admin.key").write_text(key)
        manager = administration.authenticate(services, key)
        new = filing.NewRecord(
            agency, code_notation="01.VP", title="Hồ sơ", retention="06", creator="Văn phòng"
        )
        record = filing.open_record(services, make_call(services, manager, "c", "c", ""), new)
        made = checkpoint(services.work, KEY)
    return Installed(data, str(record["id"]), made.size)


def test_entries_are_proven_by_index_leaf_and_record(
    installed: Installed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    target = tmp_path / "proof"
    last = str(installed.size - 1)
    assert main(["ledger", "prove", last, "-o", str(target)]) == 0
    assert main(["ledger", "prove", "--record", installed.record]) == 0
    assert capsys.readouterr().out == target.read_text()
    assert main(["ledger", "prove", last, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert main(["ledger", "prove", "--leaf", told["leaf"], "--size", str(installed.size)]) == 0
    assert parse_receipt(capsys.readouterr().out.encode()).index == installed.size - 1


def test_growth_is_proven(installed: Installed, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    size = str(installed.size)
    assert main(["ledger", "prove", "--consistency", size, size]) == 0
    assert parse_submission(capsys.readouterr().out.encode()).old == installed.size


def test_the_sizes_that_can_be_proven_from_are_listed(
    installed: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["ledger", "checkpoint", "--list"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["SIZE", "CREATED_AT", "ROOT", "COSIGNED", "STAMPED"]
    assert row.split()[0] == str(installed.size)
    assert main(["ledger", "checkpoint", "--list", "--format", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["size"], told["cosigned_by"], told["timestamps"]) == (installed.size, [], 0)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "usage"),
        (["0", "--leaf", "ab"], "usage"),
        (["--leaf", "ab"], "usage"),
        (["--leaf", "x" * 64], "usage"),
        (["--leaf", "ab" * 32], "entry_not_found"),
        (["--record", "none"], "entry_not_found"),
        (["9999"], "entry_not_covered"),
        (["0", "--size", "9999"], "checkpoint_size_unknown"),
        (["--consistency", "1", "9999"], "checkpoint_size_unknown"),
    ],
)
def test_what_can_not_be_proven(
    installed: Installed, words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["ledger", "prove", *words]) in {1, 2}
    assert capsys.readouterr().err.startswith(f"antin: {code}: ")


def test_a_receipt_is_checked_away_from_the_ledger(
    installed: Installed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, folder = tmp_path / "r.tlog-proof", tmp_path / "all"
    assert main(["ledger", "receipt", installed.record, "-o", str(file)]) == 0
    assert main(["ledger", "receipt", installed.record, "--all", "-o", str(folder)]) == 0
    assert [one.read_bytes() for one in folder.iterdir()] == [file.read_bytes()]
    monkeypatch.delenv("ANTIN_DATA_DIR")
    (installed.data / "antin.db").unlink()
    capsys.readouterr()
    check = ["ledger", "verify-receipt", str(file), "--key", LOG]
    assert main(check) == 0
    assert f"record/{installed.record} 0 record.opened" in capsys.readouterr().out
    assert main([*check, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["conclusion"], told["size"]) == ("TOTAL-PASSED", installed.size)

    names = {"ledger.vkey": f"{LOG}\n", "witness.vkey": WitnessKey().text()}
    for name, text in names.items():
        (tmp_path / name).write_text(text)
    of_files = [*check[:3], "--key", str(tmp_path / "ledger.vkey")]
    assert main(of_files) == 0
    assert main([*of_files, "--witness", str(tmp_path / "witness.vkey")]) == 1
    assert capsys.readouterr().err.startswith("antin: cosignatures_missing: ")
    for wrong in ("no key", "x" * 5_000, "a\0b", str(tmp_path / "r.tlog-proof")):
        assert main([*check[:3], "--key", wrong]) == 5
        assert capsys.readouterr().err.startswith("antin: ledger_key_malformed: ")
    # A ledger's ECDSA key is none that a witness cosigns by.
    assert main([*check, "--witness", LOG]) == 5
    assert capsys.readouterr().err.startswith("antin: ledger_key_malformed: ")

    assert main([*check, "--witness", WitnessKey().text()]) == 1
    assert capsys.readouterr().err.startswith("antin: cosignatures_missing: ")
    assert main([*check, "--witness", WitnessKey().text(), "--quorum", "0"]) == 0
    capsys.readouterr()
    whole = parse_receipt(file.read_bytes())
    assert whole.entry is not None
    file.write_bytes(write_receipt(replace(whole, entry=None)))
    assert main(check) == 5
    assert capsys.readouterr().err.startswith("antin: receipt_malformed: ")
    entry = tmp_path / "entry"
    entry.write_bytes(whole.entry)
    assert main([*check, "--entry", str(entry)]) == 0
    entry.write_bytes(whole.entry + b" ")
    assert main([*check, "--entry", str(entry)]) == 1
    assert "antin: proof_wrong: " in capsys.readouterr().err
    assert main([*check[:2], str(tmp_path / "gone"), *check[3:]]) == 5
    assert capsys.readouterr().err.startswith("antin: file_unreadable: ")
