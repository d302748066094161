"""Schedules that start sessions, the history of their runs, and which session is of which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

RUNNING = sa.text("schedule_id IS NOT NULL AND state != 'ended'")


def upgrade() -> None:
    op.add_column("sessions", sa.Column("schedule_id", sa.String()))
    op.create_index(
        "ix_sessions_scheduled", "sessions", ["schedule_id"], sqlite_where=RUNNING, postgresql_where=RUNNING
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(), primary_key=True),
        _reference("project_id", "projects.id"),
        _reference("agent_id", "agents.id"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("expression", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("directory", sa.String()),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model", sa.String()),
        sa.Column("permission_mode", sa.String(), nullable=False),
        sa.Column("missed", sa.String(), nullable=False),
        sa.Column("wait_minutes", sa.Integer(), nullable=False),
        sa.Column("ends_when_done", sa.Boolean(), nullable=False),
        _reference("runs_as", "users.id", optional=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("next_ms", sa.BigInteger()),
        sa.Column("stopped", sa.Text()),
        sa.Column("runs", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    for name in ("project_id", "agent_id", "next_ms"):
        op.create_index(f"ix_schedules_{name}", "schedules", [name])
    op.create_table(
        "schedule_runs",
        _reference("schedule_id", "schedules.id"),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("due_ms", sa.BigInteger()),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("missed", sa.Integer(), nullable=False, server_default=sa.text("0")),
        _reference("session_id", "sessions.id", optional=True),
        _reference("started_by", "users.id", optional=True),
        sa.PrimaryKeyConstraint("schedule_id", "no", name="pk_schedule_runs"),
        sa.UniqueConstraint("schedule_id", "dedupe_key", name="uq_schedule_runs_schedule_id_dedupe_key"),
    )
    op.create_index("ix_schedule_runs_session_id", "schedule_runs", ["session_id"])


def _reference(name: str, target: str, *, optional: bool = False) -> sa.Column[str]:
    """Return a column that goes with its target, or, where it is optional, stays without it."""
    on_delete = "SET NULL" if optional else "CASCADE"
    return sa.Column(name, sa.String(), sa.ForeignKey(target, ondelete=on_delete), nullable=optional)
