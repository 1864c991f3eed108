"""Checking an export of a ledger: everything is computed again from the entries' bytes.

The same is done, without a line of ours, by the program that goes along with each export
(``single_file/verify_ledger.py``); a test holds the two against each other.
"""

import os
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final, Protocol, TypeVar

from antin.core.digests import same
from antin.ledger.checking.compact import Compact
from antin.ledger.checking.report import Collector, LedgerReport
from antin.ledger.checkpoints.checkpoint import Checkpoint
from antin.ledger.checkpoints.note import MAX_NOTE_BYTES, NoteVerifier
from antin.ledger.entry import parse
from antin.ledger.export import layout as export
from antin.ledger.export.cosigned import CosignatureChecks
from antin.ledger.export.layout import ExportFiles
from antin.ledger.export.part import (
    PART,
    Part,
    PartJob,
    check_part,
    check_tile,
    entries_of,
    stream_broken,
)
from antin.ledger.export.requests import EveryNumber, may_repeat
from antin.ledger.export.signed import (
    STAMP,
    SignedSizes,
    open_file_or_say,
    open_or_say,
    read_key,
    read_or_say,
)
from antin.ledger.export.tips import Tips
from antin.ledger.redaction import RedactionChecks
from antin.ledger.tree.merkle import Frontier, full_root, leaf_hash
from antin.ledger.tree.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, bundles_of, has_tile

_Job = TypeVar("_Job")
_Made = TypeVar("_Made")


class Run(Protocol):
    """Does jobs, here or in processes."""

    def __call__(self, do: Callable[[_Job], _Made], jobs: Iterable[_Job], /) -> Iterator[_Made]:
        """Return what ``do`` makes of each, in their order; in processes it begins at once."""
        ...


_LAST: Final = 8
"""No part is more than one of so many of what is left."""
_SMALLEST: Final = 8
"""Bundles of a part, except where there are no more."""


def verify_export(
    files: ExportFiles,
    given: NoteVerifier | None,
    against: Iterable[bytes],
    run: Run,
    witnesses: Iterable[NoteVerifier] = (),
) -> LedgerReport:
    """Check an export by the key that was given; without one, nothing is passed.

    ``against``: checkpoints that somebody kept from before; ``witnesses``: keys of those whose
    cosignatures are looked for. Never raises for what the export holds.
    """
    found = Collector()
    # 1. The key: given by whoever checks, or else only the export's own word.
    key = read_key(files, given, found)
    # 2. The newest checkpoint says how many entries there are, under which root.
    note = read_or_say(files, export.CHECKPOINT, MAX_NOTE_BYTES, found) if key else None
    newest = open_or_say(note, key, "?", found) if key and note is not None else None
    if key is None or note is None or newest is None:
        return _report(found, key, None, 0, 0)
    # 3. The older ones, and what somebody kept from before.
    cosigned = CosignatureChecks(witnesses, found)
    signed = SignedSizes(files, key, newest, cosigned, found)
    signed.read_all()
    signed.read_against(against)
    # 4. Each entry, and the tree over all of them; and that there is nothing else.
    names = run(partial(_check_names, files), (newest.size,))
    entries = _Entries(files, newest.size, signed.roots, found)
    entries.check(run)
    # 5. What others signed of it: cosignatures by the keys that were given, time-stamps.
    cosigned.take(newest.size, note)
    cosigned.finish()
    signed.check_timestamps()
    found.join(*names)
    return _report(found, key, newest, signed.count, entries.covered)


def _report(
    found: Collector,
    key: NoteVerifier | None,
    newest: Checkpoint | None,
    checkpoints: int,
    covered: int,
) -> LedgerReport:
    return LedgerReport(
        origin=key.name if key else "",
        entries=newest.size if newest else 0,
        root=newest.root if newest else b"",
        checkpoints=checkpoints,
        covered=covered,
        findings=tuple(found.found),
        left_off=found.left_off,
    )


