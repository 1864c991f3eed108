"""The pinned differences between our reader and four others on every file of the corpus.

``python -m tests.corpus.structure.table`` writes differences.json anew. An explanation is kept
where the difference is the one it was written for; a new difference waits for its own, and the
test fails until somebody has looked at the file and written it.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from antin.pdf.document import Manner
from tests.corpus.outcomes import files
from tests.corpus.structure import ours
from tests.corpus.structure.compare import Difference, differences
from tests.corpus.structure.worker import READERS, Reader

TABLE: Final = Path(__file__).with_name("differences.json")
Key = tuple[str, str, str, str]
"""Reader, what, ours, theirs."""
Table = dict[str, dict[Key, str]]
"""Explanations by SHA-256 of the file and difference."""


def compare_all(
    chosen: Iterable[tuple[str, Path]] | None = None,
) -> Iterator[tuple[str, Path, Key]]:
    """Yield every difference in the files, by default those of the whole corpus."""
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(name)) for name in READERS]
        for sha256, path in files() if chosen is None else chosen:
            seen = {manner: ours.read(path, manner) for manner in Manner}
            for reader in readers:
                mine = seen[READERS[reader.name]]
                for found in differences(reader.name, mine, reader.read(path)):
                    yield sha256, path, _key(found)


def _key(found: Difference) -> Key:
    return found.reader, found.what, found.ours, found.theirs


def load() -> Table:
    """Return the pinned table; empty if there is none yet."""
    if not TABLE.exists():
        return {}
    pinned = json.loads(TABLE.read_text())
    return {
        sha256: {(r, w, o, t): why for r, w, o, t, why in entry["differences"]}
        for sha256, entry in pinned.items()
    }


def main() -> int:
    """Write the table anew and say how many explanations are missing."""
    before = load()
    found: dict[str, dict[str, object]] = {}
    missing = 0
    for sha256, path, key in compare_all():
        why = before.get(sha256, {}).get(key, "")
        missing += not why
        entry = found.setdefault(sha256, {"file": path.name, "differences": []})
        entry["differences"] = [*_listed(entry["differences"]), [*key, why]]
    text = json.dumps(dict(sorted(found.items())), indent=1, ensure_ascii=False)
    TABLE.write_text(text + "\n")
    sys.stdout.write(f"{len(found)} files differ; {missing} differences wait for an explanation\n")
    return 0


def _listed(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


if __name__ == "__main__":
    sys.exit(main())
