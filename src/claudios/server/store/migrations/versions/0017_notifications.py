"""Who is told what by which way, the outbox of that, the links that answer, and who looks at what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "notification_settings",
        _reference("user_id", "users.id", primary_key=True),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("waits", "finished", "ended", "failed", "silent")),
        sa.Column("silent_minutes", sa.Integer(), nullable=False),
        sa.Column("only_mine", sa.Boolean(), nullable=False),
        sa.Column("delay_seconds", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=False),
    )
    op.create_table(
        "muted_projects",
        _reference("user_id", "users.id", primary_key=True),
        _reference("project_id", "projects.id", primary_key=True),
    )
    op.create_table(
        "channels",
        sa.Column("id", sa.String(), primary_key=True),
        _reference("user_id", "users.id", nullable=True),
        _reference("project_id", "projects.id", nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("server_url", sa.String(), nullable=False),
        sa.Column(
            "login_hash", sa.LargeBinary(), sa.ForeignKey("logins.secret_hash", ondelete="CASCADE"), nullable=True
        ),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(user_id IS NULL) <> (project_id IS NULL)", name="belongs"),
    )
    op.create_index("ix_channels_user_id", "channels", ["user_id"])
    op.create_index("ix_channels_project_id", "channels", ["project_id"])
    op.create_index("ix_channels_login_hash", "channels", ["login_hash"])
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(), primary_key=True),
        _reference("channel_id", "channels.id"),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        _reference("session_id", "sessions.id", nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("is_answerable", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("channel_id", "dedupe_key", name="uq_notifications_channel_id_dedupe_key"),
    )
    op.create_index("ix_notifications_channel_id_created_ms", "notifications", ["channel_id", "created_ms"])
    op.create_index("ix_notifications_done_ms", "notifications", ["done_ms"])
    op.create_index("ix_notifications_state_due_ms", "notifications", ["state", "due_ms"])
    op.create_index("ix_notifications_session_id", "notifications", ["session_id"])
    op.create_table(
        "answer_links",
        sa.Column("secret_hash", sa.LargeBinary(), primary_key=True),
        _reference("user_id", "users.id"),
        _reference("session_id", "sessions.id"),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("behavior", sa.String(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_answer_links_session_id", "answer_links", ["session_id"])
    op.create_index("ix_answer_links_expires_ms", "answer_links", ["expires_ms"])
    op.create_table(
        "looks",
        sa.Column("id", sa.String(), primary_key=True),
        _reference("user_id", "users.id"),
        _reference("session_id", "sessions.id"),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_looks_session_id_user_id", "looks", ["session_id", "user_id"])


def _reference(name: str, target: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        name, sa.String(), sa.ForeignKey(target, ondelete="CASCADE"), nullable=nullable, primary_key=primary_key
    )
