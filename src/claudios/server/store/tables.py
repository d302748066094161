"""Every table of the server, on SQLite and PostgreSQL alike.

Times are Unix milliseconds. JSON is kept as text, so that what was signed or shown stays byte for byte. Secrets of
256 random bits are kept only as their SHA-256 (`…_hash`), which is also how they are looked up.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ZERO = text("0")


def _milliseconds(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def _reference(name: str, target: str, *, on_delete: str = "CASCADE", optional: bool = False) -> Column[str]:
    return Column(name, String, ForeignKey(target, ondelete=on_delete), nullable=optional)


def _role_is_known() -> CheckConstraint:
    return CheckConstraint("role IN ('owner', 'operator', 'viewer')", name="role")


users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    Column("username", String, nullable=False),
    Column("username_key", String, nullable=False, unique=True),  # case-folded: two people never look alike
    Column("password_hash", String),  # NULL: signs in by link only
    Column("is_owner", Boolean, nullable=False),
    _milliseconds("created_ms"),
)

logins = Table(
    "logins",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    _reference("user_id", "users.id"),
    _milliseconds("created_ms"),
    _milliseconds("used_ms"),
    _milliseconds("expires_ms"),
    Index(None, "user_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    _reference("user_id", "users.id"),
    _milliseconds("created_ms"),
    _milliseconds("expires_ms"),
)

device_logins = Table(
    "device_logins",
    metadata,
    Column("device_hash", LargeBinary, primary_key=True),
    Column("user_code", String, nullable=False, unique=True),
    _reference("user_id", "users.id", optional=True),  # who approved it
    Column("address", String, nullable=False),  # where it was asked for, shown to who approves
    _milliseconds("created_ms"),
    _milliseconds("expires_ms"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    _reference("user_id", "users.id"),
    Column("name", String, nullable=False),
    _milliseconds("created_ms"),
    _milliseconds("last_used_ms", optional=True),
    Index(None, "user_id"),
)

projects = Table(
    "projects",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    _milliseconds("created_ms"),
    Column("keep_days", Integer),  # how long the output of ended sessions is kept; NULL: for ever
    Column("keep_bytes", BigInteger),  # and how much of all sessions' output; NULL: any amount
)

members = Table(
    "members",
    metadata,
    _reference("project_id", "projects.id"),
    _reference("user_id", "users.id"),
    Column("role", String, nullable=False),
    _milliseconds("created_ms"),
    PrimaryKeyConstraint("project_id", "user_id"),
    _role_is_known(),
    Index(None, "user_id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", String, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    _reference("project_id", "projects.id"),
    Column("role", String, nullable=False),
    _reference("created_by", "users.id"),
    _milliseconds("created_ms"),
    _milliseconds("expires_ms"),
    _role_is_known(),
    Index(None, "project_id"),
)

agents = Table(
    "agents",
    metadata,
    Column("id", String, primary_key=True),
    _reference("project_id", "projects.id"),
    Column("name", String, nullable=False),
    _milliseconds("created_ms"),
    _milliseconds("removed_ms", optional=True),  # an agent goes, its sessions stay readable
    Column("boot", BigInteger, nullable=False, server_default=ZERO),  # number of the newest registration
    Column("iseq", BigInteger, nullable=False, server_default=ZERO),  # newest instruction issued
    Column("received", BigInteger, nullable=False, server_default=ZERO),  # newest instruction in its journal
    Column("carrier", String),  # 'websocket' or 'poll' while it is connected, else NULL
    _milliseconds("last_seen_ms", optional=True),
    Column("agent_version", String),
    Column("installation", String),  # the state directory of the newest registration's daemon
    Column("run", String),  # that daemon's process
    Column("ousted_run", String),  # the process of the same installation that it took over from
    _milliseconds("registered_ms", optional=True),
    Column("machine", Text),  # JSON of protocol.messages.Machine
    Column("status", Text),  # JSON of load and memory as last reported
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    Index(None, "project_id"),
)

agent_errors = Table(
    "agent_errors",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _reference("agent_id", "agents.id"),
    Column("code", String, nullable=False),
    Column("message", Text, nullable=False),
    _reference("session_id", "sessions.id", optional=True),
    _milliseconds("first_ms"),
    _milliseconds("last_ms"),
    Column("times", BigInteger, nullable=False),
    Index(None, "agent_id", "last_ms"),
)

agent_keys = Table(
    "agent_keys",
    metadata,
    Column("key_id", String, primary_key=True),
    _reference("agent_id", "agents.id"),
    Column("auth_hash", LargeBinary, nullable=False),
    Column("sign_key_encrypted", LargeBinary, nullable=False),
    _milliseconds("created_ms"),
    _milliseconds("expires_ms", optional=True),
    _milliseconds("revoked_ms", optional=True),  # kept: it still verifies what it once signed
    Index(None, "agent_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    _reference("project_id", "projects.id"),
    _reference("agent_id", "agents.id"),
    Column("title", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("directory", String),
    Column("model", String),
    Column("effort", String),  # that Claude makes, once it was chosen
    Column("offers", Text),  # slash commands and models that Claude named when it started, as JSON
    Column("permission_mode", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("detail", Text),
    Column("exit_code", Integer),
    Column("epoch", Integer, nullable=False),
    Column("activity", String),
    Column("last_seq", BigInteger, nullable=False, server_default=ZERO),
    Column("head", LargeBinary, nullable=False),  # chain head after last_seq
    Column("folded_seq", BigInteger, nullable=False, server_default=ZERO),  # the projection is a fold up to here
    Column("fold", LargeBinary),  # the projection's own checkpoint
    Column("cost_usd", Float),
    Column("input_tokens", BigInteger, nullable=False, server_default=ZERO),
    Column("output_tokens", BigInteger, nullable=False, server_default=ZERO),
    Column("claude_session_id", String, nullable=False),
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    _reference("created_by", "users.id", on_delete="SET NULL", optional=True),
    _milliseconds("created_ms"),
    _milliseconds("started_ms", optional=True),
    _milliseconds("ended_ms", optional=True),
    _milliseconds("updated_ms"),
    Column("last_text", String),
    Column("resume", String, nullable=False, server_default=text("'manual'")),  # who resumes it once it is lost
    Column("turns", Integer, nullable=False, server_default=ZERO),  # completed, over all epochs
    Column("resumptions", Integer, nullable=False, server_default=ZERO),  # automatic, since a turn was completed
    Column("resumed_turns", Integer, nullable=False, server_default=ZERO),  # turns at the newest of them
    Column("prompts_version", Integer, nullable=False, server_default=ZERO),  # counts the changes of what waits
    Column("log_bytes", BigInteger, nullable=False, server_default=ZERO),  # of the frames that are stored
    Column("is_kept", Boolean, nullable=False, server_default=text("false")),  # whatever the project keeps
    Column("unremovable", Text),  # why its output could not be removed, when that was tried
    Index(None, "project_id", "created_ms"),
    Index(None, "agent_id", "state"),
)

batches = Table(
    "batches",
    metadata,
    _reference("session_id", "sessions.id"),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("boot", BigInteger, nullable=False),
    Column("key_id", String, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    _milliseconds("received_ms"),
    Column("frames", LargeBinary, nullable=False),
    PrimaryKeyConstraint("session_id", "first_seq"),
    CheckConstraint("last_seq >= first_seq", name="not_empty"),
)

checkpoint_keys = Table(
    "checkpoint_keys",
    metadata,
    _reference("agent_id", "agents.id"),
    Column("key", LargeBinary, nullable=False),  # Ed25519, the public half
    _milliseconds("created_ms"),
    PrimaryKeyConstraint("agent_id", "key"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    _reference("session_id", "sessions.id"),
    Column("key", LargeBinary, nullable=False),
    Column("n", BigInteger, nullable=False),  # counted by the machine, for each session and key
    Column("seq", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    _milliseconds("at_ms"),  # by the machine's clock, as signed
    _milliseconds("next_ms"),
    Column("previous", LargeBinary, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    _milliseconds("received_ms"),
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
    _milliseconds("removed_ms"),
    Column("cause", String, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

items = Table(
    "items",
    metadata,
    _reference("session_id", "sessions.id"),
    Column("no", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("parent", String),
    _milliseconds("at_ms"),
    Column("created_seq", BigInteger, nullable=False),
    Column("updated_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("session_id", "no"),
    Index(None, "session_id", "updated_seq"),
)

instructions = Table(
    "instructions",
    metadata,
    Column("id", String, primary_key=True),
    _reference("agent_id", "agents.id"),
    Column("iseq", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    _reference("session_id", "sessions.id", optional=True),
    Column("body", Text, nullable=False),  # exactly as signed
    _milliseconds("issued_ms"),
    _milliseconds("expires_ms"),
    Column("signature", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("code", String),
    Column("message", Text),
    Column("text", Text),  # what a person wrote, for people
    Column("input_id", String),  # the uuid that Claude knows its prompt by; NULL: the instruction's own id
    _reference("created_by", "users.id", on_delete="SET NULL", optional=True),
    _milliseconds("created_ms"),
    _milliseconds("done_ms", optional=True),
    UniqueConstraint("agent_id", "iseq"),
    Index(None, "session_id", "iseq"),
    Index(None, "agent_id", "state", "iseq"),  # what an agent has still to take, however much it took before
    Index(None, "state", "expires_ms"),
)

waiting_prompts = Table(
    "waiting_prompts",
    metadata,
    Column("id", String, primary_key=True),
    _reference("session_id", "sessions.id"),
    Column("place", Integer, nullable=False),
    Column("text", Text, nullable=False),
    _reference("created_by", "users.id", on_delete="SET NULL", optional=True),
    _milliseconds("created_ms"),
    Index(None, "session_id", "place"),
)
requests = Table(
    "requests",
    metadata,
    _reference("session_id", "sessions.id"),
    Column("request_id", String, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("tool_name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("input", Text, nullable=False),
    Column("description", Text),
    Column("suggestions", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("answer", String),
    _reference("answered_by", "users.id", on_delete="SET NULL", optional=True),
    _milliseconds("answered_ms", optional=True),
    Column("instruction_id", String),  # what carries the answer
    _milliseconds("created_ms"),
    PrimaryKeyConstraint("session_id", "request_id"),
    Index(None, "state", "session_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _milliseconds("at_ms"),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("project_id", String),  # no reference: the record outlives what it tells of
    Index(None, "project_id", "id"),
)

__all__ = [
    "agent_errors",
    "agent_keys",
    "agents",
    "api_tokens",
    "audit",
    "batches",
    "checkpoint_keys",
    "checkpoints",
    "device_logins",
    "instructions",
    "invitations",
    "items",
    "logins",
    "members",
    "metadata",
    "projects",
    "requests",
    "sessions",
    "sign_in_links",
    "tombstones",
    "users",
]
