"""People: their accounts, how they are signed in, and what they may."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    text,
)

from claudios.server.store.tables.columns import metadata, milliseconds, reference, role_is_known

users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    Column("username", String, nullable=False),
    Column("username_key", String, nullable=False, unique=True),  # case-folded: two people never look alike
    Column("password_hash", String),  # NULL: signs in by link only
    Column("is_owner", Boolean, nullable=False),
    milliseconds("created_ms"),
)

logins = Table(
    "logins",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    reference("user_id", "users.id"),
    milliseconds("created_ms"),
    milliseconds("used_ms"),
    milliseconds("expires_ms"),
    Column("device", String),  # the browser, as it describes itself; NULL: it was not asked
    Column("address", String),  # where it signed in from
    Index(None, "user_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    reference("user_id", "users.id"),
    milliseconds("created_ms"),
    milliseconds("expires_ms"),
)

device_logins = Table(
    "device_logins",
    metadata,
    Column("device_hash", LargeBinary, primary_key=True),
    Column("user_code", String, nullable=False, unique=True),
    reference("user_id", "users.id", optional=True),  # who approved it
    Column("address", String, nullable=False),  # where it was asked for, shown to who approves
    milliseconds("created_ms"),
    milliseconds("expires_ms"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    reference("user_id", "users.id"),
    Column("name", String, nullable=False),
    milliseconds("created_ms"),
    milliseconds("last_used_ms", optional=True),
    Index(None, "user_id"),
)

projects = Table(
    "projects",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    milliseconds("created_ms"),
    Column("keep_days", Integer),  # how long the output of ended sessions is kept; NULL: for ever
    Column("keep_bytes", BigInteger),  # and how much of all sessions' output; NULL: any amount
    Column("budget_day", BigInteger),  # in billionths of a US dollar; NULL: none
    Column("budget_month", BigInteger),
    Column("budget_zone", String, nullable=False, server_default=text("'UTC'")),  # whose days and months they are
)

members = Table(
    "members",
    metadata,
    reference("project_id", "projects.id"),
    reference("user_id", "users.id"),
    Column("role", String, nullable=False),
    milliseconds("created_ms"),
    PrimaryKeyConstraint("project_id", "user_id"),
    role_is_known(),
    Index(None, "user_id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", String, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    reference("project_id", "projects.id"),
    Column("role", String, nullable=False),
    reference("created_by", "users.id"),
    milliseconds("created_ms"),
    milliseconds("expires_ms"),
    role_is_known(),
    Index(None, "project_id"),
)
