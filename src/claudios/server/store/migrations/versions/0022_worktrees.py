"""Which sessions work in a git worktree of their own, and what it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("has_worktree", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("sessions", sa.Column("worktree_repository", sa.String()))
    op.add_column("sessions", sa.Column("worktree_branch", sa.String()))
    op.add_column("sessions", sa.Column("worktree_base", sa.String()))
    op.add_column("sessions", sa.Column("worktree_removed_ms", sa.BigInteger()))
