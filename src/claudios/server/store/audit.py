"""The audit log: who did what that matters for security, kept apart from what it tells of."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from claudios.protocol.fields import Model
from claudios.server.store.tables import audit, members

MAX_DETAIL = 1_000
AGAIN_MS = 60_000


class Action(StrEnum):
    """What is recorded."""

    REGISTERED = "registered"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SIGN_IN_CODE_CREATED = "sign_in_code_created"
    ACCOUNT_CHANGED = "account_changed"
    DEVICE_APPROVED = "device_approved"
    TOKEN_CREATED = "token_created"
    TOKEN_REVOKED = "token_revoked"
    PROJECT_CREATED = "project_created"
    PROJECT_CHANGED = "project_changed"
    PROJECT_DELETED = "project_deleted"
    INVITED = "invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    JOINED = "joined"
    ROLE_CHANGED = "role_changed"
    MEMBER_REMOVED = "member_removed"
    AGENT_CREATED = "agent_created"
    AGENT_RENAMED = "agent_renamed"
    AGENT_REMOVED = "agent_removed"
    AGENT_GIVEN_UP = "agent_given_up"
    AGENT_REFUSED = "agent_refused"
    AGENT_TOKEN_ROTATED = "agent_token_rotated"
    AGENT_REVOKED = "agent_revoked"
    BATCH_REFUSED = "batch_refused"
    MESSAGE_REFUSED = "message_refused"
    CHECKPOINT_KEY_ADDED = "checkpoint_key_added"
    CHECKPOINT_REFUSED = "checkpoint_refused"
    RECORD_CONTRADICTED = "record_contradicted"
    SESSION_DELETED = "session_deleted"
    SHARED = "shared"
    SHARE_WITHDRAWN = "share_withdrawn"
    RETENTION_CHANGED = "retention_changed"
    BUDGET_CHANGED = "budget_changed"
    TEMPLATE_CREATED = "template_created"
    TEMPLATE_CHANGED = "template_changed"
    TEMPLATE_REMOVED = "template_removed"
    SCHEDULE_CREATED = "schedule_created"
    SCHEDULE_CHANGED = "schedule_changed"
    SCHEDULE_PAUSED = "schedule_paused"
    SCHEDULE_RESUMED = "schedule_resumed"
    SCHEDULE_REMOVED = "schedule_removed"
    OUTPUT_REMOVED = "output_removed"
    OUTPUT_NOT_REMOVED = "output_not_removed"
    COMMAND_EDITED = "command_edited"
    COMMAND_WITHDRAWN = "command_withdrawn"
    COMMAND_RETRIED = "command_retried"
    COMMAND_DROPPED = "command_dropped"
    CHANNEL_ADDED = "channel_added"
    CHANNEL_REMOVED = "channel_removed"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_REMOVED = "webhook_removed"
    FILE_READ = "file_read"
    FILE_WRITTEN = "file_written"
    CONVERSATION_IMPORTED = "conversation_imported"
    WORKTREE_MERGED = "worktree_merged"
    WORKTREE_REMOVED = "worktree_removed"
    REQUEST_ANSWERED_BY_LINK = "request_answered_by_link"


class AuditEntry(Model):
    """One line of the audit log. `actor` is a username, an agent's id, or an address where nobody is known."""

    id: int
    at_ms: int
    actor: str
    action: str
    target: str
    detail: str
    project_id: str | None


_INSERT = insert(audit).inline()


def write(
    connection: Connection,
    *,
    now_ms: int,
    actor: str,
    action: str,
    target: str = "",
    detail: str = "",
    project_id: str | None = None,
) -> None:
    """Add a line; `action` is one of Action. Never pass a secret: the log is read by people."""
    connection.execute(
        _INSERT,
        {
            "at_ms": now_ms,
            "actor": actor,
            "action": Action(action).value,
            "target": target,
            "detail": detail[:MAX_DETAIL].replace("\0", " "),  # which PostgreSQL does not keep, and machines can say
            "project_id": project_id,
        },
    )


def write_refusal(
    connection: Connection, *, now_ms: int, actor: str, action: Action, target: str, detail: str, project_id: str
) -> None:
    """Add a line about something refused; the same one again and again is one line a minute."""
    line = {"actor": actor, "action": action.value, "target": target, "detail": detail, "project_id": project_id}
    last = connection.execute(
        select(audit)
        .where(audit.c.project_id == project_id)
        .order_by(audit.c.project_id.desc(), audit.c.id.desc())
        .limit(1)
    ).first()
    if last is None or last.at_ms <= now_ms - AGAIN_MS or any(last._mapping[key] != line[key] for key in line):
        write(connection, now_ms=now_ms, **line)


def forget_before(connection: Connection, at_ms: int) -> int:
    """Delete the lines from before `at_ms`; return how many there were."""
    return connection.execute(delete(audit).where(audit.c.at_ms < at_ms)).rowcount


def newest(connection: Connection, user_id: str, *, sees_all: bool, limit: int) -> list[AuditEntry]:
    """Return the newest lines: all of them, or those of the projects that the user owns."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if not sees_all:
        owned = select(members.c.project_id).where(members.c.user_id == user_id, members.c.role == "owner")
        query = query.where(audit.c.project_id.in_(owned))
    return [AuditEntry.model_validate(dict(row)) for row in connection.execute(query).mappings()]
