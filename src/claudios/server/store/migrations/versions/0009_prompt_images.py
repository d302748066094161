"""Images that go with a prompt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "prompt_images",
        sa.Column("input_id", sa.String(), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True),
        sa.Column("session_id", sa.String(), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_prompt_images_session_id", "prompt_images", ["session_id"])
    for table in ("instructions", "waiting_prompts"):
        op.add_column(table, sa.Column("images", sa.Integer(), server_default=sa.text("0"), nullable=False))
