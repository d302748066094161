"""Which daemon is connected as an agent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for name in ("installation", "run", "ousted_run"):
        op.add_column("agents", sa.Column(name, sa.String(), nullable=True))
    op.add_column("agents", sa.Column("registered_ms", sa.BigInteger(), nullable=True))
