"""Writing the ledger into a folder that others can check without us."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.digests import same
from antin.core.errors import IntegrityError, NotFoundError
from antin.core.limits import MAX_TIMESTAMP_BYTES
from antin.flows.audit.checkpoints import take_checkpoint
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.ledger.checkpoints.anchors import signed_note
from antin.ledger.checkpoints.checkpoint import Checkpoint, open_checkpoint
from antin.ledger.checkpoints.cosignature import with_cosignatures
from antin.ledger.checkpoints.note import MAX_NOTE_BYTES, verifier_of
from antin.ledger.export import layout as export
from antin.ledger.export.layout import ExportFolder
from antin.ledger.ports import EntryRow, Payload, StoredCheckpoint
from antin.ledger.tree.build import TileBuilder
from antin.ledger.tree.merkle import EMPTY_ROOT, leaf_hashes
from antin.ledger.tree.tiles import TILE_WIDTH, bundles_of, tiles_of, write_bundle

_CHUNK: Final = 16 * TILE_WIDTH
"""Entries in memory at a time."""
Step = Callable[[int], None]


def export_ledger(
    services: Services, folder: ExportFolder, step: Step, *, with_payloads: bool = False
) -> JsonObject:
    """Write all that a signed checkpoint covers into ``folder``; go on where it stopped before.

    ``step`` is told how many entries were written. ``with_payloads``: also what entries commit to,
    as far as it was not erased. The checkpoint is written last: without it, or with an older one,
    the folder is an older export that is whole. Errors: ``checkpoint_ahead``,
    ``ledger_inconsistent``, ``export_unreadable``, those of the checkpoint key and of the folder.
    """
    take_checkpoint(services)
    newest = services.work.read(lambda stores: stores.ledger.newest_checkpoint())
    if newest is None:
        raise NotFoundError("checkpoint_not_found")
    older = _exported(services, folder, newest)
    # 1. Tiles go on from those of the checkpoint in the folder, which must give its root.
    builder = TileBuilder()
    if older.size:
        builder = TileBuilder.resume(folder.tiles(), older.size, older.root)
    _Entries(services, folder, builder, step, with_payloads).write(newest.size)
    # 2. They give the root that was signed: the database goes on from what was exported.
    if not same(builder.frontier().root(), newest.root):
        detail = f"the first {newest.size} entries do not give the root that was signed"
        raise IntegrityError("ledger_inconsistent", detail=detail)
    _write_rest(services, folder, older, newest.size)
    # 3. From here on it is an export of this size.
    folder.replace(export.CHECKPOINT, _cosigned(services, newest))
    _tidy(folder, newest.size)
    return {"size": newest.size, "root": newest.root.hex(), "from": older.size}


def _exported(services: Services, folder: ExportFolder, newest: StoredCheckpoint) -> Checkpoint:
    """Return the checkpoint that is in the folder, if it is one of this ledger's."""
    note = folder.read(export.CHECKPOINT, MAX_NOTE_BYTES)
    if note is None:
        return Checkpoint(services.origin, 0, EMPTY_ROOT)
    verifier = verifier_of(services.origin, services.checkpoint_key.public_key)
    said = open_checkpoint(note, services.origin, verifier)
    if said.size > newest.size:
        raise IntegrityError("checkpoint_ahead", checkpoint=said.size, entries=newest.size)
    return said


@dataclass(frozen=True)
class _Chunk:
    rows: Sequence[EntryRow]
    payloads: dict[int, Payload]


