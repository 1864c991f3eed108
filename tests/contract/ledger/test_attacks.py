"""What somebody with all rights on the database does to the ledger, each found and named."""

# ruff: noqa: S608 — the attacker writes SQL by hand

import sqlite3
from dataclasses import replace

import psycopg
import pytest

from antin.core.errors import AntinError
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.checking.others import check_others
from antin.ledger.checking.report import Collector, LedgerConclusion, LedgerReport
from antin.ledger.checkpoints.note import verifier_of
from antin.ledger.entry import Entry, encode, parse
from antin.ledger.ports import Cosignature, EntryRow, Timestamp
from antin.ledger.tree.merkle import leaf_hash
from antin.ledger.tree.proofs import verify_inclusion
from antin.ledger.tree.stored import StoredTiles
from antin.ledger.tree.tile_proofs import inclusion_from_tiles
from tests.contract.ledger.conftest import Attacked
from tests.ledgers import append, checkpoint, codes, verify
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.rows import NOW, an_act

KEY = MemoryNoteKey()


@pytest.fixture
def grown(attacked: Attacked) -> Attacked:
    """Six entries in three streams under a checkpoint, guards lifted."""
    for stream in ("agency/a", "record/b", "agency/a", "document/c", "agency/a", "record/b"):
        append(attacked.work, stream)
    checkpoint(attacked.work, KEY)
    attacked.superuser.lift_guards()
    return attacked


def rows(attacked: Attacked) -> tuple[EntryRow, ...]:
    return attacked.work.read(lambda s: tuple(s.ledger.entries(0, 100)))


def found(attacked: Attacked, code: str, report: LedgerReport | None = None) -> dict[str, object]:
    """Return the values of the first finding of this code; the ledger must have failed."""
    report = report or verify(attacked.work, KEY)
    assert report.conclusion is LedgerConclusion.FAILED
    return next(dict(one.values) for one in report.findings if one.code == code)


def test_a_column_edited_but_not_the_bytes(grown: Attacked) -> None:
    grown.superuser.execute("UPDATE ledger_entries SET actor = 'nobody' WHERE leaf_index = 3")
    report = verify(grown.work, KEY)
    assert codes(report) == {"column_altered"}
    values = found(grown, "column_altered", report)
    assert values == {"index": 3, "column": "actor", "expected": "system", "found": "nobody"}


def test_bytes_edited_but_not_the_leaf(grown: Attacked) -> None:
    entry = rows(grown)[2]
    data = encode(replace(parse(entry.data), actor="nobody"))
    put = f"UPDATE ledger_entries SET data = {grown.superuser.octets(data)} WHERE leaf_index = 2"
    grown.superuser.execute(put)
    values = found(grown, "entry_bytes_altered")
    assert values == {"index": 2, "expected": entry.leaf.hex(), "found": leaf_hash(data).hex()}
    assert {"stream_broken", "column_altered", "checkpoint_root_mismatch"} <= codes(
        verify(grown.work, KEY)
    )


def test_bytes_that_are_no_entry(grown: Attacked) -> None:
    put = grown.superuser.octets(b"\xff{")
    grown.superuser.execute(f"UPDATE ledger_entries SET data = {put} WHERE leaf_index = 2")
    assert {"entry_bytes_altered", "entry_unreadable"} <= codes(verify(grown.work, KEY))


def store(attacked: Attacked, index: int, entry: Entry) -> None:
    """Overwrite an entry with another one, consistent in itself."""
    data = encode(entry)
    octets = attacked.superuser.octets
    prev = "NULL" if entry.prev is None else octets(entry.prev)
    attacked.superuser.execute(
        f"UPDATE ledger_entries SET data = {octets(data)}, leaf = {octets(leaf_hash(data))}, "
        f"actor = '{entry.actor}', prev = {prev} WHERE leaf_index = {index}"
    )


def test_one_entry_edited_with_all_that_stands_in_its_row(grown: Attacked) -> None:
    """The next entry of the stream still names the old leaf, and so does the checkpoint."""
    store(grown, 2, replace(parse(rows(grown)[2].data), actor="nobody"))
    report = verify(grown.work, KEY)
    assert codes(report) == {"stream_broken", "checkpoint_root_mismatch"}
    values = found(grown, "stream_broken", report)
    assert (values["index"], values["stream"], values["column"]) == (4, "agency/a", "prev")


