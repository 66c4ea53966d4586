"""Alembic's entry: run on the connection that `open_store` hands over, in its transaction."""

from alembic import context

from sims_sync.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
