"""Both verifiers of exports: what is done to a file of an export, and what each says to it."""

import base64
import errno
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from antin.cli.main import main
from antin.core.canonical import Json, JsonObject
from antin.core.errors import InputError
from antin.flows.audit import export_ledger
from antin.flows.unit_of_work import Done
from antin.infra.ledger.export_checking import check_export
from antin.infra.ledger.export_reading import LedgerFolder
from antin.infra.ledger.export_writing import open_export
from antin.ledger.checking.report import Collector
from antin.ledger.checkpoints.checkpoint import sign_checkpoint
from antin.ledger.checkpoints.note import ecdsa_verifier, parse_verifier
from antin.ledger.draft import Draft
from antin.ledger.entry import encode, parse
from antin.ledger.entry_form import Entries
from antin.ledger.export import lines as export_lines
from antin.ledger.export import tips
from antin.ledger.export import verify as export_verify
from antin.ledger.export.requests import EveryNumber, grouped, may_repeat, numbers_of
from antin.ledger.export.single_file import verify_ledger as single_file
from antin.ledger.ports import EntryRow
from antin.ledger.tree.merkle import leaf_hash
from antin.ledger.tree.tiles import Tile
from tests.exports import KEY, VKEY, export, files_of, ledger_services
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.ledgers import append, checkpoint, verify
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.rows import an_act

SIZE = 523
FILES = (
    "README.txt",
    "checkpoint",
    "checkpoints.jsonl",
    "entries.jsonl",
    "key.vkey",
    "tile/0/000",
    "tile/0/001",
    "tile/0/002.p/11",
    "tile/1/000.p/2",
    "tile/entries/000",
    "tile/entries/001",
    "tile/entries/002.p/11",
    "verify_ledger.py",
)
REDACTIONS = {
    "payload_erased",
    "payload_missing",
    "redaction_unmet",
    "redaction_unreadable",
    "redaction_wrong",
    "redactions_more",
}
Said = tuple[str, set[str]]


def make(folder: Path, *, with_payloads: bool = False) -> MemoryUnitOfWork:
    """Export a ledger of two full bundles and a rest, under three checkpoints."""
    work = MemoryUnitOfWork()
    append(work, *["agency/a", "record/b"] * 100)
    checkpoint(work, KEY)
    append(work, *["agency/a"] * 120)
    checkpoint(work, KEY)
    for _ in range(SIZE - 320):
        append(work, "document/c")
    export(work, folder, with_payloads=with_payloads)
    return work


def both(folder: Path, key: str | None = VKEY, against: tuple[bytes, ...] = ()) -> Said:
    """Return what both say: verdict and codes are the same."""
    verifier = parse_verifier(key) if key else None
    ours = check_export(folder, verifier, against)
    said = (ours.conclusion.value, {one.code for one in ours.findings})
    given = single_file.Key(key) if key else None
    theirs = single_file.verify(str(folder), given, list(against), 1)
    assert (theirs.conclusion, {one[0] for one in theirs.found.found}) == said
    assert theirs.covered == ours.covered
    places = [one for one in theirs.found.found if one[0] == "stream_broken"]
    assert len(places) == sum(one.code == "stream_broken" for one in ours.findings)
    return said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path / "x")
    return tmp_path / "x"


def test_the_files_of_the_table_are_those_of_an_export(folder: Path) -> None:
    assert set(files_of(folder)) == set(FILES)
    assert both(folder) == ("TOTAL-PASSED", set())


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