class _Entries:
    """All entries, part by part, and the tree over them."""

    def __init__(
        self, files: ExportFiles, size: int, roots: list[tuple[int, bytes]], found: Collector
    ) -> None:
        self.covered = 0
        """Entries under the newest checkpoint that has the right root."""
        self._files = files
        self._size = size
        self._found = found
        self._tree = Frontier()
        self._above: list[tuple[int, list[bytes]]] = []
        """For each level above the leaves' its tile that is not full: index and hashes."""
        self._waiting = deque(sorted(roots))
        self._sizes = [one[0] for one in self._waiting]
        self._facts = self._look_at_lines()
        self._lines_end: int | None = 0
        self._redactions = RedactionChecks(found) if self._facts else None

    def check(self, run: Run) -> None:
        self._compare(self._tree)
        tips = Tips()
        begun, last = EveryNumber(), (b"", -1)
        for part in run(partial(check_part, self._files), self._jobs()):
            self._found.join(part.found)
            if part.broken:
                # Without all leaves there is no root, so nothing is shown. And a size that
                # somebody made up must not keep us looking for ever.
                self.covered = 0
                return
            self._join_lines(part)
            self._join_told(part)
            self._join_tree(part)
            self._join_streams(part, tips)
            last = self._join_requests(part, last)
            begun.add(part.begun)
        self._finish_lines()
        if self._redactions is not None:
            self._redactions.finish()
        for level, (index, hashes) in enumerate(self._above, 1):
            if hashes:
                check_tile(self._files, Tile(level, index, len(hashes)), hashes, self._found)
        if any(run(may_repeat, begun.shares())):
            self._find_repeated()

    def _jobs(self) -> Iterator[PartJob]:
        bundles, stop = -(-self._size // TILE_WIDTH), 0
        while stop < bundles:
            # Small ones last: processes are done at about the same time.
            start, left = stop, bundles - stop
            stop = start + min(PART, max(left // _LAST, _SMALLEST), left)
            first = bisect_right(self._sizes, start * TILE_WIDTH)
            last = bisect_left(self._sizes, min(stop * TILE_WIDTH, self._size))
            signed = tuple(sorted(set(self._sizes[first:last])))
            yield PartJob(start, stop, self._size, signed, self._facts)

    def _join_tree(self, part: Part) -> None:
        done = 0
        for roots, leaves in part.marks:
            self._add_roots(part.roots[done:roots])
            done = roots
            tree = self._tree.copy()
            tree.extend(leaves)
            self._compare(tree)
        self._add_roots(part.roots[done:])
        self._tree.extend(part.rest)
        self._compare(self._tree)

    def _add_roots(self, roots: Iterable[bytes]) -> None:
        """Take in roots of full tiles of leaves, and fill the tiles above with them."""
        for one in roots:
            self._tree.push(TILE_HEIGHT, one)
            self._compare(self._tree)
            root, level = one, 1
            while (index := self._put(level, root)) is not None:
                _, hashes = self._above[level - 1]
                check_tile(self._files, Tile(level, index), hashes, self._found)
                root = full_root(hashes)
                self._above[level - 1] = (index + 1, [])
                level += 1

    def _put(self, level: int, root: bytes) -> int | None:
        """Put a hash into a level's tile; return the tile's index if it is full now."""
        if len(self._above) < level:
            self._above.append((0, []))
        index, hashes = self._above[level - 1]
        hashes.append(root)
        return index if len(hashes) == TILE_WIDTH else None

    def _compare(self, tree: Frontier) -> None:
        """Hold the root against what was signed for this size."""
        while self._waiting and self._waiting[0][0] <= tree.size:
            size, signed = self._waiting.popleft()
            root = tree.root()
            if size == tree.size and same(root, signed):
                self.covered = size
            else:
                self._found.error(
                    "checkpoint_root_mismatch", size=size, expected=signed, found=root
                )

    def _join_streams(self, part: Part, tips: Tips) -> None:
        for index, (stream, said) in zip(part.indexes, part.streams.items(), strict=True):
            tip = tips.get(stream)
            if tip != said:
                stream_broken(self._found, index, stream, tip, said)
        tips.update(part.tips)

    def _join_requests(self, part: Part, last: tuple[bytes, int]) -> tuple[bytes, int]:
        if part.first is None:
            return last
        index, request, ordinal = part.first
        if ordinal and (request, ordinal - 1) != last:
            self._found.error("request_repeated", index=index, request=request.decode())
        return part.last

    def _find_repeated(self) -> None:
        """Look at the requests one by one: numbers of some are equal."""
        # Whoever makes the numbers equal has all requests looked at.
        seen = Compact()
        before = b""
        for bundle in bundles_of(self._size):
            entries = entries_of(self._files, bundle, Collector())
            if entries is None:
                continue
            columns = zip(entries.places, entries.requests, entries.ordinals, strict=True)
            for place, request, ordinal in columns:
                begins = not ordinal or request != before
                if begins and not seen.put(request) and not ordinal:
                    index = bundle.start + place
                    self._found.error("request_repeated", index=index, request=request.decode())
                before = request

    def _look_at_lines(self) -> bool | None:
        """Tell from the first line whether facts were exported; None if there are no lines."""
        file = open_file_or_say(self._files, export.ENTRIES, self._found)
        if file is None:
            return None
        with file:
            return b'","salt":' in file.readline(MAX_NOTE_BYTES)

    def _join_lines(self, part: Part) -> None:
        """Parts stand one after the other, with nothing between them."""
        if self._facts is None:
            return
        if part.lines and self._lines_end is not None and part.lines[0] != self._lines_end:
            line, reason = part.start + 1, "something stands before it"
            name = export.ENTRIES
            self._found.error("export_line_altered", file=name, line=line, reason=reason)
        self._lines_end = part.lines[1] if part.lines else None

    def _join_told(self, part: Part) -> None:
        """Hold entries without facts against those that erased them, while all lines are known."""
        if part.lines is None:
            self._redactions = None
        if self._redactions is not None:
            for index, data, payload in part.told:
                self._redactions.check(index, parse(data), leaf_hash(data), payload)

    def _finish_lines(self) -> None:
        if self._facts is None or self._lines_end is None:
            return
        file = self._files.open(export.ENTRIES)
        if file is not None:
            with file:
                if file.seek(0, os.SEEK_END) > self._lines_end:
                    self._found.warning("export_file_extra", file=export.ENTRIES)


def _check_names(files: ExportFiles, size: int) -> Collector:
    """Name files that no export of this size has, and a program that is not ours."""
    found = Collector()
    own = export.NAMES - {export.TILES, export.TIMESTAMPS}
    for name in sorted(files.names()):
        if name.endswith("/"):
            found.error("export_file_unreadable", file=name, reason="it cannot be listed")
        elif name not in own and not STAMP.fullmatch(name) and not has_tile(size, name):
            found.warning("export_file_extra", file=name)
    for name, data in files.shipped():
        there = read_or_say(files, name, MAX_NOTE_BYTES, found)
        if name == export.VERIFIER and there is not None and there != data:
            found.info("export_program_differs")
    return found
