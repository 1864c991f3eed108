"""Exporting a ledger into a folder, from every home, in one go or several."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.flows.audit import export_ledger
from antin.flows.unit_of_work import UnitOfWork
from antin.infra.ledger.export_writing import ExportedFolder, open_export
from antin.ledger.export.single_file import verify_ledger as single_file
from antin.ledger.tree.build import build_tiles
from antin.ledger.tree.merkle import leaf_hashes
from antin.ledger.tree.tiles import bundles_of, read_bundle, tiles_of, write_bundle
from tests.exports import KEY, VKEY, export, files_of, ledger_services
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.ledgers import append, checkpoint
from tests.notekey import MemoryNoteKey

SIZES = (3, 250, 256, 300, 700)


def grow(work: UnitOfWork, size: int) -> None:
    """Let a ledger have ``size`` entries, in streams of two agencies and a record."""
    for n in range(work.read(lambda s: s.ledger.size()), size):
        append(work, ("agency/a", "record/b", "agency/c")[n % 3])


def conclusion(folder: Path) -> tuple[str, set[str]]:
    """Return what the single-file verifier says of a folder."""
    report = single_file.verify(str(folder), single_file.Key(VKEY), [], 1)
    return report.conclusion, {code for code, _, _ in report.found.found}


def test_everything_is_there_and_nothing_else(work: UnitOfWork, tmp_path: Path) -> None:
    append(work, *["agency/a"] * 300)
    checkpoint(work, KEY)
    append(work, *["record/b"] * 300)
    made = export(work, tmp_path / "x")
    rows = work.read(lambda s: tuple(s.ledger.entries(0, 1000)))
    files = files_of(tmp_path / "x")
    expected = {
        tile.path: data for tile, data in build_tiles(leaf_hashes(row.data for row in rows))
    }
    for bundle in bundles_of(600):
        data = [row.data for row in rows[bundle.start : bundle.stop]]
        expected[bundle.path] = write_bundle(data)
    rest = set(files) - set(expected)
    assert rest == {
        "checkpoint",
        "checkpoints.jsonl",
        "entries.jsonl",
        "key.vkey",
        "README.txt",
        "verify_ledger.py",
    }
    assert {name: files[name] for name in expected} == expected
    lines = [json.loads(line) for line in files["entries.jsonl"].splitlines()]
    assert lines == [{"index": row.index, "entry": row.data.decode()} for row in rows]
    kept = work.read(lambda s: tuple(s.ledger.checkpoints()))
    lines = [json.loads(line) for line in files["checkpoints.jsonl"].splitlines()]
    assert lines == [{"size": one.size, "note": one.note.decode()} for one in kept]
    assert files["checkpoint"] == kept[-1].note
    assert files["key.vkey"] == f"{VKEY}\n".encode()
    assert made == {"size": 600, "root": kept[-1].root.hex(), "from": 0}
    assert conclusion(tmp_path / "x") == ("TOTAL-PASSED", set())


def test_going_on_gives_what_one_export_gives(work: UnitOfWork, tmp_path: Path) -> None:
    before = 0
    for size in (*SIZES, SIZES[-1]):
        append(work, *["agency/a"] * (size - before))
        assert export(work, tmp_path / "on")["from"] == before
        export(work, tmp_path / f"new{size}")
        assert files_of(tmp_path / "on") == files_of(tmp_path / f"new{size}")
        assert conclusion(tmp_path / "on") == ("TOTAL-PASSED", set())
        shutil.rmtree(tmp_path / f"new{size}")
        before = size


def test_an_empty_ledger(work: UnitOfWork, tmp_path: Path) -> None:
    assert export(work, tmp_path / "x")["size"] == 0
    assert conclusion(tmp_path / "x") == ("TOTAL-PASSED", set())
    append(work, "agency/a")
    export(work, tmp_path / "x")
    assert conclusion(tmp_path / "x") == ("TOTAL-PASSED", set())


def test_facts_on_request_as_far_as_they_are_not_erased(tmp_path: Path) -> None:
    work = MemoryUnitOfWork()
    grow(work, 300)
    export(work, tmp_path / "x", with_payloads=True)
    assert conclusion(tmp_path / "x") == ("TOTAL-PASSED", set())
    payload = work._state.payloads.pop(7)
    line = (tmp_path / "x" / "entries.jsonl").read_bytes().splitlines()[7]
    assert json.loads(line)["salt"] == payload.salt.hex()
    assert json.loads(line)["payload"].encode() == payload.data
    grow(work, 301)
    export(work, tmp_path / "x", with_payloads=True)
    written = (tmp_path / "x" / "entries.jsonl").read_bytes()
    assert payload.salt.hex().encode() not in written, "what was erased since is not kept"
    line = written.splitlines()[7]
    assert (json.loads(line)["salt"], json.loads(line)["payload"]) == (None, None)
    assert conclusion(tmp_path / "x") == ("INDETERMINATE", {"payload_missing"})
    export(work, tmp_path / "x")
    assert b"salt" not in (tmp_path / "x" / "entries.jsonl").read_bytes()
    assert conclusion(tmp_path / "x") == ("TOTAL-PASSED", set())


class PowerFailedError(Exception):
    """The power went."""


@dataclass
class FailingFolder(ExportedFolder):
    """Does so many things and no more; the last write is half done."""

    path: Path
    left: int = 0
    names_seen: list[str] = field(default_factory=list)

    def _one_less(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise PowerFailedError

    def write(self, name: str, data: bytes) -> None:
        if self.left == 0:
            super().write(name, data[: len(data) // 2])
        self._one_less()
        super().write(name, data)

    def append(self, name: str, data: bytes, *, anew: bool) -> None:
        if self.left == 0:
            super().append(name, data[: len(data) // 2], anew=anew)
        self._one_less()
        super().append(name, data, anew=anew)

    def finish(self, name: str, *, anew: bool) -> None:
        self._one_less()
        super().finish(name, anew=anew)

    def remove(self, name: str) -> None:
        self._one_less()
        super().remove(name)


@pytest.mark.parametrize("since", [0, 250, 300])
def test_an_interrupted_export_is_never_called_whole(tmp_path: Path, since: int) -> None:
    """At whatever step it stops: the older export is still one, and the next run mends all."""
    work = MemoryUnitOfWork()
    if since:
        grow(work, since)
        export(work, tmp_path / "begun")
    grow(work, 700)
    export(work, tmp_path / "whole")
    whole = files_of(tmp_path / "whole")
    for steps in range(100):
        folder = tmp_path / f"x{steps}"
        if since:
            shutil.copytree(tmp_path / "begun", folder)
        folder.mkdir(exist_ok=True)
        try:
            failing = FailingFolder(folder, steps)
            export_ledger(ledger_services(work), failing, lambda _: None)
        except PowerFailedError:
            said, codes = conclusion(folder)
            assert said != "TOTAL-PASSED" or files_of(folder)["checkpoint"] != whole["checkpoint"]
            if since:
                assert said in {"TOTAL-PASSED", "INDETERMINATE"}, (steps, codes)
                assert codes <= {"export_file_extra"}
            else:
                assert (said, "export_file_missing" in codes) == ("TOTAL-FAILED", True) or (
                    codes == {"export_file_extra"}
                )
            export(work, folder)
            assert files_of(folder) == whole, steps
        else:
            assert files_of(folder) == whole
            return
    pytest.fail("it never came to an end")


def code_of(work: UnitOfWork, folder: Path, key: MemoryNoteKey = KEY) -> str:
    with pytest.raises(AntinError) as caught, open_export(folder) as target:
        export_ledger(ledger_services(work, key), target, lambda _: None)
    return caught.value.code


@pytest.fixture
def small() -> Iterator[MemoryUnitOfWork]:
    work = MemoryUnitOfWork()
    grow(work, 300)
    yield work
    work.close()


def test_a_folder_with_something_else_in_it_is_left_alone(
    small: MemoryUnitOfWork, tmp_path: Path
) -> None:
    (tmp_path / "letter.pdf").write_bytes(b"%PDF")
    assert code_of(small, tmp_path) == "export_refused"
    assert files_of(tmp_path) == {"letter.pdf": b"%PDF"}
    assert code_of(small, tmp_path / "letter.pdf") == "export_unreadable"


@pytest.mark.parametrize(
    "name", ["checkpoint.new", "entries.jsonl.new", "entries.jsonl", "key.vkey.new", "tile/0/000"]
)
def test_nothing_is_written_through_a_link(
    small: MemoryUnitOfWork, tmp_path: Path, name: str
) -> None:
    """The folder may be one that others write to, such as a public one."""
    (tmp_path / "ours").write_bytes(b"what matters")
    link = tmp_path / "export" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "ours")
    with contextlib.suppress(AntinError):
        export(small, tmp_path / "export")
    assert (tmp_path / "ours").read_bytes() == b"what matters"


def test_one_process_at_a_time(small: MemoryUnitOfWork, tmp_path: Path) -> None:
    with open_export(tmp_path):
        assert code_of(small, tmp_path) == "export_refused"
    export(small, tmp_path)


def test_an_export_of_another_ledger_is_left_alone(small: MemoryUnitOfWork, tmp_path: Path) -> None:
    export(small, tmp_path)
    before = files_of(tmp_path)
    other = MemoryUnitOfWork()
    grow(other, 400)
    assert code_of(other, tmp_path) == "ledger_inconsistent", "one key, two histories"
    assert files_of(tmp_path)["checkpoint"] == before["checkpoint"]
    stranger = MemoryUnitOfWork()
    grow(stranger, 400)
    assert code_of(stranger, tmp_path, MemoryNoteKey()) == "note_signature_invalid"


def test_an_export_that_is_ahead_shows_a_rollback(small: MemoryUnitOfWork, tmp_path: Path) -> None:
    export(small, tmp_path)
    older = MemoryUnitOfWork()
    grow(older, 200)
    assert code_of(older, tmp_path) == "checkpoint_ahead"


def test_nothing_goes_on_from_altered_tiles(small: MemoryUnitOfWork, tmp_path: Path) -> None:
    export(small, tmp_path)
    grow(small, 310)
    tile = tmp_path / "tile/0/001.p/44"
    tile.write_bytes(tile.read_bytes()[:-1] + b"\x00")
    assert code_of(small, tmp_path) == "ledger_inconsistent"
    tile.unlink()
    assert code_of(small, tmp_path) == "tile_missing"


def test_entries_that_were_not_signed_for_are_not_exported(
    small: MemoryUnitOfWork, tmp_path: Path
) -> None:
    checkpoint(small, KEY)
    rows = small._state.entries
    rows[7], rows[8] = rows[8], rows[7]
    assert code_of(small, tmp_path) == "ledger_inconsistent"
    assert not (tmp_path / "checkpoint").exists()


def test_bundles_hold_the_entries(small: MemoryUnitOfWork, tmp_path: Path) -> None:
    export(small, tmp_path)
    read = [
        entry
        for bundle in bundles_of(300)
        for entry in read_bundle(bundle, (tmp_path / bundle.path).read_bytes())
    ]
    assert read == [row.data for row in small._state.entries]
    assert len(list(tiles_of(300))) == 3
