"""Who resumes a session once it is lost, and by what uuid Claude knows a prompt that was sent again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("instructions", sa.Column("input_id", sa.String()))
    op.add_column("sessions", sa.Column("resume", sa.String(), server_default=sa.text("'manual'"), nullable=False))
    for name in ("turns", "resumptions", "resumed_turns"):
        op.add_column("sessions", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
