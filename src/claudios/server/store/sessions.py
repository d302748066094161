"""Sessions: what people asked for, how far each one is, and the sums its projection keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, delete, exists, func, insert, or_, select, update

from claudios.protocol.messages import EndReason, Mode, Model, PermissionMode, SessionState
from claudios.protocol.signing import GENESIS
from claudios.server.store.tables import agents, members, projects, requests, sessions, tombstones, users

_PENDING = (
    select(func.count())
    .where(requests.c.session_id == sessions.c.id, requests.c.state == "pending")
    .correlate(sessions)
    .scalar_subquery()
)
_VIEW = (
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
        sessions.c.last_text,
        sessions.c.resume,
        sessions.c.turns,
        sessions.c.resumptions,
        sessions.c.resumed_turns,
        sessions.c.log_bytes,
        sessions.c.is_kept,
        sessions.c.unremovable,
        tombstones.c.removed_ms,
    )
    .join(projects, projects.c.id == sessions.c.project_id)
    .join(agents, agents.c.id == sessions.c.agent_id)
    .join(users, users.c.id == sessions.c.created_by, isouter=True)
    .join(tombstones, tombstones.c.session_id == sessions.c.id, isouter=True)
)
_ONE = _VIEW.where(sessions.c.id == bindparam("session"))
_PLACE = select(
    sessions.c.project_id,
    sessions.c.agent_id,
    sessions.c.title,
    sessions.c.state,
    sessions.c.epoch,
    sessions.c.last_seq,
    sessions.c.head,
    sessions.c.turns,
).where(sessions.c.id == bindparam("session"))
_NOT_ENDED = {
    "state": SessionState.QUEUED.value,
    "reason": None,
    "detail": None,
    "exit_code": None,
    "activity": None,
    "ended_ms": None,
}
_RETITLE = update(sessions).where(sessions.c.id == bindparam("session")).values(title=bindparam("text"))


MOST_RESUMPTIONS = 3
"""How often a session is resumed by itself without a completed turn in between."""
GIVEN_UP = f"It was resumed by itself {MOST_RESUMPTIONS} times without completing a turn: resume it yourself."


class Resume(StrEnum):
    """Who resumes a session once it is lost with its machine: a person, or the server."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class Session(Model):
    """A session as people see it.

    `log_bytes` of output are stored; at `removed_ms` they were removed, because the project keeps no more, which it
    does not where the session `is_kept`. `unremovable` says why that was not possible.
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
    last_text: str | None
    resume: Resume
    log_bytes: int
    is_kept: bool
    removed_ms: int | None
    unremovable: str | None


class OfferedCommand(Model):
    """A slash command that Claude knows."""

    name: str
    description: str
    argument_hint: str


class OfferedModel(Model):
    """A model that Claude can use: what to ask for, its full name, and the efforts it can make."""

    value: str
    resolved: str
    name: str
    description: str
    efforts: tuple[str, ...]


class Offers(Model):
    """What the Claude of a session said it can do, when it was started last."""

    commands: tuple[OfferedCommand, ...] = ()
    models: tuple[OfferedModel, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session belongs and where its log ends; `turns` are those that were completed."""

    session_id: str
    project_id: str
    agent_id: str
    title: str
    state: SessionState
    epoch: int
    last_seq: int
    head: bytes
    turns: int = 0


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
            state=SessionState.QUEUED.value,
            epoch=1,
            head=GENESIS,
            claude_session_id=new.id,
            demo=select(agents.c.demo).where(agents.c.id == new.agent_id).scalar_subquery(),
            created_by=created_by,
            created_ms=now_ms,
            updated_ms=now_ms,
        )
    )


def get(connection: Connection, session_id: str) -> Session | None:
    """Return one session."""
    row = connection.execute(_ONE, {"session": session_id}).first()
    return None if row is None else _session(row)


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
    )


def visible(
    connection: Connection,
    user_id: str,
    *,
    project_id: str | None = None,
    agent_id: str | None = None,
    state: SessionState | None = None,
    before_ms: int | None = None,
    limit: int = 100,
) -> list[Session]:
    """Return the sessions of the person's projects, newest first."""
    wanted = _VIEW.join(members, members.c.project_id == sessions.c.project_id).where(members.c.user_id == user_id)
    if project_id is not None:
        wanted = wanted.where(sessions.c.project_id == project_id)
    if agent_id is not None:
        wanted = wanted.where(sessions.c.agent_id == agent_id)
    if state is not None:
        wanted = wanted.where(sessions.c.state == state.value)
    if before_ms is not None:
        wanted = wanted.where(sessions.c.created_ms < before_ms)
    newest = wanted.order_by(sessions.c.created_ms.desc(), sessions.c.id).limit(limit)
    return [_session(row) for row in connection.execute(newest)]


