"""The record of a session: what an agent signed, as it came."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
)

from claudios.server.store.tables.columns import metadata, milliseconds, reference

batches = Table(
    "batches",
    metadata,
    reference("session_id", "sessions.id"),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("boot", BigInteger, nullable=False),
    Column("key_id", String, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    milliseconds("received_ms"),
    Column("frames", LargeBinary, nullable=False),
    PrimaryKeyConstraint("session_id", "first_seq"),
    CheckConstraint("last_seq >= first_seq", name="not_empty"),
)

checkpoint_keys = Table(
    "checkpoint_keys",
    metadata,
    reference("agent_id", "agents.id"),
    Column("key", LargeBinary, nullable=False),  # Ed25519, the public half
    milliseconds("created_ms"),
    PrimaryKeyConstraint("agent_id", "key"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    reference("session_id", "sessions.id"),
    Column("key", LargeBinary, nullable=False),
    Column("n", BigInteger, nullable=False),  # counted by the machine, for each session and key
    Column("seq", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    milliseconds("at_ms"),  # by the machine's clock, as signed
    milliseconds("next_ms"),
    Column("previous", LargeBinary, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    milliseconds("received_ms"),
    PrimaryKeyConstraint("session_id", "key", "n"),
    Index(None, "session_id", "seq", "n"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("session_id", String, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("batches", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("checkpoints", BigInteger, nullable=False),
    milliseconds("removed_ms"),
    Column("cause", String, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
