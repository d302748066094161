"""What people ask of sessions, and what sessions ask of people."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from claudios.server.store.tables.columns import ZERO, metadata, milliseconds, reference

instructions = Table(
    "instructions",
    metadata,
    Column("id", String, primary_key=True),
    reference("agent_id", "agents.id"),
    Column("iseq", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    reference("session_id", "sessions.id", optional=True),
    Column("body", Text, nullable=False),  # exactly as signed
    milliseconds("issued_ms"),
    milliseconds("expires_ms"),
    Column("signature", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("code", String),
    Column("message", Text),
    Column("text", Text),  # what a person wrote, for people
    Column("images", Integer, nullable=False, server_default=ZERO),  # how many go with it: prompt_images
    Column("input_id", String),  # the uuid that Claude knows its prompt by; NULL: the instruction's own id
    reference("created_by", "users.id", on_delete="SET NULL", optional=True),
    milliseconds("created_ms"),
    milliseconds("done_ms", optional=True),
    UniqueConstraint("agent_id", "iseq"),
    Index(None, "session_id", "iseq"),
    Index(None, "agent_id", "state", "iseq"),  # what an agent has still to take, however much it took before
    Index(None, "state", "expires_ms"),
)

waiting_prompts = Table(
    "waiting_prompts",
    metadata,
    Column("id", String, primary_key=True),
    reference("session_id", "sessions.id"),
    Column("place", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("images", Integer, nullable=False, server_default=ZERO),
    reference("created_by", "users.id", on_delete="SET NULL", optional=True),
    milliseconds("created_ms"),
    Index(None, "session_id", "place"),
)

withdrawn_prompts = Table(  # ids alone: what is sent again under one of them is not to wait again
    "withdrawn_prompts",
    metadata,
    Column("id", String, primary_key=True),
    reference("session_id", "sessions.id"),
    Index(None, "session_id"),
)

prompt_images = Table(
    "prompt_images",
    metadata,
    Column("input_id", String, primary_key=True),  # of the prompt they go with, while it waits and afterwards
    Column("place", Integer, primary_key=True),
    reference("session_id", "sessions.id"),
    Column("data", LargeBinary, nullable=False),
    Index(None, "session_id"),
)

requests = Table(
    "requests",
    metadata,
    reference("session_id", "sessions.id"),
    Column("request_id", String, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("tool_name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("input", Text, nullable=False),
    Column("description", Text),
    Column("suggestions", Text, nullable=False),
    Column("reason", Text),
    Column("blocked_path", Text),
    Column("subagent", Text),
    Column("mcp_server", Text),
    Column("state", String, nullable=False),
    Column("answer", String),
    reference("answered_by", "users.id", on_delete="SET NULL", optional=True),
    milliseconds("answered_ms", optional=True),
    Column("instruction_id", String),  # what carries the answer
    milliseconds("created_ms"),
    PrimaryKeyConstraint("session_id", "request_id"),
    Index(None, "state", "session_id"),
)

limit_stops = Table(  # the newest turn of a session that a limit has stopped
    "limit_stops",
    metadata,
    Column("session_id", String, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of the frame that ended that turn
    Column("kind", String),
    milliseconds("resets_ms"),
    milliseconds("due_ms"),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),  # how often it went on by itself and Claude said nothing
    Index(None, "state", "due_ms"),
)