HARM: dict[str, Callable[[bytes], bytes]] = {
    "first bit": lambda data: flip(data, 0),
    "a bit in the middle": lambda data: flip(data, len(data) // 2),
    "last bit": lambda data: flip(data, len(data) - 1),
    "cut in half": lambda data: data[: len(data) // 2],
    "last byte cut": lambda data: data[:-1],
    "emptied": lambda data: b"",
    "a byte more": lambda data: data + b"\n",
    "twice": lambda data: data + data,
    "the other way round": lambda data: data[::-1],
}
UNREADABLE = {"export_file_unreadable", "export_file_extra", "export_line_altered"}
UNCHECKED = {"README.txt"}
SHIPPED_PROGRAM = {"verify_ledger.py": ("TOTAL-PASSED", {"export_program_differs"})}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", sorted(HARM))
def test_no_file_is_altered_unseen(folder: Path, name: str, how: str) -> None:
    path = folder / name
    path.write_bytes(HARM[how](path.read_bytes()))
    said = both(folder)
    if name in UNCHECKED:
        assert said == ("TOTAL-PASSED", set())
    elif name in SHIPPED_PROGRAM:
        assert said == SHIPPED_PROGRAM[name]
    elif (name, how) in {("entries.jsonl", "a byte more"), ("checkpoints.jsonl", "a byte more"),
                         ("entries.jsonl", "twice"), ("checkpoints.jsonl", "twice")}:  # fmt: skip
        assert said == ("INDETERMINATE", {"export_file_extra"})
    elif (name, how) == ("checkpoint", "a byte more"):
        assert said == ("TOTAL-FAILED", {"checkpoint_unreadable"})
    else:
        assert said[0] == "TOTAL-FAILED", said
        assert both(folder, None)[0] == "TOTAL-FAILED"


@pytest.mark.parametrize("name", FILES)
def test_no_file_is_removed_unseen(folder: Path, name: str) -> None:
    (folder / name).unlink()
    said, codes = both(folder)
    assert said == "TOTAL-FAILED"
    assert "export_file_missing" in codes


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "huge"])
def test_no_file_is_something_else(folder: Path, name: str, kind: str) -> None:
    path = folder / name
    kept = path.rename(folder.parent / "kept")
    if kind == "link":
        path.symlink_to(kept)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.touch()
        os.truncate(path, 3 << 30)
    said, codes = both(folder)
    assert (said, bool(codes & UNREADABLE)) == ("TOTAL-FAILED", True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tile/0/000", "tile/0/001"),
        ("tile/entries/000", "tile/entries/001"),
        ("tile/0/002.p/11", "tile/1/000.p/2"),
        ("entries.jsonl", "checkpoints.jsonl"),
        ("checkpoint", "key.vkey"),
    ],
)
def test_no_two_files_are_swapped_unseen(folder: Path, one: str, other: str) -> None:
    first, second = (folder / one).read_bytes(), (folder / other).read_bytes()
    (folder / one).write_bytes(second)
    (folder / other).write_bytes(first)
    assert both(folder)[0] == "TOTAL-FAILED"


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "entries.jsonl.new", "tile/0/003", "tile/entries/003.p/7", "tile/0/002.p/10",
     "tile/2/000.p/1", "timestamps/523-0.txt", "tile/0/x001/000", ".hidden"],
)  # fmt: skip
def test_files_that_were_not_checked_are_named(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x" * 32)
    assert both(folder) == ("INDETERMINATE", {"export_file_extra"})


def test_folders_within_folders_are_not_followed_for_ever(folder: Path) -> None:
    made = [folder / "a"]
    made += [folder.joinpath(*["a"] * depth) for depth in range(2, 1200)]
    for one in made:
        one.mkdir()
    said = both(folder)
    for one in reversed(made):
        one.rmdir()
    assert said == ("INDETERMINATE", {"export_file_extra"})


def test_a_folder_that_leads_elsewhere_is_named(folder: Path) -> None:
    (folder / "tile").rename(folder.parent / "tile")
    (folder / "tile").symlink_to(folder.parent / "tile")
    assert both(folder) == ("INDETERMINATE", {"export_file_extra"})


@pytest.mark.parametrize("kind", ["a loop", "elsewhere"])
def test_time_stamps_are_not_looked_for_through_a_link(folder: Path, kind: str) -> None:
    elsewhere = folder.parent / "stamps"
    elsewhere.mkdir()
    (elsewhere / f"{SIZE}-0.tsr").write_bytes(b"junk")
    (folder / "timestamps").symlink_to("timestamps" if kind == "a loop" else elsewhere)
    assert both(folder) == ("INDETERMINATE", {"export_file_extra"})


@pytest.mark.parametrize("name", [".", "tile", "timestamps", "hidden"])
def test_what_cannot_be_listed_is_not_passed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (folder / name).mkdir(exist_ok=True)
    listed = os.scandir

    def denied(path: str) -> object:
        if os.path.normpath(path) == str(folder / name):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", denied)
    assert both(folder) == ("TOTAL-FAILED", {"export_file_unreadable"})


def test_lines_swapped_or_put_in_between(folder: Path) -> None:
    path = folder / "entries.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (
        [*lines[:300], lines[301], lines[300], *lines[302:]],
        [*lines[:300], b"{}\n", *lines[300:]],
        [*lines[:300], *lines[301:]],
        [b"\n", *lines],
        [lines[0].replace(b",", b", ", 1), *lines[1:]],
    ):
        path.write_bytes(b"".join(changed))
        assert both(folder) == ("TOTAL-FAILED", {"export_line_altered"})


