"""What does not work outside this installation, in a file that ``antin status`` reads.

Witnesses, time-stamping services and other places for checkpoints hold up nothing when they fail;
so somebody has to be able to see that they do. Each machine keeps what its own worker met.
"""

import contextlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog

from antin.core.canonical import JsonObject
from antin.core.clock import iso_utc
from antin.core.errors import AntinError
from antin.core.limits import MAX_JSON_BYTES
from antin.infra.durable import replace_whole
from antin.infra.file_lock import FileLock

_log: Final = structlog.get_logger("antin.outside")
_MOST: Final = 200


class TroublesFile:
    """Implements :class:`antin.flows.services.Troubles`; safe among processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, what: str, error: AntinError | None, now: datetime) -> None:
        """Note that ``what`` failed, or works. Never raises: this is nobody's reason to stop."""
        if error is None and what not in self._read():
            return
        with contextlib.suppress(OSError, AntinError):
            self._write(what, error, now)

    def all(self) -> dict[str, JsonObject]:
        """Return what fails: since when, last when, with which code."""
        return self._read()

    def _write(self, what: str, error: AntinError | None, now: datetime) -> None:
        lock = FileLock(self._path.with_name(self._path.name + ".lock"), "storage_full")
        try:
            with lock:
                kept = self._read()
                before = kept.pop(what, None)
                if error is not None:
                    told = {"code": error.code, "detail": error.detail, "last": iso_utc(now)}
                    same = before is not None and before.get("code") == error.code
                    since = before["since"] if before is not None and same else iso_utc(now)
                    kept[what] = {**told, "since": since}
                    if not same:
                        _log.error("outside_failed", what=what, code=error.code, text=error.detail)
                else:
                    _log.info("outside_works_again", what=what)
                replace_whole(self._path, json.dumps(kept, indent=1, ensure_ascii=False).encode())
        finally:
            lock.close()

    def _read(self) -> dict[str, Any]:
        """Return what is kept; a file that is unreadable says nothing and is written anew."""
        try:
            with self._path.open("rb") as file:
                value = json.loads(file.read(MAX_JSON_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(value, dict):
            return {}
        rows = {
            k: v
            for k, v in value.items()
            if isinstance(v, dict) and {"since", "code", "detail"} <= set(v)
        }
        return dict(list(rows.items())[:_MOST])
