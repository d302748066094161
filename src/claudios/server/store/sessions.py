"""Sessions: what people asked for, how far each one is, and the sums its projection keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from claudios.protocol.fields import Model
from claudios.protocol.messages import EndReason, Mode, PermissionMode, SessionState
from claudios.protocol.signing import GENESIS
from claudios.server.store import indexing, plan_limits
from claudios.server.store.plan_limits import LimitStop
from claudios.server.store.tables import (
    agents,
    limit_stops,
    members,
    projects,
    requests,
    schedules,
    sessions,
    tombstones,
    users,
)

_PENDING = (
    select(func.count())
    .where(requests.c.session_id == sessions.c.id, requests.c.state == "pending")
    .correlate(sessions)
    .scalar_subquery()
)
_origin = sessions.alias("origin")
VIEW = (
    select(
        sessions.c.id,
        sessions.c.project_id,
        projects.c.name.label("project_name"),
        sessions.c.agent_id,
        agents.c.name.label("agent_name"),
        agents.c.carrier,
        sessions.c.title,
        sessions.c.mode,
        sessions.c.directory,
        sessions.c.model,
        sessions.c.effort,
        sessions.c.permission_mode,
        sessions.c.state,
        sessions.c.reason,
        sessions.c.detail,
        sessions.c.exit_code,
        sessions.c.epoch,
        sessions.c.activity,
        sessions.c.last_seq,
        sessions.c.cost_usd,
        sessions.c.input_tokens,
        sessions.c.output_tokens,
        _PENDING.label("pending_requests"),
        sessions.c.claude_session_id,
        sessions.c.demo,
        users.c.username.label("created_by"),
        sessions.c.created_ms,
        sessions.c.started_ms,
        sessions.c.ended_ms,
        sessions.c.updated_ms,
        func.coalesce(sessions.c.since_ms, sessions.c.updated_ms).label("since_ms"),
        sessions.c.last_text,
        sessions.c.resume,
        sessions.c.turns,
        sessions.c.resumptions,
        sessions.c.resumed_turns,
        sessions.c.log_bytes,
        sessions.c.is_kept,
        sessions.c.unremovable,
        sessions.c.archived_ms,
        sessions.c.has_worktree,
        sessions.c.worktree_repository,
        sessions.c.worktree_branch,
        sessions.c.worktree_base,
        sessions.c.worktree_removed_ms,
        sessions.c.forked_from,
        _origin.c.title.label("forked_title"),
        sessions.c.imported_from,
        sessions.c.schedule_id,
        schedules.c.name.label("schedule_name"),
        tombstones.c.removed_ms,
        sessions.c.limit_prompt,
        *plan_limits.VIEW_COLUMNS,
    )
    .join(projects, projects.c.id == sessions.c.project_id)
    .join(agents, agents.c.id == sessions.c.agent_id)
    .join(users, users.c.id == sessions.c.created_by, isouter=True)
    .join(tombstones, tombstones.c.session_id == sessions.c.id, isouter=True)
    .join(_origin, _origin.c.id == sessions.c.forked_from, isouter=True)
    .join(limit_stops, limit_stops.c.session_id == sessions.c.id, isouter=True)
    .join(schedules, schedules.c.id == sessions.c.schedule_id, isouter=True)
)
_ONE = VIEW.where(sessions.c.id == bindparam("session"))
_PLACE = select(
    sessions.c.project_id,
    sessions.c.agent_id,
    sessions.c.title,
    sessions.c.state,
    sessions.c.epoch,
    sessions.c.last_seq,
    sessions.c.head,
    sessions.c.turns,
    sessions.c.forked_conversation,
    sessions.c.mode,
).where(sessions.c.id == bindparam("session"))
_RETITLE = update(sessions).where(sessions.c.id == bindparam("session")).values(title=bindparam("text"))


MOST_RESUMPTIONS = 3
"""How often a session is resumed by itself without a completed turn in between."""
GIVEN_UP = f"It was resumed by itself {MOST_RESUMPTIONS} times without completing a turn: resume it yourself."


class Resume(StrEnum):
    """Who resumes a session once it is lost with its machine: a person, or the server."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class Effort(StrEnum):
    """How much Claude is to think."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


class SessionWorktree(Model):
    """A session's git worktree: on `branch`, made from the branch `base` of `repository`. Before that, all are null.

    `base` is null also where no branch was checked out. At `removed_ms` it was removed.
    """

    repository: str | None = None
    branch: str | None = None
    base: str | None = None
    removed_ms: int | None = None


class Session(Model):
    """A session as people see it.

    `log_bytes` of output are stored; at `removed_ms` they were removed, because the project keeps no more, which it
    does not where the session `is_kept`. `unremovable` says why that was not possible. An ended one may be archived,
    at `archived_ms`: lists leave it out unless they are asked for it, and nothing else changes. It began with the
    conversation of the session `forked_from`, whose title is `forked_title` until it is deleted, or with one that was
    held outside of ClaudiOS, which Claude on its machine keeps under the id `imported_from`. The schedule
    `schedule_id` started it, whose name is `schedule_name` until that is removed. Since `since_ms` its `state` and
    `activity` are what they are. A limit of the account has stopped its newest turn (`stopped_by`); with
    `limit_prompt` it goes on by itself once that has reset. Where it asked for a git worktree it has a
    `worktree`, and its `directory` is that one's once it is made.
    """

    id: str
    project_id: str
    project_name: str
    agent_id: str
    agent_name: str
    agent_online: bool
    title: str
    mode: Mode
    directory: str | None
    model: str | None
    effort: str | None
    permission_mode: str
    state: SessionState
    reason: EndReason | None
    detail: str | None
    exit_code: int | None
    epoch: int
    activity: str | None
    last_seq: int
    cost_usd: float | None
    input_tokens: int
    output_tokens: int
    pending_requests: int
    claude_session_id: str
    demo: bool
    created_by: str | None
    created_ms: int
    started_ms: int | None
    ended_ms: int | None
    updated_ms: int
    since_ms: int
    last_text: str | None
    resume: Resume
    log_bytes: int
    is_kept: bool
    removed_ms: int | None
    unremovable: str | None
    archived_ms: int | None
    forked_from: str | None
    forked_title: str | None
    imported_from: str | None
    schedule_id: str | None
    schedule_name: str | None
    limit_prompt: str | None
    stopped_by: LimitStop | None
    worktree: SessionWorktree | None = None


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a person asks for; `title` may be empty until the first prompt."""

    id: str
    project_id: str
    agent_id: str
    title: str
    mode: Mode
    directory: str | None
    model: str | None
    permission_mode: PermissionMode
    resume: Resume = Resume.MANUAL
    effort: str | None = None
    forked_from: str | None = None
    forked_conversation: str | None = None
    imported_from: str | None = None
    limit_prompt: str | None = None
    has_worktree: bool = False
    schedule_id: str | None = None
    ends_when_done: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session belongs and where its log ends; `turns` are those that were completed.

    It began with a copy of what Claude keeps under the id `forked_conversation`, if it has one.
    """

    session_id: str
    project_id: str
    agent_id: str
    title: str
    state: SessionState
    epoch: int
    last_seq: int
    head: bytes
    turns: int = 0
    forked_conversation: str | None = None
    mode: Mode = Mode.CHAT


def create(connection: Connection, new: NewSession, created_by: str | None, now_ms: int) -> None:
    """Insert a queued session with an empty log."""
    connection.execute(
        insert(sessions).values(
            id=new.id,
            project_id=new.project_id,
            agent_id=new.agent_id,
            title=new.title,
            mode=new.mode.value,
            directory=new.directory,
            model=new.model,
            permission_mode=new.permission_mode.value,
            resume=new.resume.value,
            forked_from=new.forked_from,
            forked_conversation=new.forked_conversation,
            imported_from=new.imported_from,
            limit_prompt=new.limit_prompt,
            has_worktree=new.has_worktree,
            schedule_id=new.schedule_id,
            ends_when_done=new.ends_when_done,
            state=SessionState.QUEUED.value,
            epoch=1,
            head=GENESIS,
            claude_session_id=new.id,
            demo=select(agents.c.demo).where(agents.c.id == new.agent_id).scalar_subquery(),
            created_by=created_by,
            created_ms=now_ms,
            updated_ms=now_ms,
            since_ms=now_ms,
        )
    )
    indexing.begin(connection, new.id)


def get(connection: Connection, session_id: str) -> Session | None:
    """Return one session."""
    row = connection.execute(_ONE, {"session": session_id}).first()
    return None if row is None else view(row)


def place(connection: Connection, session_id: str) -> Place | None:
    """Return where a session belongs and where its log ends."""
    row = connection.execute(_PLACE, {"session": session_id}).first()
    if row is None:
        return None
    return Place(
        session_id,
        row.project_id,
        row.agent_id,
        row.title,
        SessionState(row.state),
        row.epoch,
        row.last_seq,
        row.head,
        row.turns,
        row.forked_conversation,
        Mode(row.mode),
    )


def retitle(connection: Connection, session_id: str, title: str) -> None:
    """Give a session a title."""
    connection.execute(_RETITLE, {"session": session_id, "text": title})
    created_ms = connection.execute(select(sessions.c.created_ms).where(sessions.c.id == session_id)).scalar()
    if created_ms is not None:
        indexing.put_title(connection, session_id, title, created_ms)


def set_resume(connection: Connection, session_id: str, resume: Resume) -> None:
    """Say who resumes a session once it is lost."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(resume=resume.value))


