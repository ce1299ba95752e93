"""How Alembic runs here: over the connection it is given, inside that connection's transaction."""

from alembic import context

from trimtab.adapters.sql_state.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
