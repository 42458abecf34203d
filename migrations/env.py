"""Alembic's entry point: it runs on the connection that migrations/running.py hands it."""

from alembic import context

from storage.records.schema import Record

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Record.metadata,
    # SQLite can change a column only by copying the table.
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
