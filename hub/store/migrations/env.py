"""Run by Alembic: the steps go through the connection, and in the transaction, that `hub.store.migrate` handed over."""

from __future__ import annotations

from alembic import context

import hub.store.schema_parking  # noqa: F401  its tables belong to the same metadata
from hub.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