def archive(connection: Connection, session_id: str, now_ms: int) -> bool:
    """Put a session out of the way; say whether it has ended, without which it stays. Again, it keeps its time."""
    archived = connection.execute(
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.state == SessionState.ENDED.value)
        .values(archived_ms=func.coalesce(sessions.c.archived_ms, now_ms))
    )
    return archived.rowcount == 1


def unarchive(connection: Connection, session_id: str) -> None:
    """Bring a session back into the lists."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(archived_ms=None))


def remove(connection: Connection, session_id: str) -> None:
    """Delete a session with its log, items, requests, and instructions but for those that were orphaned before."""
    connection.execute(delete(sessions).where(sessions.c.id == session_id))


def updated(now_ms: int) -> ColumnElement[int]:
    """Return when a session that changes now has changed: never earlier than before, whatever the clock was set to.

    Of two views of a session, the one with the higher number is the newer.
    """
    return case((sessions.c.updated_ms > now_ms, sessions.c.updated_ms), else_=now_ms)


def projects_of(connection: Connection, user_id: str) -> frozenset[str]:
    """Return the projects a person may see."""
    return frozenset(connection.execute(select(members.c.project_id).where(members.c.user_id == user_id)).scalars())


def _detail(row: Row[*tuple[Any, ...]]) -> str | None:
    """Return what is to be said of a session's end, and why it stays ended."""
    is_given_up = (
        row.resume == Resume.AUTOMATIC.value
        and row.reason == EndReason.LOST.value
        and row.resumptions >= MOST_RESUMPTIONS
        and row.turns <= row.resumed_turns
    )
    return f"{row.detail or ''} {GIVEN_UP}".strip() if is_given_up else row.detail


