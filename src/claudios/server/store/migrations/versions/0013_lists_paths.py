"""Whether an agent answers which paths there are: a registration may outlive the process that heard its Hello."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("agents", sa.Column("lists_paths", sa.Boolean(), server_default=sa.text("false"), nullable=False))
