"""First tables: the domain, the ledger, and the guards of what only grows."""

from alembic import op

from antin.infra.migrations.scripts import run_script, types_of

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables of the first version."""
    bind = op.get_bind()
    run_script(bind, "v0001_tables", **types_of(bind))
    run_script(bind, f"v0001_guards_{bind.dialect.name}")
