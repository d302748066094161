"""Sessions that began with the conversation of another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("forked_from", sa.String(), nullable=True))
    op.add_column("sessions", sa.Column("forked_conversation", sa.String(), nullable=True))
