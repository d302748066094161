"""Sessions keep what their schedule promised as it started them: that they end once Claude is done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column(
        "sessions", sa.Column("ends_when_done", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.execute(
        "UPDATE sessions SET ends_when_done = true WHERE state != 'ended'"
        " AND schedule_id IN (SELECT id FROM schedules WHERE ends_when_done)"
    )
