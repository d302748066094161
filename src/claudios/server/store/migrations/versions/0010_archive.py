"""Ended sessions that somebody has put out of the way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("archived_ms", sa.BigInteger(), nullable=True))
