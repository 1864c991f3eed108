"""``ledger.verify.1m.*``: checking an export of the ledger, and ``ledger.proof.10m``."""

import base64
import hashlib
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.exported import entries, make_export
from benchmarks.runner import Figure

if TYPE_CHECKING:
    from antin.infra.database import Database

_KEPT: Final = Path("build/bench-ledgers")
"""Large ledgers take minutes to make, so they are made once."""
_SAMPLE: Final = 20_000
_CHUNK: Final = 25_600


@dataclass(frozen=True)
class VerifyExport:
    """An export of ``count`` entries of about 320 bytes, checked whole in so many processes.

    The floor is one SHA-256 of each entry's bytes, in one process. In one process it tells as well
    how many entries a second the tree alone takes; in more, how many times faster they were than
    one process right after them, where the floor is as many times as there are processes.
    """

    name: str
    processes: int
    count: int
    most_runs: int = 5

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — as the port has it
        """Make the export, if it was not made before."""
        kept = _KEPT / f"export-{self.count}"
        if not (kept / "checkpoint").exists():
            make_export(kept, self.count)
        (folder / "export").symlink_to(kept.absolute())

    def load(self) -> None:
        """Import what checks."""
        import antin.infra.ledger.export_checking  # noqa: F401 — loading it is all that is wanted

    def open(self, folder: Path) -> "VerifyingExport":
        """Read the key."""
        return VerifyingExport((folder / "export").resolve(), self)