def test_checkpoints_left_out_or_out_of_order(folder: Path) -> None:
    path = folder / "checkpoints.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    assert both(folder) == ("TOTAL-PASSED", set()), "one that is not there says nothing"
    path.write_bytes(lines[1] + lines[0] + lines[2])
    assert both(folder) == ("TOTAL-FAILED", {"export_line_altered"})
    path.write_bytes(lines[0] + lines[1])
    assert both(folder) == ("TOTAL-FAILED", {"checkpoint_missing"})
    other = sign_checkpoint(ORIGIN, 210, b"\x05" * 32, KEY)
    line = json.dumps({"size": 210, "note": other.decode()}, ensure_ascii=False)
    forged = line.replace(", ", ",").replace('": ', '":').encode() + b"\n"
    path.write_bytes(lines[0] + forged + b"".join(lines[1:]))
    said, codes = both(folder)
    assert said == "TOTAL-FAILED"
    assert codes == {"checkpoint_root_mismatch"}, "two histories, both signed"


def test_the_key_comes_from_elsewhere_or_nothing_is_passed(folder: Path) -> None:
    assert both(folder, None) == ("INDETERMINATE", {"key_unconfirmed"})
    (folder / "key.vkey").write_text(f"{VKEY} \n")
    assert both(folder) == ("TOTAL-FAILED", {"export_key_altered"})
    assert both(folder, None) == ("TOTAL-FAILED", {"export_file_unreadable"})


def test_another_key_of_the_same_name(folder: Path) -> None:
    stranger = ecdsa_verifier(ORIGIN, MemoryNoteKey().public_key).text
    said, codes = both(folder, stranger)
    assert said == "TOTAL-FAILED"
    assert codes == {"export_key_altered", "checkpoint_signature_invalid"}


def test_against_what_was_kept(folder: Path) -> None:
    kept = sign_checkpoint(ORIGIN, 200, b"\x07" * 32, KEY)
    assert both(folder, VKEY, (kept,)) == ("TOTAL-FAILED", {"checkpoint_root_mismatch"})
    kept = sign_checkpoint(ORIGIN, 600, b"\x07" * 32, KEY)
    assert both(folder, VKEY, (kept,)) == ("TOTAL-FAILED", {"checkpoint_beyond_entries"})
    own = (folder / "checkpoint").read_bytes()
    assert both(folder, VKEY, (own,)) == ("TOTAL-PASSED", set())
    assert both(folder, VKEY, (b"junk",)) == ("TOTAL-FAILED", {"checkpoint_unreadable"})
    other = MemoryNoteKey("other.example/log")
    foreign = sign_checkpoint("other.example/log", 5, b"\x07" * 32, other)
    assert both(folder, VKEY, (foreign,)) == ("TOTAL-FAILED", {"checkpoint_of_another_ledger"})


def rewritten(tmp_path: Path, change: Callable[[list[EntryRow]], None]) -> Said:
    """Return what is said of a ledger whose owner changed entries before signing for them."""
    work = MemoryUnitOfWork()
    append(work, *["agency/a"] * 3)
    append(work, "record/b", "agency/a")
    for _ in range(300):
        append(work, "document/c")
    change(work._state.entries)
    export(work, tmp_path / "y")
    return both(tmp_path / "y")


def with_bytes(row: EntryRow, data: bytes) -> EntryRow:
    return replace(row, data=data, leaf=leaf_hash(data))


