"""Ways to tell people, and what they were told."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from claudios.server.store.tables.columns import metadata, milliseconds, reference

notification_settings = Table(
    "notification_settings",
    metadata,
    Column("user_id", String, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    *(Column(name, Boolean, nullable=False) for name in ("waits", "finished", "ended", "failed", "silent")),
    Column("silent_minutes", Integer, nullable=False),
    Column("only_mine", Boolean, nullable=False),
    Column("delay_seconds", Integer, nullable=False),
    Column("quiet_from", Integer),  # minutes of the day in that time zone
    Column("quiet_until", Integer),
    Column("time_zone", String, nullable=False),
)

muted_projects = Table(
    "muted_projects",
    metadata,
    Column("user_id", String, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("project_id", String, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
)

channels = Table(  # ways to tell: those of a person, and the webhooks of a project
    "channels",
    metadata,
    Column("id", String, primary_key=True),
    reference("user_id", "users.id", optional=True),
    reference("project_id", "projects.id", optional=True),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("address", Text, nullable=False),
    Column("secret_encrypted", LargeBinary),
    Column("server_url", String, nullable=False),  # this server, as it was reached by who made the channel
    Column("login_hash", LargeBinary, ForeignKey("logins.secret_hash", ondelete="CASCADE")),  # a browser ends with it
    milliseconds("created_ms"),
    CheckConstraint("(user_id IS NULL) <> (project_id IS NULL)", name="belongs"),
    Index(None, "user_id"),
    Index(None, "project_id"),
    Index(None, "login_hash"),
)

notifications = Table(  # the outbox, and the log of it
    "notifications",
    metadata,
    Column("id", String, primary_key=True),
    reference("channel_id", "channels.id"),
    Column("dedupe_key", String, nullable=False),  # what it is about: said once on each channel
    Column("kind", String, nullable=False),
    reference("session_id", "sessions.id", optional=True),
    Column("request_id", String),
    Column("is_answerable", Boolean, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String, nullable=False),
    milliseconds("due_ms"),  # while somebody sends it: when that one has given up
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),
    Column("problem", Text),
    milliseconds("created_ms"),
    milliseconds("done_ms", optional=True),
    UniqueConstraint("channel_id", "dedupe_key"),
    Index(None, "channel_id", "created_ms"),
    Index(None, "done_ms"),
    Index(None, "state", "due_ms"),
    Index(None, "session_id"),
)

answer_links = Table(
    "answer_links",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    reference("user_id", "users.id"),
    reference("session_id", "sessions.id"),
    Column("request_id", String, nullable=False),
    Column("behavior", String, nullable=False),
    milliseconds("expires_ms"),
    Index(None, "session_id"),
    Index(None, "expires_ms"),
)