class VerifyingExport:
    """Checks the export once in each run."""

    def __init__(self, folder: Path, benchmark: VerifyExport) -> None:
        from antin.ledger.checkpoints.note import parse_verifier

        self._folder = folder
        self._benchmark = benchmark
        self._key = parse_verifier((folder / "key.vkey").read_text())
        self._sample = list(entries(_SAMPLE))
        self._verdict = ""
        self._floor = self._took = 0.0

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Check it."""
        self._took = self._check_in(self._benchmark.processes)

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Hash as many bytes."""
        sha256, start = hashlib.sha256, time.perf_counter()
        for _ in range(self._benchmark.count // _SAMPLE):
            for data in self._sample:
                sha256(data).digest()
        self._floor = time.perf_counter() - start

    def figures(self, number: int) -> tuple[Figure, ...]:  # noqa: ARG002 — as above
        """Tell what the tree alone takes: what of the check is about it; or what processes gain."""
        processes = self._benchmark.processes
        if processes > 1:
            return (Figure("faster", self._check_in(1) / self._took, "times", processes),)
        count, start = self._benchmark.count, time.perf_counter()
        check_tree(self._folder, count)
        rate = count / (time.perf_counter() - start)
        return (Figure("tree", rate, "1/s", count / self._floor),)

    def check(self, number: int) -> None:  # noqa: ARG002 — as above
        """See that it passed."""
        assert self._verdict == "TOTAL-PASSED"

    def _check_in(self, processes: int) -> float:
        from antin.infra.ledger.export_checking import check_export

        start = time.perf_counter()
        report = check_export(self._folder, self._key, (), processes)
        self._verdict = report.conclusion.value
        return time.perf_counter() - start


def check_tree(folder: Path, count: int) -> None:
    """Compute the tree over an export's bundles, and compare tiles of leaves and the root."""
    from antin.infra.ledger.export_reading import LedgerFolder
    from antin.ledger.checking.report import Collector
    from antin.ledger.checkpoints.note import MAX_NOTE_BYTES
    from antin.ledger.export.part import check_tile
    from antin.ledger.tree.merkle import Frontier, full_root, leaf_hashes
    from antin.ledger.tree.tiles import (
        MAX_BUNDLE_BYTES,
        TILE_HEIGHT,
        TILE_WIDTH,
        Tile,
        bundles_of,
        read_bundle,
    )

    files, found, tree = LedgerFolder(folder), Collector(), Frontier()
    for bundle in bundles_of(count):
        leaves = leaf_hashes(read_bundle(bundle, files.read(bundle.path, MAX_BUNDLE_BYTES) or b""))
        check_tile(files, Tile(0, bundle.index, bundle.width), leaves, found)
        if bundle.width == TILE_WIDTH:
            tree.push(TILE_HEIGHT, full_root(leaves))
        else:
            tree.extend(leaves)
    note = files.read("checkpoint", MAX_NOTE_BYTES) or b""
    assert base64.b64encode(tree.root()) == note.split(b"\n")[2]
    assert not found.found


@dataclass(frozen=True)
class Prove:
    """Proofs of inclusion out of a SQLite file with ``size`` entries: one in each run, anywhere.

    The rows are short, and were not appended one by one; the tree over them is a whole one. The
    floor is checking the proof.
    """

    name: str
    size: int

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — as the port has it
        """Make the database, if it was not made before."""
        kept = _KEPT / f"ledger-{self.size}"
        if not (kept / "whole").exists():
            make_ledger(kept, self.size)
        (folder / "ledger").symlink_to(kept.absolute())

    def load(self) -> None:
        """Import what proves."""
        import antin.infra.database
        import antin.ledger.tree.tile_proofs  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "Proving":
        """Open the database."""
        return Proving((folder / "ledger").resolve(), self.size)


class Proving:
    """Makes one proof in each run."""

    def __init__(self, folder: Path, size: int) -> None:
        from antin.infra.database import open_database

        self._work: Database = open_database(f"sqlite:///{folder}/antin.db")
        self._root = bytes.fromhex((folder / "whole").read_text())
        self._size = size
        self._chance = random.Random(size)  # noqa: S311 — any place will do
        self._index = 0
        self._path: tuple[bytes, ...] = ()
        self._leaf = b""
        self.value(0)  # the floor comes first, and needs a proof

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Prove an entry to be in it."""
        from antin.ledger.tree.stored import StoredTiles
        from antin.ledger.tree.tile_proofs import inclusion_from_tiles

        index = self._chance.randrange(self._size)
        proof = self._work.read(
            lambda s: inclusion_from_tiles(StoredTiles(s.ledger), index, self._size, self._root)
        )
        self._index, self._leaf, self._path = index, proof.leaf, proof.path

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Check the proof."""
        from antin.ledger.tree.proofs import verify_inclusion

        verify_inclusion(self._index, self._size, self._leaf, self._path, self._root)

    def check(self, number: int) -> None:
        """See that it holds."""
        self.floor(number)

    def close(self) -> None:
        """Close the database."""
        self._work.close()


def make_ledger(folder: Path, size: int) -> None:
    """Fill a ledger's own tables with short rows, and with the roots of tiles over them."""
    import sqlite3

    from antin.infra.database import migrate
    from antin.ledger.tree.merkle import Frontier, leaf_hashes
    from antin.ledger.tree.roots import GrowingTree

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "antin.db"
    path.unlink(missing_ok=True)
    migrate(f"sqlite:///{path}")
    tree = GrowingTree(Frontier())
    columns = "(?, 'agency/a', ?, NULL, 0, '', '', x'', '', ?, ?, ?)"
    place = f"INSERT INTO ledger_entries VALUES {columns}"  # noqa: S608 — a constant
    root = "INSERT INTO ledger_nodes VALUES (?, ?, ?)"
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
    for (guard,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {guard}")
    for start in range(0, size, _CHUNK):
        indexes = range(start, min(start + _CHUNK, size))
        data = [n.to_bytes(8) for n in indexes]
        leaves = leaf_hashes(data)
        rows = zip(indexes, indexes, indexes, data, leaves, strict=True)
        connection.executemany(place, rows)
        found = [(one.level, one.index, one.hash) for one in tree.extend(leaves)]
        connection.executemany(root, found)
    connection.execute("UPDATE ledger_head SET size = ?", (size,))
    connection.commit()
    connection.close()
    (folder / "whole").write_text(tree.frontier().root().hex())
