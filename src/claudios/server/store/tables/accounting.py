"""What was used, and what was done by whom."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from claudios.server.store.tables.columns import metadata, milliseconds, reference

usage = Table(  # session_id is no reference: what was used stays counted when its session is deleted
    "usage",
    metadata,
    Column("session_id", String, nullable=False),
    Column("seq", BigInteger, nullable=False),  # of the frame that completed the turn
    Column("place", Integer, nullable=False),  # among the turns of that frame
    Column("model", String, nullable=False),
    reference("project_id", "projects.id"),
    reference("agent_id", "agents.id"),
    reference("user_id", "users.id", on_delete="SET NULL", optional=True),  # who asked
    milliseconds("at_ms"),  # by this server's clock, when it got that frame
    Column("turns", Integer, nullable=False),  # 1 for the model of the conversation, 0 for others of the same turn
    Column("duration_ms", BigInteger, nullable=False),  # 0 for others of the same turn
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cache_read_tokens", BigInteger, nullable=False),
    Column("cache_write_tokens", BigInteger, nullable=False),
    Column("cost_nano_usd", BigInteger, nullable=False),
    PrimaryKeyConstraint("session_id", "seq", "place", "model"),
    Index(None, "project_id", "at_ms"),
    Index(None, "agent_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    milliseconds("at_ms"),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("project_id", String),  # no reference: the record outlives what it tells of
    Index(None, "project_id", "id"),
)
