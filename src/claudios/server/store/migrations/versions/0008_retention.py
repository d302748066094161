"""How long output is kept, and what stands in its place afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("projects", sa.Column("keep_days", sa.Integer(), nullable=True))
    op.add_column("projects", sa.Column("keep_bytes", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("log_bytes", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("sessions", sa.Column("is_kept", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("sessions", sa.Column("unremovable", sa.Text(), nullable=True))
    op.execute(
        "UPDATE sessions SET log_bytes = coalesce("
        "(SELECT sum(length(frames)) FROM batches WHERE batches.session_id = sessions.id), 0)"
    )
    op.create_table(
        "tombstones",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("batches", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("checkpoints", sa.BigInteger(), nullable=False),
        sa.Column("removed_ms", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_tombstones"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], ondelete="CASCADE", name="fk_tombstones_session_id"),
    )
