"""Seals keep what their key gave until the time-stamp is there, and hold their document as long."""

from alembic import op

from antin.infra.migrations.scripts import types_of

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the new columns, which are empty for what is there."""
    bind = op.get_bind()
    words, octets = (types_of(bind)[name] for name in ("words", "octets"))
    columns = ("level", words), ("preparation", words), ("signature", octets)
    for name, kind in (*columns, ("job_id", words), ("warnings", words)):
        bind.exec_driver_sql(f"ALTER TABLE seals ADD COLUMN {name} {kind}")
    bind.exec_driver_sql("DROP INDEX seals_one_intended_index")
    bind.exec_driver_sql(
        "CREATE UNIQUE INDEX seals_one_open_index ON seals (document_id)"
        " WHERE state IN ('INTENDED', 'SIGNED')"
    )