def test_one_entry_edited_and_everything_after_it_computed_again(grown: Attacked) -> None:
    tips: dict[str, bytes] = {}
    for row in rows(grown):
        entry = replace(parse(row.data), prev=tips.get(row.stream))
        if row.index == 0:
            entry = replace(entry, actor="nobody")
        store(grown, row.index, entry)
        tips[row.stream] = leaf_hash(encode(entry))
    report = verify(grown.work, KEY)
    assert codes(report) == {"checkpoint_root_mismatch"}, "only what was signed shows it"
    assert found(grown, "checkpoint_root_mismatch", report)["size"] == 6


def test_a_row_deleted(grown: Attacked) -> None:
    grown.superuser.execute("DELETE FROM ledger_entries WHERE leaf_index = 2")
    report = verify(grown.work, KEY)
    assert found(grown, "entry_missing", report) == {"index": 2, "last": 2}
    assert {"stream_broken", "payload_unclaimed", "ledger_size_altered"} <= codes(report)


def test_two_rows_swapped(grown: Attacked) -> None:
    swap = "UPDATE ledger_entries SET leaf_index = {} WHERE leaf_index = {}"
    grown.superuser.execute(swap.format(99, 1), swap.format(1, 3), swap.format(3, 99))
    assert codes(verify(grown.work, KEY)) == {"payload_altered", "checkpoint_root_mismatch"}


def truncate(attacked: Attacked, size: int) -> None:
    attacked.superuser.execute(
        f"DELETE FROM ledger_payloads WHERE leaf_index >= {size}",
        f"DELETE FROM ledger_entries WHERE leaf_index >= {size}",
        f"UPDATE ledger_head SET size = {size}",
    )


def test_the_tail_cut_off_under_a_checkpoint(grown: Attacked) -> None:
    truncate(grown, 4)
    report = verify(grown.work, KEY)
    assert codes(report) == {"checkpoint_beyond_entries"}
    assert found(grown, "checkpoint_beyond_entries", report) == {"size": 6, "found": 4}


@pytest.mark.parametrize("what", [Cosignature, Timestamp])
def test_what_others_signed_outlives_the_tail_and_its_checkpoint(
    grown: Attacked, what: type[Cosignature] | type[Timestamp]
) -> None:
    append(grown.work, "record/b")
    size = checkpoint(grown.work, KEY).size

    def keep(stores: Stores) -> Done[None]:
        if what is Cosignature:
            stores.ledger.add_cosignature(Cosignature(size, "w.example", "— w AAAA\n", NOW))
        else:
            stores.ledger.add_timestamp(Timestamp(size, 0, b"token", NOW))
        return Done(None)

    grown.work.run(an_act(), keep)
    truncate(grown, 6)
    grown.superuser.execute(f"DELETE FROM ledger_checkpoints WHERE size = {size}")
    assert codes(verify(grown.work, KEY)) == set(), "the rest is whole"
    told = Collector()
    grown.work.read(lambda s: check_others(s.ledger, told, verifier_of(ORIGIN, KEY.public_key), []))
    wanted = "cosignature_invalid" if what is Cosignature else "timestamp_invalid"
    assert [(one.code, dict(one.values)["size"]) for one in told.found] == [(wanted, size)]


def test_the_tail_cut_off_with_its_checkpoint(grown: Attacked) -> None:
    """Inside the database nothing is left to show it; the checkpoint kept outside does."""
    kept = grown.work.read(lambda s: s.ledger.newest_checkpoint())
    assert kept is not None
    truncate(grown, 4)
    grown.superuser.execute("DELETE FROM ledger_checkpoints")
    assert verify(grown.work, KEY).conclusion is LedgerConclusion.INDETERMINATE
    report = verify(grown.work, KEY, kept.note)
    assert codes(report) == {"checkpoint_beyond_entries", "checkpoint_missing"}


def test_an_old_backup_appended_to(grown: Attacked) -> None:
    """Set back, then grown past the old size: another history of the same length."""
    kept = grown.work.read(lambda s: s.ledger.newest_checkpoint())
    assert kept is not None
    truncate(grown, 4)
    grown.superuser.execute("DELETE FROM ledger_checkpoints")
    append(grown.work, "agency/a", "agency/a", "agency/a")
    checkpoint(grown.work, KEY)
    assert codes(verify(grown.work, KEY)) == set()
    report = verify(grown.work, KEY, kept.note)
    assert codes(report) == {"checkpoint_root_mismatch", "checkpoint_missing"}


def test_the_head_altered(grown: Attacked) -> None:
    grown.superuser.execute("UPDATE ledger_head SET size = 9")
    assert found(grown, "ledger_size_altered") == {"expected": 9, "found": 6}


def test_facts_altered(grown: Attacked) -> None:
    put = grown.superuser.octets(b'{"title":"something else"}')
    grown.superuser.execute(f"UPDATE ledger_payloads SET data = {put} WHERE leaf_index = 1")
    assert found(grown, "payload_altered") == {"index": 1}


