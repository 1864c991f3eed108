"""Roles for a PostgreSQL of production, as SQL for its administrator.

Who owns the tables can take their guards away, so nobody works as the owner: the service is a role
that appends by a function only, and an auditor is one that reads.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from antin.core.errors import UsageError
from antin.infra.ledger.tables import (
    ledger_checkpoints,
    ledger_cosignatures,
    ledger_entries,
    ledger_head,
    ledger_nodes,
    ledger_payloads,
    ledger_timestamps,
)
from antin.infra.tables import metadata

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_SERVICE_ON_THE_LEDGER: Final = {
    ledger_entries.name: "SELECT",
    ledger_head.name: "SELECT",
    ledger_payloads.name: "SELECT, DELETE",  # erasing personal data
    ledger_checkpoints.name: "SELECT, INSERT",
    ledger_cosignatures.name: "SELECT, INSERT",
    ledger_timestamps.name: "SELECT, INSERT",
    ledger_nodes.name: "SELECT, INSERT, UPDATE, DELETE",  # derived, never believed
}
"""What the service itself may do there; entries and head it grows by ``ledger_append`` only."""
_APPEND: Final = "ledger_append(text, text, bigint, text[], text[], bytea[], bytea[])"


@dataclass(frozen=True)
class RoleNames:
    """Names of the three roles, in PostgreSQL's plain form."""

    owner: str = "antin_owner"
    """Nobody logs in as this one."""
    service: str = "antin_service"
    auditor: str = "antin_auditor"


def roles_sql(names: RoleNames) -> str:
    """Return the statements that make the roles, and give each what it needs and no more.

    One transaction, to be run by a superuser in the database of a migrated installation; harmless
    when run again, and needed again after a migration made tables. Error: ``usage``.
    """
    for name in (names.owner, names.service, names.auditor):
        if not _NAME.fullmatch(name):
            detail = f"a role's name is of a-z, 0-9 and _, beginning with a letter: {name}"
            raise UsageError("usage", detail=detail)
    if len({names.owner, names.service, names.auditor}) < 3:
        raise UsageError("usage", detail="the three roles need three names")
    return "\n".join(_statements(names)) + "\n"


def _statements(names: RoleNames) -> Iterable[str]:
    owner, service, auditor = names.owner, names.service, names.auditor
    tables = [*(table.name for table in metadata.sorted_tables), "alembic_version"]
    yield "BEGIN;"
    yield "-- 1. The roles. Passwords, or whatever else lets them in, are yours to set."
    yield _create(owner, "NOLOGIN")
    yield _create(service, "LOGIN")
    yield _create(auditor, "LOGIN")
    for name in (owner, service, auditor):
        yield f"ALTER ROLE {name} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;"
    yield f"ALTER ROLE {owner} NOLOGIN;"
    yield "-- 2. What there is belongs to one as whom nobody logs in."
    yield from (f"ALTER TABLE {table} OWNER TO {owner};" for table in tables)
    yield f"ALTER FUNCTION {_APPEND} OWNER TO {owner};"
    yield f"ALTER FUNCTION ledger_only_grows() OWNER TO {owner};"
    yield "-- 3. Nothing by default, to nobody."
    everybody = f"PUBLIC, {service}, {auditor}"
    yield _on_the_schema(f"REVOKE ALL ON SCHEMA %I FROM {everybody}")
    yield _on_the_schema(f"GRANT USAGE ON SCHEMA %I TO {service}, {auditor}")
    yield _on_the_schema(f"GRANT USAGE, CREATE ON SCHEMA %I TO {owner}")
    yield from (f"REVOKE ALL ON {table} FROM {everybody};" for table in tables)
    yield f"REVOKE ALL ON FUNCTION {_APPEND}, ledger_only_grows() FROM {everybody};"
    yield "-- 4. To each what it needs."
    for table in tables:
        rights = "SELECT" if table == "alembic_version" else "SELECT, INSERT, UPDATE, DELETE"
        yield f"GRANT {_SERVICE_ON_THE_LEDGER.get(table, rights)} ON {table} TO {service};"
    yield f"GRANT EXECUTE ON FUNCTION {_APPEND} TO {service};"
    yield from (f"GRANT SELECT ON {table} TO {auditor};" for table in tables)
    yield "COMMIT;"


def _create(name: str, how: str) -> str:
    missing = f"NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')"
    return f"DO $$ BEGIN IF {missing} THEN CREATE ROLE {name} {how}; END IF; END $$;"


def _on_the_schema(statement: str) -> str:
    """Return ``statement`` on the schema that the tables are in, which is not known here."""
    return f"DO $$ BEGIN EXECUTE format('{statement}', current_schema()); END $$;"
