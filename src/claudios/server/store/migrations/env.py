"""Alembic's entry: run the revisions on the connection, and in the transaction, that store/migrate.py began."""

from __future__ import annotations

from alembic import context

from claudios.server.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
