"""Cosignatures in an export, by the keys of witnesses that are given: both verifiers agree."""

import json
from pathlib import Path

import pytest

from antin.cli.main import main
from antin.infra.ledger.export_checking import check_export
from antin.ledger.checkpoints.cosignature import parse_witness
from antin.ledger.checkpoints.note import parse_verifier
from antin.ledger.export import layout
from antin.ledger.export.single_file import verify_ledger as single_file
from tests.exports import KEY, VKEY, export
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.ledgers import append, checkpoint
from tests.witnesskey import WitnessKey

ONE, OTHER = WitnessKey(), WitnessKey("witness.example/w2")
SECONDS = 1_700_000_000
TIME = "2023-11-14T22:13:20+00:00"
Said = tuple[str, list[tuple[str, dict[str, str | int]]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export of 5 entries under three checkpoints: of 2, 3 and 5."""
    work = MemoryUnitOfWork()
    for count in (2, 1, 2):
        append(work, *["agency/a"] * count)
        checkpoint(work, KEY)
    export(work, tmp_path / "x")
    return tmp_path / "x"


def both(folder: Path, *witnesses: str) -> Said:
    """Return what both say: verdict, and each finding with its values."""
    keys = [parse_witness(one) for one in witnesses]
    ours = check_export(folder, parse_verifier(VKEY), (), 1, keys)
    said = ours.conclusion.value, [(one.code, dict(one.values)) for one in ours.findings]
    given = tuple(map(single_file.Witness, witnesses))
    theirs = single_file.verify(str(folder), single_file.Key(VKEY), [], 1, given)
    assert theirs.conclusion == said[0]
    assert [(code, values) for code, _, values in theirs.found.found] == said[1]
    return said


def cosign(folder: Path, size: int, *lines: str) -> None:
    """Add lines to the checkpoint of a size, wherever it stands."""
    path = folder / "checkpoints.jsonl"
    told = [json.loads(line) for line in path.read_text().splitlines()]
    for one in told:
        if one["size"] == size:
            one["note"] += "".join(lines)
    again = [layout.checkpoint_line(one["size"], one["note"].encode()) for one in told]
    path.write_bytes(b"".join(again))
    newest = folder / "checkpoint"
    if told[-1]["size"] == size:
        newest.write_text(told[-1]["note"])


def note_of(folder: Path, size: int) -> bytes:
    lines = (folder / "checkpoints.jsonl").read_text().splitlines()
    note: str = next(one["note"] for one in map(json.loads, lines) if one["size"] == size)
    return note.encode()


def seen(size: int, witness: WitnessKey = ONE) -> tuple[str, dict[str, str | int]]:
    return "cosignature_seen", {"witness": witness.name, "size": size, "time": TIME}


def test_the_largest_that_a_witness_saw_is_told(folder: Path) -> None:
    for size in (2, 3):
        cosign(folder, size, ONE.line(note_of(folder, size), SECONDS))
    cosign(folder, 5, OTHER.line(note_of(folder, 5), SECONDS))
    assert both(folder) == ("TOTAL-PASSED", [])
    assert both(folder, ONE.text()) == ("TOTAL-PASSED", [seen(3)])
    assert both(folder, ONE.text(1)) == ("TOTAL-PASSED", [seen(3)]), "as public lists give it"
    said = both(folder, ONE.text(), OTHER.text(), ONE.text())
    assert said == ("TOTAL-PASSED", [seen(3), seen(5, OTHER)])


def test_a_cosignature_of_the_newest_alone_is_seen(folder: Path) -> None:
    path = folder / "checkpoint"
    path.write_bytes(path.read_bytes() + ONE.line(path.read_bytes(), SECONDS).encode())
    assert both(folder, ONE.text()) == ("TOTAL-PASSED", [seen(5)])


def test_who_cosigned_nothing_is_a_warning(folder: Path) -> None:
    none = [("cosignature_none", {"witness": ONE.name})]
    assert both(folder, ONE.text()) == ("INDETERMINATE", none)
    # The same name with another key is somebody else.
    cosign(folder, 5, WitnessKey(ONE.name).line(note_of(folder, 5), SECONDS))
    assert both(folder, ONE.text()) == ("INDETERMINATE", none)


@pytest.mark.parametrize("size", [2, 5])
@pytest.mark.parametrize("beside", [False, True])
def test_a_wrong_one_of_a_known_witness_fails(folder: Path, size: int, *, beside: bool) -> None:
    """Over another checkpoint, even beside a good one; of an unknown witness nobody can tell."""
    wrong = ONE.line(note_of(folder, 3), SECONDS)
    good = ONE.line(note_of(folder, size), SECONDS)
    cosign(folder, size, *([good] if beside else []), wrong)
    conclusion, findings = both(folder, ONE.text())
    assert conclusion == "TOTAL-FAILED"
    assert [code for code, _ in findings] == ["cosignature_invalid", "cosignature_none"]
    assert findings[0][1]["size"] == size
    assert both(folder) == ("TOTAL-PASSED", [])


def test_a_time_that_is_none(folder: Path) -> None:
    cosign(folder, 3, ONE.line(note_of(folder, 3), 1 << 62))
    cosign(folder, 5, OTHER.line(note_of(folder, 5), 1 << 63))
    conclusion, findings = both(folder, ONE.text(), OTHER.text())
    assert conclusion == "TOTAL-FAILED"
    assert findings[0][0] == "cosignature_invalid"
    assert findings[1][1]["time"] == "9999-12-31T23:59:59+00:00"


def test_the_commands(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cosign(folder, 5, ONE.line(note_of(folder, 5), SECONDS))
    file = tmp_path / "w1"
    file.write_text(ONE.text())
    options = ["--key", VKEY, "--witness", ONE.text(), "--witness", str(file), "--jobs", "1"]
    assert main(["ledger", "verify", str(folder), *options]) == 0
    assert "cosignature_seen" in capsys.readouterr().out
    assert single_file.main([str(folder), *options]) == 0
    told = capsys.readouterr().out
    assert "cosignature_seen" in told
    assert "not checked" not in told
    assert main(["ledger", "verify", str(folder), "--key", VKEY, "--witness", VKEY]) == 5
    assert "ledger_key_malformed" in capsys.readouterr().err
    for wrong in (VKEY, "junk", ONE.text().replace("+", "+0", 1)):
        assert single_file.main([str(folder), "--key", VKEY, "--witness", wrong]) == 5


def test_a_witness_is_no_ledger(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its key signs no checkpoints, whether it was given or lies in the export."""
    (folder / "key.vkey").write_text(f"{ONE.text()}\n")
    said = check_export(folder, None)
    theirs = single_file.verify(str(folder), None, [], 1)
    assert said.conclusion == theirs.conclusion == "TOTAL-FAILED"
    codes = [one.code for one in said.findings], [one[0] for one in theirs.found.found]
    assert codes == (["export_file_unreadable"], ["export_file_unreadable"])
    assert main(["ledger", "verify", str(folder), "--key", ONE.text()]) == 5
    assert "ledger_key_malformed" in capsys.readouterr().err
    assert single_file.main([str(folder), "--key", ONE.text()]) == 5


@pytest.mark.parametrize("option", ["--key", "--witness"])
def test_a_key_that_is_no_text(
    folder: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    """A byte of a command line that is no UTF-8 comes as a lone surrogate."""
    given = (VKEY if option == "--key" else ONE.text()).replace("example", "ex\udc9bmple")
    options = ["--key", VKEY, option, given]
    assert main(["ledger", "verify", str(folder), *options]) == 5
    assert "ledger_key_malformed" in capsys.readouterr().err
    assert single_file.main([str(folder), *options]) == 5
    assert capsys.readouterr().err.startswith("verify_ledger: ")


@pytest.mark.parametrize(
    "arguments", [["--witness", ONE.text()], ["{folder}", "--key", VKEY, "--level", "hashes"]]
)
def test_what_does_not_go_together(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither is passed over in silence: a witness for the live ledger, a level for an export."""
    given = [one.format(folder=folder) for one in arguments]
    assert main(["ledger", "verify", *given]) == 2
    said = capsys.readouterr().err
    assert said.startswith("antin: usage: ")
    assert arguments[-2] in said
