"""Entries are appended by a function on PostgreSQL; their unique keys are indexes.

A payload refers to its entry by number and by nothing that a database enforces row by row: the
commitment inside the entry binds them, and fsck names a payload without an entry.
"""

from typing import Final

from alembic import op

from antin.infra.migrations.scripts import run_script

revision = "0006"
down_revision = "0005"

_SCHEMA: Final = "SELECT quote_ident(current_schema())"


def upgrade() -> None:
    """Make indexes of the constraints, and the function."""
    bind = op.get_bind()
    dialect = bind.dialect.name
    schema = bind.exec_driver_sql(_SCHEMA).scalar_one() if dialect == "postgresql" else ""
    run_script(bind, f"v0006_append_{dialect}", schema=schema)
