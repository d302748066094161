"""Sessions that began with a conversation that was held outside of ClaudiOS: each conversation of a machine once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("imported_from", sa.String()))
    op.create_index(
        "ix_sessions_imported",
        "sessions",
        ["agent_id", "imported_from"],
        unique=True,
        sqlite_where=sa.text("imported_from IS NOT NULL"),
        postgresql_where=sa.text("imported_from IS NOT NULL"),
    )
    op.create_index("ix_sessions_claude_session_id", "sessions", ["claude_session_id"])
