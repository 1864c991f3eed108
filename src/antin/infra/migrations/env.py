"""Alembic's entry: runs the migrations on the connection, in the transaction, that it is given."""

from alembic import context
from sqlalchemy import Connection

connection = context.config.attributes["connection"]
if not isinstance(connection, Connection):
    raise TypeError("run migrations through antin.infra.database.migrate")
context.configure(connection=connection)
context.run_migrations()
