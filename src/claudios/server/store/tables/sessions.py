"""Sessions, and what they are started from."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from claudios.server.store.tables.columns import ZERO, metadata, milliseconds, reference

sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    reference("project_id", "projects.id"),
    reference("agent_id", "agents.id"),
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
    reference("created_by", "users.id", on_delete="SET NULL", optional=True),
    milliseconds("created_ms"),
    milliseconds("started_ms", optional=True),
    milliseconds("ended_ms", optional=True),
    milliseconds("updated_ms"),
    milliseconds("since_ms", optional=True),  # since when state and activity are what they are; NULL: unknown
    Column("last_text", String),
    Column("resume", String, nullable=False, server_default=text("'manual'")),  # who resumes it once it is lost
    Column("turns", Integer, nullable=False, server_default=ZERO),  # completed, over all epochs
    Column("resumptions", Integer, nullable=False, server_default=ZERO),  # automatic, since a turn was completed
    Column("resumed_turns", Integer, nullable=False, server_default=ZERO),  # turns at the newest of them
    Column("prompts_version", Integer, nullable=False, server_default=ZERO),  # counts the changes of what waits
    Column("log_bytes", BigInteger, nullable=False, server_default=ZERO),  # of the frames that are stored
    Column("is_kept", Boolean, nullable=False, server_default=text("false")),  # whatever the project keeps
    Column("unremovable", Text),  # why its output could not be removed, when that was tried
    Column("forked_from", String),  # the session whose conversation it began with; no reference, since that may go
    Column("forked_conversation", String),  # Claude's id of that
    Column("budget", BigInteger),  # in billionths of a US dollar; NULL: none
    Column("limit_prompt", Text),  # what is said once a limit that stopped it has reset; NULL: nothing
    Column("has_worktree", Boolean, nullable=False, server_default=text("false")),  # asked for; its agent makes it
    Column("worktree_repository", String),  # of which it was made; NULL as the two below: not yet
    Column("worktree_branch", String),
    Column("worktree_base", String),  # the branch it was made from; NULL also where that was none
    milliseconds("worktree_removed_ms", optional=True),
    milliseconds("archived_ms", optional=True),  # since when an ended session is out of the way; NULL: it is not
    Column("schedule_id", String),  # the schedule that started it; no reference, since that may go
    Column("ends_when_done", Boolean, nullable=False, server_default=text("false")),  # as its schedule had it then
    Column("imported_from", String),  # Claude's id of what was said outside, with which its log begins
    Index(None, "project_id", "created_ms"),
    Index(None, "agent_id", "state"),
    Index(None, "agent_id", "created_ms"),
    Index("ix_sessions_claude_session_id", "claude_session_id"),
    Index(
        "ix_sessions_imported",  # a conversation of a machine is gone on with once
        "agent_id",
        "imported_from",
        unique=True,
        sqlite_where=text("imported_from IS NOT NULL"),
        postgresql_where=text("imported_from IS NOT NULL"),
    ),
    Index(
        "ix_sessions_scheduled",
        "schedule_id",
        sqlite_where=text("schedule_id IS NOT NULL AND state != 'ended'"),
        postgresql_where=text("schedule_id IS NOT NULL AND state != 'ended'"),
    ),
)

templates = Table(  # NULL: whoever starts from it is to choose
    "templates",
    metadata,
    Column("id", String, primary_key=True),
    reference("project_id", "projects.id"),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),  # case-folded: two never look alike
    Column("prompt", Text),
    reference("agent_id", "agents.id", on_delete="SET NULL", optional=True),
    Column("directory", String),
    Column("model", String),
    Column("permission_mode", String),
    Column("effort", String),
    reference("created_by", "users.id", on_delete="SET NULL", optional=True),
    milliseconds("created_ms"),
    milliseconds("updated_ms"),
    UniqueConstraint("project_id", "name_key"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", String, primary_key=True),
    reference("project_id", "projects.id"),
    reference("agent_id", "agents.id"),
    Column("name", String, nullable=False),
    Column("expression", String, nullable=False),
    Column("time_zone", String, nullable=False),
    Column("directory", String),
    Column("prompt", Text, nullable=False),
    Column("model", String),
    Column("permission_mode", String, nullable=False),
    Column("missed", String, nullable=False),  # what becomes of runs that were due while no server was there
    Column("wait_minutes", Integer, nullable=False),  # how long a start waits for its agent
    Column("ends_when_done", Boolean, nullable=False),
    reference("runs_as", "users.id", on_delete="SET NULL", optional=True),
    milliseconds("created_ms"),
    milliseconds("next_ms", optional=True),  # when it is due; NULL: it is paused
    Column("stopped", Text),  # why it was paused by itself
    Column("runs", BigInteger, nullable=False, server_default=ZERO),  # the number of its newest run
    Index(None, "project_id"),
    Index(None, "agent_id"),
    Index(None, "next_ms"),
)

schedule_runs = Table(
    "schedule_runs",
    metadata,
    reference("schedule_id", "schedules.id"),
    Column("no", BigInteger, nullable=False),
    Column("dedupe_key", String, nullable=False),  # a due time has one run, and one press of a button
    milliseconds("due_ms", optional=True),  # NULL: by hand
    milliseconds("at_ms"),
    Column("outcome", String, nullable=False),
    Column("problem", Text),
    Column("missed", Integer, nullable=False, server_default=ZERO),  # further times that it settles
    reference("session_id", "sessions.id", on_delete="SET NULL", optional=True),
    reference("started_by", "users.id", on_delete="SET NULL", optional=True),
    PrimaryKeyConstraint("schedule_id", "no"),
    UniqueConstraint("schedule_id", "dedupe_key"),
    Index(None, "session_id"),
)

shares = Table(
    "shares",
    metadata,
    Column("id", String, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    reference("session_id", "sessions.id"),
    reference("created_by", "users.id"),
    milliseconds("created_ms"),
    milliseconds("expires_ms"),
    Index(None, "session_id"),
)

looks = Table(  # who has a session before them, in one window
    "looks",
    metadata,
    Column("id", String, primary_key=True),
    reference("user_id", "users.id"),
    reference("session_id", "sessions.id"),
    milliseconds("expires_ms"),
    Index(None, "session_id", "user_id"),
)