def view(row: Row[*tuple[Any, ...]]) -> Session:
    """Return a session as people see it, of a row of VIEW."""
    return Session(
        id=row.id,
        project_id=row.project_id,
        project_name=row.project_name,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        agent_online=row.carrier is not None,
        title=row.title,
        mode=Mode(row.mode),
        directory=row.directory,
        model=row.model,
        effort=row.effort,
        permission_mode=row.permission_mode,
        state=SessionState(row.state),
        reason=EndReason(row.reason) if row.reason else None,
        detail=_detail(row),
        exit_code=row.exit_code,
        epoch=row.epoch,
        activity=None if row.state == SessionState.ENDED.value else row.activity,
        last_seq=row.last_seq,
        cost_usd=row.cost_usd,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        pending_requests=row.pending_requests,
        claude_session_id=row.claude_session_id,
        demo=row.demo,
        created_by=row.created_by,
        created_ms=row.created_ms,
        started_ms=row.started_ms,
        ended_ms=row.ended_ms,
        updated_ms=row.updated_ms,
        since_ms=row.since_ms,
        last_text=row.last_text,
        resume=Resume(row.resume),
        log_bytes=row.log_bytes,
        is_kept=row.is_kept,
        removed_ms=row.removed_ms,
        unremovable=row.unremovable,
        archived_ms=row.archived_ms,
        forked_from=row.forked_from,
        forked_title=row.forked_title,
        imported_from=row.imported_from,
        schedule_id=row.schedule_id,
        schedule_name=row.schedule_name,
        limit_prompt=row.limit_prompt,
        stopped_by=plan_limits.view(row),
        worktree=_worktree(row) if row.has_worktree else None,
    )


def _worktree(row: Row[*tuple[Any, ...]]) -> SessionWorktree:
    return SessionWorktree(
        repository=row.worktree_repository,
        branch=row.worktree_branch,
        base=row.worktree_base,
        removed_ms=row.worktree_removed_ms,
    )
