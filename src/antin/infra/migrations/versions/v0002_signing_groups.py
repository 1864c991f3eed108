"""Groups of signing tasks, certificates registered for signers, jobs that wait for their time."""

from alembic import op

from antin.infra.migrations.scripts import run_script, types_of

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the new tables; every task that is there becomes a group of its own.

    A task that was SIGNED gets the job that completes it.
    """
    bind = op.get_bind()
    for name in ("v0002_tables", f"v0002_tasks_{bind.dialect.name}", "v0002_jobs"):
        run_script(bind, name, **types_of(bind))
