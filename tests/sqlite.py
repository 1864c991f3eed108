"""SQLite databases for tests: copies of one that was migrated once in this process."""

import tempfile
from functools import cache
from pathlib import Path

from antin.infra.database import migrate
from antin.infra.sqlite_connections import make_private


def new_sqlite(folder: Path) -> str:
    """Return the URL of a fresh database in ``folder``, as migrating leaves it."""
    path = folder / "antin.db"
    make_private(path)
    path.write_bytes(_migrated())
    return f"sqlite:///{path}"


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "antin.db")
        migrate(f"sqlite:///{path}")
        assert not list(path.parent.glob("antin.db-*")), "all of it is in the file"
        return path.read_bytes()
