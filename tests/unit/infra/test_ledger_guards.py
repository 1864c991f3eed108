"""What guards are compared with is never nothing."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from antin.core.errors import DefectError
from antin.infra.ledger import guards as ledger_guards


def test_without_the_migrations_nobody_says_that_guards_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_guards, "_VERSIONS", tmp_path)
    ledger_guards._made.cache_clear()
    engine = create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(DefectError):
        ledger_guards.missing_guards(connection)
    engine.dispose()
    ledger_guards._made.cache_clear()