def changed(index: int, **values: Any) -> Callable[[list[EntryRow]], None]:
    def change(rows: list[EntryRow]) -> None:
        entry = replace(parse(rows[index].data), **values)
        rows[index] = with_bytes(rows[index], encode(entry))

    return change


def test_streams_that_are_broken(tmp_path: Path) -> None:
    """Signed for as they are: only the chain inside the entries shows it."""
    assert rewritten(tmp_path / "1", changed(2, n=7)) == ("TOTAL-FAILED", {"stream_broken"})
    said = rewritten(tmp_path / "2", changed(4, prev=b"\x05" * 32))
    assert said == ("TOTAL-FAILED", {"stream_broken"})
    assert rewritten(tmp_path / "3", changed(290, n=9))[1] == {"stream_broken"}
    assert rewritten(tmp_path / "4", changed(3, stream="record/z")) == ("TOTAL-PASSED", set())


def test_a_declared_loss_is_never_silently_fine(tmp_path: Path) -> None:
    said = rewritten(tmp_path, changed(304, action="ledger.recovered"))
    assert said == ("INDETERMINATE", {"loss_declared"})


@pytest.mark.parametrize("size", [SIZE + 64 * 256, 10**18])
def test_a_size_that_is_only_claimed_costs_nothing(folder: Path, size: int) -> None:
    """Whoever forges an export signs for as many entries as they like."""
    note = sign_checkpoint(ORIGIN, size, b"\x07" * 32, KEY)
    (folder / "checkpoint").write_bytes(note)
    said, codes = both(folder)
    assert said == "TOTAL-FAILED"
    assert "export_file_missing" in codes


