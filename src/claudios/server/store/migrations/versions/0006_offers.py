"""What the Claude of a session offers, and the effort it makes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("offers", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("effort", sa.String(), nullable=True))