def test_facts_gone(grown: Attacked) -> None:
    grown.superuser.execute("DELETE FROM ledger_payloads WHERE leaf_index = 1")
    report = verify(grown.work, KEY)
    assert report.conclusion is LedgerConclusion.INDETERMINATE
    assert codes(report) == {"payload_missing"}


@pytest.mark.parametrize("column", ["root", "frontier"])
def test_a_checkpoints_row_altered(grown: Attacked, column: str) -> None:
    put = grown.superuser.octets(b"\x05" * 32)
    grown.superuser.execute(f"UPDATE ledger_checkpoints SET {column} = {put}")
    assert found(grown, "checkpoint_altered")["size"] == 6


def test_a_checkpoints_note_altered(grown: Attacked) -> None:
    kept = grown.work.read(lambda s: s.ledger.newest_checkpoint())
    assert kept is not None
    for note, code in (
        (b"junk", "checkpoint_unreadable"),
        (kept.note.replace(b"\n6\n", b"\n5\n"), "checkpoint_signature_invalid"),
        (
            kept.note.replace(b"test.example/log\n6", b"other/log\n6"),
            "checkpoint_of_another_ledger",
        ),
    ):
        put = grown.superuser.octets(note)
        grown.superuser.execute(f"UPDATE ledger_checkpoints SET note = {put}")
        assert found(grown, code)["size"] == 6


GUARDED = [
    "UPDATE ledger_entries SET actor = 'nobody'",
    "DELETE FROM ledger_entries",
    "UPDATE ledger_checkpoints SET size = 1",
    "DELETE FROM ledger_checkpoints",
    "UPDATE ledger_head SET size = 0",
    "DELETE FROM ledger_head",
]


@pytest.mark.parametrize("statement", GUARDED)
def test_guards_stop_accidents(attacked: Attacked, statement: str) -> None:
    append(attacked.work, "agency/a")
    checkpoint(attacked.work, KEY)
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.RestrictViolation)):
        attacked.superuser.execute(statement)
    verify(attacked.work, KEY).raise_if_not_passed()


@pytest.fixture
def tiled(attacked: Attacked) -> Attacked:
    """Two full tiles and a rest under a checkpoint."""
    append(attacked.work, *["agency/a"] * 600)
    checkpoint(attacked.work, KEY)
    return attacked


def prove(attacked: Attacked, index: int) -> str:
    """Return what comes of a proof out of the tables: an error's code, or "proven"."""

    def query(stores: Stores) -> str:
        newest = stores.ledger.newest_checkpoint()
        assert newest is not None
        tiles = StoredTiles(stores.ledger)
        proof = inclusion_from_tiles(tiles, index, newest.size, newest.root)
        verify_inclusion(index, newest.size, proof.leaf, proof.path, newest.root)
        return "proven"

    try:
        return attacked.work.read(query)
    except AntinError as error:
        return error.code


def test_a_tiles_root_altered(tiled: Attacked) -> None:
    assert prove(tiled, 0) == "proven"
    octets = tiled.superuser.octets(b"\x05" * 32)
    tiled.superuser.execute(f"UPDATE ledger_nodes SET hash = {octets} WHERE level = 1 AND node = 1")
    assert prove(tiled, 0) == "ledger_inconsistent"
    report = verify(tiled.work, KEY)
    assert codes(report) == {"tile_root_altered"}
    values = found(tiled, "tile_root_altered", report)
    assert (values["level"], values["index"], values["found"]) == (1, 1, "05" * 32)


def test_a_tiles_root_removed(tiled: Attacked) -> None:
    tiled.superuser.execute("DELETE FROM ledger_nodes WHERE level = 1 AND node = 0")
    assert prove(tiled, 300) == "tile_missing"
    report = verify(tiled.work, KEY)
    assert codes(report) == {"tile_root_missing"}
    assert found(tiled, "tile_root_missing", report) == {"level": 1, "index": 0}


def test_roots_of_tiles_that_no_entry_fills(tiled: Attacked) -> None:
    octets = tiled.superuser.octets(b"\x05" * 32)
    tiled.superuser.execute(
        f"INSERT INTO ledger_nodes (level, node, hash) VALUES (1, 2, {octets}), (3, 0, {octets})"
    )
    report = verify(tiled.work, KEY)
    places = [(dict(one.values)["level"], dict(one.values)["index"]) for one in report.findings]
    assert codes(report) == {"tile_root_altered"}
    assert places == [(1, 2), (3, 0)]
    assert found(tiled, "tile_root_altered", report)["expected"] == "null"
    assert prove(tiled, 0) == "proven", "they are never read"