@dataclass(frozen=True)
class _Entries:
    """Writes what grows with the entries: tiles, bundles, lines."""

    services: Services
    folder: ExportFolder
    builder: TileBuilder
    step: Step
    with_payloads: bool

    def write(self, size: int) -> None:
        since = self.builder.size
        lines_from = since if self._lines_go_on(since) else 0
        anew = lines_from == 0
        name = export.ENTRIES + (export.NEW if anew else "")
        start = lines_from
        self.folder.append(name, b"", anew=anew)
        while start < size:
            stop = min((start // _CHUNK + 1) * _CHUNK, size)
            chunk = self._chunk(start - start % TILE_WIDTH, stop)
            self._add_tiles(chunk.rows, since, size)
            lines = [self._line(row, chunk) for row in chunk.rows if row.index >= lines_from]
            self.folder.append(name, b"".join(lines), anew=False)
            self.step(stop - start)
            start = stop
        for tile, data in self.builder.partial():
            self.folder.write(tile.path, data)
        self.folder.finish(export.ENTRIES, anew=anew)

    def _lines_go_on(self, since: int) -> bool:
        """Tell whether the lines that are there are those of the first entries, and no payloads.

        With payloads they are all written again: what was erased since then is not kept.
        """
        if self.with_payloads or not since:
            return False
        last = self._chunk(since - 1, since).rows
        line = b"".join(export.entry_line(row.index, row.data) for row in last)
        return self.folder.cut_lines(export.ENTRIES, line)

    def _chunk(self, start: int, stop: int) -> _Chunk:
        def query(stores: Stores) -> _Chunk:
            rows = tuple(stores.ledger.entries(start, stop))
            payloads = stores.ledger.payloads(start, stop) if self.with_payloads else ()
            return _Chunk(rows, dict(payloads))

        chunk = self.services.work.read(query)
        if [row.index for row in chunk.rows] != list(range(start, stop)):
            detail = f"entries between {start} and {stop} are missing"
            raise IntegrityError("ledger_inconsistent", detail=detail)
        return chunk

    def _line(self, row: EntryRow, chunk: _Chunk) -> bytes:
        if not self.with_payloads:
            return export.entry_line(row.index, row.data)
        payload = chunk.payloads.get(row.index)
        return export.entry_line_with_payload(row.index, row.data, payload)

    def _add_tiles(self, rows: Sequence[EntryRow], since: int, size: int) -> None:
        """Write the bundles of ``rows``, and the tiles that fill, as far as they are new."""
        first = rows[0].index
        data = [row.data for row in rows]
        new = leaf_hashes(data[max(since - first, 0) :])
        for tile, hashes in self.builder.add(new):
            self.folder.write(tile.path, hashes)
        stop = rows[-1].index + 1
        for bundle in bundles_of(size, max(since, first)):
            if bundle.start >= stop:
                break
            entries = data[bundle.start - first : bundle.stop - first]
            self.folder.write(bundle.path, write_bundle(entries))


def _write_rest(services: Services, folder: ExportFolder, older: Checkpoint, size: int) -> None:
    """Write what was signed, and what others need to check it."""
    key = verifier_of(services.origin, services.checkpoint_key.public_key)
    folder.replace(export.KEY, f"{key.text}\n".encode())
    for name, data in folder.shipped():
        folder.replace(name, data)
    note = folder.read(export.CHECKPOINT, MAX_NOTE_BYTES)
    anew = note is None or not folder.cut_lines(
        export.CHECKPOINTS, export.checkpoint_line(older.size, signed_note(note, key))
    )
    name = export.CHECKPOINTS + (export.NEW if anew else "")
    folder.append(name, b"", anew=anew)

    def write(stores: Stores) -> None:
        for one in stores.ledger.checkpoints():
            if (anew or one.size > older.size) and one.size <= size:
                folder.append(name, export.checkpoint_line(one.size, one.note), anew=False)

    services.work.read(write)
    folder.finish(export.CHECKPOINTS, anew=anew)
    for one in services.work.read(lambda stores: stores.ledger.timestamps(0, size + 1)):
        name = export.timestamp_name(one.size, one.number)
        if folder.read(name, MAX_TIMESTAMP_BYTES) != one.token:
            folder.replace(name, one.token)


def _cosigned(services: Services, newest: StoredCheckpoint) -> bytes:
    """Return the checkpoint with the cosignatures that there are so far."""

    def query(stores: Stores) -> bytes:
        found = stores.ledger.cosignatures(newest.size, newest.size + 1)
        return with_cosignatures(newest.note, [one.line for one in found])

    return services.work.read(query)


def _tidy(folder: ExportFolder, size: int) -> None:
    """Remove what older or unfinished exports left: tiles that are wider by now."""
    kept = {tile.path for tile in (*tiles_of(size), *bundles_of(size)) if tile.width < TILE_WIDTH}
    for name in tuple(folder.partial_tiles()):
        if name not in kept:
            folder.remove(name)
