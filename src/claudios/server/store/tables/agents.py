"""Agents, their keys, and what they reported."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from claudios.server.store.tables.columns import ZERO, metadata, milliseconds, reference

agents = Table(
    "agents",
    metadata,
    Column("id", String, primary_key=True),
    reference("project_id", "projects.id"),
    Column("name", String, nullable=False),
    milliseconds("created_ms"),
    milliseconds("removed_ms", optional=True),  # an agent goes, its sessions stay readable
    Column("boot", BigInteger, nullable=False, server_default=ZERO),  # number of the newest registration
    Column("iseq", BigInteger, nullable=False, server_default=ZERO),  # newest instruction issued
    Column("received", BigInteger, nullable=False, server_default=ZERO),  # newest instruction in its journal
    Column("carrier", String),  # 'websocket' or 'poll' while it is connected, else NULL
    milliseconds("last_seen_ms", optional=True),
    Column("agent_version", String),
    Column("installation", String),  # the state directory of the newest registration's daemon
    Column("run", String),  # that daemon's process
    Column("ousted_run", String),  # the process of the same installation that it took over from
    milliseconds("registered_ms", optional=True),
    Column("machine", Text),  # JSON of protocol.messages.Machine
    Column("status", Text),  # JSON of load and memory as last reported
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    Column("lists_paths", Boolean, nullable=False, server_default=text("false")),
    Index(None, "project_id"),
)

agent_errors = Table(
    "agent_errors",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    reference("agent_id", "agents.id"),
    Column("code", String, nullable=False),
    Column("message", Text, nullable=False),
    reference("session_id", "sessions.id", optional=True),
    milliseconds("first_ms"),
    milliseconds("last_ms"),
    Column("times", BigInteger, nullable=False),
    Index(None, "agent_id", "last_ms"),
)

agent_keys = Table(
    "agent_keys",
    metadata,
    Column("key_id", String, primary_key=True),
    reference("agent_id", "agents.id"),
    Column("auth_hash", LargeBinary, nullable=False),
    Column("sign_key_encrypted", LargeBinary, nullable=False),
    milliseconds("created_ms"),
    milliseconds("expires_ms", optional=True),
    milliseconds("revoked_ms", optional=True),  # kept: it still verifies what it once signed
    Index(None, "agent_id"),
)

plan_limits = Table(  # how those of an agent's account stand
    "plan_limits",
    metadata,
    Column("agent_id", String, ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
    milliseconds("at_ms"),  # by this server's clock, or the machine's where that is behind
    Column("said", Text, nullable=False),  # JSON of projections.plan_limits.PlanLimits
)
