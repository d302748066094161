"""Templates that sessions are started from, and the directories an agent's sessions used last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "templates",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("prompt", sa.Text()),
        sa.Column("agent_id", sa.String(), sa.ForeignKey("agents.id", ondelete="SET NULL")),
        sa.Column("directory", sa.String()),
        sa.Column("model", sa.String()),
        sa.Column("permission_mode", sa.String()),
        sa.Column("effort", sa.String()),
        sa.Column("created_by", sa.String(), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("project_id", "name_key", name="uq_templates_project_id_name_key"),
    )
    op.create_index("ix_sessions_agent_id_created_ms", "sessions", ["agent_id", "created_ms"])