def test_requests_that_come_twice(tmp_path: Path) -> None:
    def again(rows: list[EntryRow]) -> None:
        changed(300, request=rows[5].request)(rows)

    def later(rows: list[EntryRow]) -> None:
        changed(300, request=rows[299].request, ordinal=2)(rows)

    wanted = {"request_repeated"}
    assert wanted <= rewritten(tmp_path / "1", again)[1]
    assert wanted <= rewritten(tmp_path / "2", later)[1]
    assert wanted <= rewritten(tmp_path / "3", changed(0, ordinal=3))[1]


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data.replace(b'"v":1', b'"v":2'),
        lambda data: data.replace(b'"n":', b'"n": '),
        lambda data: data.replace(b'"n":0', b'"n":00'),
        lambda data: data[:-1] + b',"w":1}',
        lambda data: data + b"\n",
        lambda data: data.replace(b'"ts":', b'"ts":9'),
        lambda data: data.replace(b"agency/", b"agency/\xc3\xa9"),
        lambda data: b"",
        lambda data: b"\xff" * 100,
        lambda data: data.replace(b'"prev":null', b'"prev":"' + b"0" * 64 + b'"'),
    ],
)
def test_entries_that_are_none(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    def change(rows: list[EntryRow]) -> None:
        rows[0] = with_bytes(rows[0], harm(rows[0].data))

    said, codes = rewritten(tmp_path, change)
    assert said == "TOTAL-FAILED"
    assert "entry_unreadable" in codes


def test_facts_are_those_that_were_committed_to(tmp_path: Path) -> None:
    work = make(tmp_path / "x", with_payloads=True)
    path = tmp_path / "x" / "entries.jsonl"
    assert both(tmp_path / "x") == ("TOTAL-PASSED", set())
    whole = path.read_bytes()
    path.write_bytes(whole.replace("Công văn".encode(), "Công văm".encode(), 1))
    assert both(tmp_path / "x") == ("TOTAL-FAILED", {"payload_altered"})
    lines = whole.splitlines(keepends=True)
    salt = json.loads(lines[9])["salt"].encode()
    for line, code in (
        (lines[9].replace(salt, salt[:-2]), "payload_altered"),
        (lines[9].replace(salt, salt.upper()), "export_line_altered"),
        (lines[9].replace(b'"' + salt + b'"', b"null"), "export_line_altered"),
        (lines[9].replace(b'"' + salt + b'"', b"[]"), "export_line_altered"),
        (lines[9].replace(b'"payload":', b'"payload": '), "export_line_altered"),
        (lines[9].replace(b"}\n", b',"x":1}\n'), "export_line_altered"),
        (b"[" * 100_000 + b"\n", "export_line_altered"),
    ):
        path.write_bytes(b"".join([*lines[:9], line, *lines[10:]]))
        assert both(tmp_path / "x") == ("TOTAL-FAILED", {code}), line[:200]
    del work._state.payloads[9]
    export(work, tmp_path / "x", with_payloads=True)
    assert both(tmp_path / "x") == ("INDETERMINATE", {"payload_missing"})


@pytest.mark.parametrize("facts", [b"[%b{}]", b'{"a":[%b{}]}', b'"",{"a":[%b{}]}'])
def test_a_line_of_many_values_takes_little_memory(facts: bytes) -> None:
    """Of facts a text is read: objects would take twenty times their letters."""
    end = b'"salt":"00","payload":' + facts % (b"{}," * 500_000) + b"}\n"
    tracemalloc.start()
    with pytest.raises(InputError):
        export_lines.payload_of(b'{"index":9,"entry":"{}",' + end)
    with pytest.raises(single_file.Unreadable):
        single_file.read_payload(end)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(end)


def erase(work: MemoryUnitOfWork, stream: str, *named: int, **other: Json) -> None:
    """Append an entry that says that the facts of ``named`` were erased, whether they were or not.

    ``other`` facts take the place of those that it has.
    """
    leaves = [row.leaf.hex() for row in work._state.entries]
    told: Json = tuple({"index": index, "leaf": leaves[index]} for index in named)
    facts: JsonObject = {"authorised_by": "admin", "erased": told, "reason": "asked", **other}
    work.run(an_act(), lambda _: Done(None, (Draft(stream, "redact", facts),)))


@pytest.fixture(params=[1, 64], ids=["bundles apart", "in one part"])
def erasing(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> MemoryUnitOfWork:
    """A ledger of which facts are gone: in the first bundle, and in one after it."""
    monkeypatch.setattr(export_verify, "PART", request.param)
    monkeypatch.setattr(single_file, "CHUNK", request.param)
    work = make(tmp_path / "before", with_payloads=True)
    for index in (0, 2, 4, 400):
        del work._state.payloads[index]
    return work


def erase_all(work: MemoryUnitOfWork) -> None:
    erase(work, "agency/a", 0, 2, 4)
    erase(work, "document/c", 400)


def erase_and_forget(work: MemoryUnitOfWork) -> None:
    erase(work, "agency/a", 0)
    work._state.payloads.popitem()


Erase = Callable[[MemoryUnitOfWork], None]
ERASING: dict[str, tuple[Erase, str, set[str]]] = {
    "nobody says so": (lambda work: None, "INDETERMINATE", {"payload_missing"}),
    "some are said to be erased": (
        lambda work: erase(work, "agency/a", 0, 2),
        "INDETERMINATE",
        {"payload_erased", "payload_missing"},
    ),
    "all are": (
        erase_all,
        "TOTAL-PASSED",
        {"payload_erased"},
    ),
    "of facts that are there": (
        lambda work: erase(work, "agency/a", 6),
        "TOTAL-FAILED",
        {"redaction_unmet", "payload_missing"},
    ),
    "of another stream": (
        lambda work: erase(work, "record/b", 0),
        "TOTAL-FAILED",
        {"redaction_wrong", "payload_missing"},
    ),
    "of another leaf": (
        lambda work: erase(work, "agency/a", erased=({"index": 0, "leaf": "0" * 64},)),
        "TOTAL-FAILED",
        {"redaction_wrong", "payload_missing"},
    ),
    "of what is to come": (
        lambda work: erase(work, "agency/a", erased=({"index": 900, "leaf": "0" * 64},)),
        "TOTAL-FAILED",
        {"redaction_wrong", "payload_missing"},
    ),
    "and its own facts are gone": (
        erase_and_forget,
        "TOTAL-FAILED",
        {"redaction_unreadable", "payload_missing"},
    ),
}
NO_ERASING: tuple[JsonObject, ...] = (
    {"erased": ()},
    {"erased": "0"},
    {"erased": ({"index": 0},)},
    {"erased": ({"index": True, "leaf": "0" * 64},)},
    {"erased": ({"index": -1, "leaf": "0" * 64},)},
    {"erased": ({"index": "0", "leaf": "0" * 64},)},
    {"erased": ({"index": 0, "leaf": "0" * 63},)},
    {"erased": ({"index": 0, "leaf": "A" * 64},)},
    {"erased": ({"index": 0, "leaf": "0" * 64, "x": 1},)},
    {"erased": tuple({"index": 0, "leaf": "0" * 64} for _ in range(1001))},
    {"reason": None},
    {"authorised_by": 7},
    {"x": 1},
)


@pytest.mark.parametrize("how", sorted(ERASING))
def test_what_was_erased_is_held_against_who_says_so(
    tmp_path: Path, erasing: MemoryUnitOfWork, how: str
) -> None:
    say, conclusion, codes = ERASING[how]
    say(erasing)
    export(erasing, tmp_path / "x", with_payloads=True)
    assert both(tmp_path / "x") == (conclusion, codes)
    live = verify(erasing, KEY)
    assert {one.code for one in live.findings} & REDACTIONS == codes & REDACTIONS


@pytest.mark.parametrize("facts", NO_ERASING, ids=str)
def test_facts_that_are_not_those_of_erasing(tmp_path: Path, facts: JsonObject) -> None:
    work = MemoryUnitOfWork()
    append(work, "agency/a")
    del work._state.payloads[0]
    erase(work, "agency/a", 0, **facts)
    export(work, tmp_path / "x", with_payloads=True)
    assert both(tmp_path / "x") == ("TOTAL-FAILED", {"redaction_unreadable", "payload_missing"})


def test_many_redactions_do_not_fill_a_report(tmp_path: Path) -> None:
    work = MemoryUnitOfWork()
    append(work, *["agency/a"] * 101)
    for index in range(101):
        del work._state.payloads[index]
        erase(work, "agency/a", index)
    export(work, tmp_path / "x", with_payloads=True)
    assert both(tmp_path / "x") == ("TOTAL-PASSED", {"payload_erased", "redactions_more"})


def test_erasing_is_not_judged_by_lines_that_were_altered(
    tmp_path: Path, erasing: MemoryUnitOfWork
) -> None:
    erase(erasing, "agency/a", 6)
    export(erasing, tmp_path / "x", with_payloads=True)
    path = tmp_path / "x" / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"index":1,', b'"index":01,', 1))
    conclusion, codes = both(tmp_path / "x")
    assert (conclusion, codes & REDACTIONS) == ("TOTAL-FAILED", set())
    assert "export_line_altered" in codes


def test_facts_about_erasing_are_kept_within_bounds(
    tmp_path: Path, erasing: MemoryUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase(erasing, "agency/a", 0, 2, 4)
    export(erasing, tmp_path / "x", with_payloads=True)
    monkeypatch.setattr(export_lines, "_MOST_TOLD", 100)
    monkeypatch.setattr(single_file, "MOST_TOLD", 100)
    assert both(tmp_path / "x") == ("TOTAL-FAILED", {"redaction_unreadable", "payload_missing"})


@pytest.mark.parametrize("size", [10**6, 2**62, 10**19 - 1])
def test_a_size_that_was_made_up_keeps_nobody_looking(folder: Path, size: int) -> None:
    """Signed by the key in the folder, which whoever made the folder has."""
    note = sign_checkpoint(ORIGIN, size, b"\x05" * 32, KEY)
    (folder / "checkpoint").write_bytes(note)
    said, codes = both(folder, None)
    assert said == "TOTAL-FAILED"
    assert {"export_file_missing", "checkpoint_missing", "export_file_extra"} <= codes


@pytest.mark.parametrize(
    ("at", "values"),
    [(None, {}), (770, {"prev": b"\x05" * 32}), (300, {"n": 5}), (520, {"n": 0, "prev": None})],
)
def test_streams_are_followed_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int | None, values: dict[str, Any]
) -> None:
    """From part to part, and after they were put away to take less memory."""
    monkeypatch.setattr(export_verify, "PART", 1)
    monkeypatch.setattr(tips, "_LATE", 10)
    work = MemoryUnitOfWork()
    for _ in range(20):
        append(work, *(f"record/{number}" for number in range(40)))
    if at is not None:
        changed(at, **values)(work._state.entries)
    export(work, tmp_path)
    said = ("TOTAL-PASSED", set()) if at is None else ("TOTAL-FAILED", {"stream_broken"})
    assert both(tmp_path) == said


def test_parts_in_processes_are_joined(tmp_path: Path) -> None:
    """Three parts and a rest: streams, requests and lines go over their borders."""
    work = MemoryUnitOfWork()
    for _ in range(2):
        append(work, *["agency/a", "record/b"] * 10_500)
        checkpoint(work, KEY)
    export(work, tmp_path)
    verifier = parse_verifier(VKEY)
    for jobs in (1, 2):
        assert check_export(tmp_path, verifier, (), jobs).conclusion == "TOTAL-PASSED"
        report = single_file.verify(str(tmp_path), single_file.Key(VKEY), [], jobs)
        assert (report.conclusion, report.covered) == ("TOTAL-PASSED", 42_000)
    bundle = tmp_path / "tile/entries/100"
    bundle.write_bytes(bundle.read_bytes().replace(b"thing.happened", b"thing.unhappen", 1))
    said, codes = both(tmp_path)
    assert said == "TOTAL-FAILED"
    assert codes == {
        "tile_altered",
        "checkpoint_root_mismatch",
        "stream_broken",
        "export_line_altered",
    }


def test_the_file_runs_by_itself(folder: Path) -> None:
    """With Python's own search path only, and cryptography."""
    program = str(folder / "verify_ledger.py")

    def run(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-I", program, *arguments], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    code, out, _ = run()
    assert code == 3
    assert "key_unconfirmed" in out
    code, out, _ = run("--key", VKEY)
    assert (code, out.splitlines()[-1]) == (0, "TOTAL-PASSED: everything passed / đạt hết")
    code, out, _ = run(str(folder), "--key", str(folder / "key.vkey"), "--format", "json")
    assert code == 0
    assert json.loads(out) | {"root": ""} == {
        "schema": "antin-ledger-report/1",
        "origin": ORIGIN,
        "conclusion": "TOTAL-PASSED",
        "entries": SIZE,
        "root": "",
        "checkpoints": 3,
        "covered": SIZE,
        "findings": [],
        "left_off": 0,
    }
    assert run("--against", str(folder), "--key", VKEY)[0] == 0
    assert run(str(folder.parent / "none"))[0] == 5
    assert run("--key", "junk")[0] == 5
    assert run("--jobs", "0")[0] == run("--jobs", "65")[0] == 2
    for number in ("0", "65"):  # each would be a process
        assert main(["ledger", "verify", str(folder), "--jobs", number]) == 2
    (folder / "tile/0/000").unlink()
    code, out, _ = run("--key", VKEY)
    assert code == 1
    assert "error: export_file_missing: tile/0/000 is missing in the export." in out


def test_what_the_file_says_fits_a_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        single_file.main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    changed = (folder / "tile/entries/000").read_bytes().replace(b"thing.", b"thinx.", 1)
    (folder / "tile/entries/000").write_bytes(changed)
    (folder / ("x" * 200)).touch()
    assert single_file.main([str(folder), "--jobs", "1"]) == 1
    said = capsys.readouterr().out
    lines += said.splitlines()
    assert max(map(len, lines)) <= 80
    root = checkpoint_of(folder)
    assert root in said, "a hash stands in one line"
    assert any(line.startswith("  ") for line in said.splitlines())


def checkpoint_of(folder: Path) -> str:
    """Return the root that the newest checkpoint signs, in hex."""
    return base64.b64decode((folder / "checkpoint").read_text().splitlines()[2]).hex()


def forged(place: Path) -> tuple[str, Path]:
    """Export a ledger by another key, and lay that key where the right one's text is a name."""
    stranger = MemoryNoteKey()
    work = MemoryUnitOfWork()
    append(work, "agency/a")
    with open_export(place / "x") as target:
        export_ledger(ledger_services(work, stranger), target, lambda _: None, with_payloads=False)
    trap = place / VKEY
    trap.parent.mkdir(parents=True, exist_ok=True)
    trap.write_text(ecdsa_verifier(ORIGIN, stranger.public_key).text)
    return VKEY, place / "x"


def test_a_key_is_not_looked_for_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file whose name is the key's text would say which key is believed."""
    key, folder = forged(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert single_file.main([str(folder), "--key", key, "--jobs", "1"]) == 1
    assert "export_key_altered" in capsys.readouterr().out
    assert main(["ledger", "verify", str(folder), "--key", key, "--jobs", "1"]) == 1
    assert "export_key_altered" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["argparse.py", "cryptography/__init__.py", "json.py"])
def test_nothing_in_the_export_is_run(folder: Path, name: str) -> None:
    """Who compared the program with a published digest runs it, and no module beside it."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("raise SystemExit(0)")
    program = str(folder / "verify_ledger.py")
    done = subprocess.run(
        [sys.executable, program, "--key", VKEY], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert name.partition("/")[0] in done.stdout


def test_requests_are_told_apart_in_little_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes two numbers equal has all of the requests looked at."""
    size = 400 * 256

    def read(_: object, bundle: Tile, __: object) -> Entries:
        names = [b"%0150d" % (index % (size - 1)) for index in range(bundle.start, bundle.stop)]
        none = [b""] * bundle.width
        width = range(bundle.width)
        return Entries(none, width, [0] * bundle.width, none, names, [0] * bundle.width, none, None)

    monkeypatch.setattr(export_verify, "entries_of", read)
    found = Collector()
    entries = export_verify._Entries(LedgerFolder(folder), size, [], found)
    tracemalloc.start()
    entries._find_repeated()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(one.code, dict(one.values)["index"]) for one in found.found] == [
        ("request_repeated", size - 1)
    ]
    assert peak < 100 * size


def repeats(every: EveryNumber) -> list[bool]:
    return [may_repeat(share) for share in every.shares()]


def test_requests_of_many_parts_are_told_apart() -> None:
    some = [b"%d" % number for number in range(5_000)]
    every = EveryNumber()
    for part in (some[:3_000], [], some[3_000:]):
        every.add(grouped(numbers_of(part)))
    assert not any(repeats(every))
    every.add(grouped(numbers_of([some[77]])))
    assert repeats(every).count(True) == 1


def test_requests_that_all_fall_into_one_group_are_looked_at_one_by_one() -> None:
    """Whoever makes them so would have the memory of one large set taken."""
    same = [one for one in (b"%d" % number for number in range(3_200_000)) if not crc32(one) & 255]
    every = EveryNumber()
    every.add(grouped(numbers_of(same[:5_000])))
    assert not any(repeats(every))
    every.add(grouped(numbers_of(same[5_000:])))
    assert any(repeats(every))


def test_a_name_that_is_given_steers_no_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(folder / "old\x1b[2J\u202e")
    assert single_file.main([missing, "--key", VKEY]) == 5
    assert single_file.main([str(folder), "--key", VKEY, "--against", missing]) == 5
    assert capsys.readouterr().err.replace("\n", "").isprintable()


def fails(*_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


def ends(*_: object) -> None:
    os._exit(9)


@pytest.mark.parametrize("how", [fails, ends])
def test_what_ends_checking_is_no_verdict(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: Callable[[], None],
) -> None:
    """A disk that fails, a process that is killed: neither says that the export is bad."""
    monkeypatch.setattr(export_verify, "PART", 1)
    monkeypatch.setattr(single_file, "CHUNK", 1)
    monkeypatch.setattr(export_verify, "check_part", how)
    monkeypatch.setattr(single_file, "check_part", how)
    arguments = [str(folder), "--key", VKEY, "--jobs", "2"]
    assert main(["ledger", "verify", *arguments]) == 5
    assert capsys.readouterr().err.startswith("antin: export_unreadable: ")
    assert single_file.main(arguments) == 5
    assert capsys.readouterr().err.startswith("verify_ledger: ")


def test_what_is_no_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        check_export(tmp_path / "none", None)
    assert caught.value.code == "export_unreadable"
