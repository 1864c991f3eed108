"""What proofs are made from: roots of tiles, cosignatures of witnesses, time-stamps."""

from alembic import op

from antin.infra.migrations.scripts import run_script, types_of

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables, and the guards of those that only grow."""
    bind = op.get_bind()
    run_script(bind, "v0005_tables", **types_of(bind))
    run_script(bind, f"v0005_guards_{bind.dialect.name}")