def of_agent(connection: Connection, agent_id: str) -> list[Session]:
    """Return the sessions of an agent that have not ended."""
    living = _VIEW.where(sessions.c.agent_id == agent_id, sessions.c.state != SessionState.ENDED.value)
    return [_session(row) for row in connection.execute(living)]


def retitle(connection: Connection, session_id: str, title: str) -> None:
    """Give a session a title."""
    connection.execute(_RETITLE, {"session": session_id, "text": title})


def set_resume(connection: Connection, session_id: str, resume: Resume) -> None:
    """Say who resumes a session once it is lost."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(resume=resume.value))


def remove(connection: Connection, session_id: str) -> None:
    """Delete a session with its log, items, requests, and instructions but for those that were orphaned before."""
    connection.execute(delete(sessions).where(sessions.c.id == session_id))


def reopen(connection: Connection, session_id: str, epoch: int, now_ms: int, *, by_itself: bool = False) -> bool:
    """Queue a session that ended with `epoch` again, as its next; say whether this call did, which only one can.

    Counts how often it was resumed by itself since a turn was completed; a person's resumption begins anew.
    """
    in_a_row = case((sessions.c.turns > sessions.c.resumed_turns, 1), else_=sessions.c.resumptions + 1)
    reopened = connection.execute(
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.epoch == epoch, sessions.c.state == SessionState.ENDED.value)
        .values(
            resumptions=in_a_row if by_itself else 0,
            resumed_turns=sessions.c.turns,
            epoch=sessions.c.epoch + 1,
            **_NOT_ENDED,
            updated_ms=now_ms,
        )
    )
    return reopened.rowcount == 1


def revive(connection: Connection, session_id: str, epoch: int, detail: str, now_ms: int) -> bool:
    """Queue the session again that ended with `epoch` for the reason `detail`; say whether there is such a one."""
    revived = connection.execute(
        update(sessions)
        .where(
            sessions.c.id == session_id,
            sessions.c.epoch == epoch,
            sessions.c.state == SessionState.ENDED.value,
            sessions.c.detail == detail,
        )
        .values(**_NOT_ENDED, updated_ms=now_ms)
    )
    return revived.rowcount == 1


def to_resume(connection: Connection, session_id: str | None = None) -> list[str]:
    """Return the sessions that are to be resumed by themselves, once their log is folded up to its end.

    With `session_id` only that one is read: a writer that read them all would collide with every other.
    """
    which = () if session_id is None else (sessions.c.id == session_id,)
    found = connection.execute(
        select(sessions.c.id)
        .join(agents, agents.c.id == sessions.c.agent_id)
        .where(
            *which,
            sessions.c.resume == Resume.AUTOMATIC.value,
            sessions.c.state == SessionState.ENDED.value,
            sessions.c.reason == EndReason.LOST.value,
            sessions.c.folded_seq >= sessions.c.last_seq,
            ~exists().where(tombstones.c.session_id == sessions.c.id),
            or_(sessions.c.resumptions < MOST_RESUMPTIONS, sessions.c.turns > sessions.c.resumed_turns),
            agents.c.removed_ms.is_(None),
        )
        .order_by(sessions.c.ended_ms)
    )
    return list(found.scalars())


def set_offers(connection: Connection, session_id: str, offers: str) -> None:
    """Keep what a session's Claude offers. `offers` is JSON text."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(offers=offers))


def offers(connection: Connection, session_id: str) -> Offers:
    """Return what a session's Claude offers; empty before it has said so."""
    kept = connection.execute(select(sessions.c.offers).where(sessions.c.id == session_id)).scalar()
    return Offers() if kept is None else Offers.model_validate_json(kept)


def projects_of(connection: Connection, user_id: str) -> frozenset[str]:
    """Return the projects a person may see."""
    return frozenset(connection.execute(select(members.c.project_id).where(members.c.user_id == user_id)).scalars())


def get_many(connection: Connection, session_ids: Iterable[str]) -> list[Session]:
    """Return these sessions, in no order."""
    return [_session(row) for row in connection.execute(_VIEW.where(sessions.c.id.in_(list(session_ids))))]


def _detail(row: Row[*tuple[Any, ...]]) -> str | None:
    """Return what is to be said of a session's end, and why it stays ended."""
    is_given_up = (
        row.resume == Resume.AUTOMATIC.value
        and row.reason == EndReason.LOST.value
        and row.resumptions >= MOST_RESUMPTIONS
        and row.turns <= row.resumed_turns
    )
    return f"{row.detail or ''} {GIVEN_UP}".strip() if is_given_up else row.detail


def _session(row: Row[*tuple[Any, ...]]) -> Session:
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
        last_text=row.last_text,
        resume=Resume(row.resume),
        log_bytes=row.log_bytes,
        is_kept=row.is_kept,
        removed_ms=row.removed_ms,
        unremovable=row.unremovable,
    )
