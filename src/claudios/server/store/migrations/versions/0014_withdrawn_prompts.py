"""Which waiting prompts were taken back: a browser that was never answered sends them again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "withdrawn_prompts",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("session_id", sa.String(), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_withdrawn_prompts_session_id", "withdrawn_prompts", ["session_id"])
