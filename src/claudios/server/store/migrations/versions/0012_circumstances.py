"""Why, where and for whom permission is asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for name in ("reason", "blocked_path", "subagent", "mcp_server"):
        op.add_column("requests", sa.Column(name, sa.Text(), nullable=True))
