"""Change logs of another system, for tests."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from antin.infra.ledger.history import HistoryFile
from antin.ledger.history import Batch


def a_line(number: int, stream: str = "", **changes: object) -> dict[str, object]:
    """Return an event as the other system tells it."""
    line = {
        "stream": stream or f"record/r{number % 7}",
        "id": f"ev-{number}",
        "at": "2016-03-01T08:00:00Z",
        "actor": "Nguyễn Văn A",
        "action": "Cập nhật hồ sơ",
        "facts": {"field": "title", "new": f"Quyết định \\ {number}"},
    }
    return {**line, **changes}


def a_file(folder: Path, lines: Iterable[object], source: str = "hoso") -> HistoryFile:
    """Write lines into a file of their own."""
    path = folder / f"{source}.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return HistoryFile(path, source)


def itself(batch: Batch) -> Batch:
    """Make nothing of it."""
    return batch


def batches(file: HistoryFile) -> Iterator[Batch]:
    """Yield its batches as they are read."""
    return file.each(itself)
