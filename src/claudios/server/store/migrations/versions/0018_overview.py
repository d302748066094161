"""Since when a session is as it is, and which device a login is on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("since_ms", sa.BigInteger()))
    op.add_column("logins", sa.Column("device", sa.String()))
    op.add_column("logins", sa.Column("address", sa.String()))
