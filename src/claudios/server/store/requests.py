"""What a session asks of people: permissions, questions and plans, each answered at most once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from claudios.protocol.fields import Model
from claudios.server.store.tables import agents, members, requests, sessions, users

_VIEW = (
    select(
        requests.c.request_id,
        requests.c.session_id,
        sessions.c.title.label("session_title"),
        agents.c.name.label("agent_name"),
        requests.c.kind,
        requests.c.tool_name,
        requests.c.title,
        requests.c.input,
        requests.c.description,
        requests.c.suggestions,
        requests.c.reason,
        requests.c.blocked_path,
        requests.c.subagent,
        requests.c.mcp_server,
        requests.c.state,
        requests.c.answer,
        users.c.username.label("answered_by"),
        requests.c.answered_ms,
        requests.c.created_ms,
    )
    .join(sessions, sessions.c.id == requests.c.session_id)
    .join(agents, agents.c.id == sessions.c.agent_id)
    .join(users, users.c.id == requests.c.answered_by, isouter=True)
)
_ONE = _VIEW.where(requests.c.session_id == bindparam("session"), requests.c.request_id == bindparam("request"))


class RequestState(StrEnum):
    """Whether somebody still has to answer."""

    PENDING = "pending"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Request(Model):
    """A permission request, question or plan as people see it. `suggestions` are lasting permissions, with a label.

    `reason` says why Claude may not do it unasked, `blocked_path` which path that is about, `subagent` what the
    subagent that asks was told to do, `mcp_server` whose tool it is.
    """

    id: str
    session_id: str
    session_title: str
    agent_name: str
    kind: str
    tool_name: str
    title: str
    input: dict[str, object]
    description: str | None
    suggestions: tuple[dict[str, object], ...]
    reason: str | None
    blocked_path: str | None
    subagent: str | None
    mcp_server: str | None
    state: RequestState
    answer: str | None
    answered_by: str | None
    answered_ms: int | None
    created_ms: int


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request as the log tells of it. `input` and `suggestions` are JSON text."""

    request_id: str
    epoch: int
    kind: str
    tool_name: str
    title: str
    input: str
    description: str | None
    suggestions: str
    reason: str | None
    blocked_path: str | None
    subagent: str | None
    mcp_server: str | None
    created_ms: int


def add(connection: Connection, session_id: str, new: NewRequest) -> bool:
    """Insert a pending request unless it is known already; say whether it was not."""
    known = connection.execute(
        select(requests.c.request_id).where(
            requests.c.session_id == session_id, requests.c.request_id == new.request_id
        )
    ).first()
    if known is None:
        connection.execute(
            insert(requests).values(
                session_id=session_id,
                request_id=new.request_id,
                epoch=new.epoch,
                kind=new.kind,
                tool_name=new.tool_name,
                title=new.title,
                input=new.input,
                description=new.description,
                suggestions=new.suggestions,
                reason=new.reason,
                blocked_path=new.blocked_path,
                subagent=new.subagent,
                mcp_server=new.mcp_server,
                state=RequestState.PENDING.value,
                created_ms=new.created_ms,
            )
        )
    return known is None


def get(connection: Connection, session_id: str, request_id: str) -> Request | None:
    """Return one request."""
    row = connection.execute(_ONE, {"session": session_id, "request": request_id}).first()
    return None if row is None else _request(row)


def answer(
    connection: Connection,
    session_id: str,
    request_id: str,
    *,
    answer: str,
    answered_by: str | None,
    instruction_id: str | None,
    now_ms: int,
) -> bool:
    """Flip a pending request to answered; say whether this call did, which at most one can."""
    flipped = connection.execute(
        update(requests)
        .where(
            requests.c.session_id == session_id,
            requests.c.request_id == request_id,
            requests.c.state == RequestState.PENDING.value,
        )
        .values(
            state=RequestState.ANSWERED.value,
            answer=answer,
            answered_by=answered_by,
            answered_ms=now_ms,
            instruction_id=instruction_id,
        )
    )
    return flipped.rowcount == 1


def reopen(connection: Connection, instruction_id: str) -> tuple[str, NewRequest] | None:
    """Make the request that this instruction was to answer pending again; return its session, and what it asks."""
    row = connection.execute(
        update(requests)
        .where(requests.c.instruction_id == instruction_id, requests.c.state == RequestState.ANSWERED.value)
        .values(state=RequestState.PENDING.value, answer=None, answered_by=None, answered_ms=None, instruction_id=None)
        .returning(requests)
    ).first()
    if row is None:
        return None
    return row.session_id, NewRequest(**{name: getattr(row, name) for name in NewRequest.__dataclass_fields__})


def withdraw(connection: Connection, session_id: str, request_ids: Iterable[str]) -> None:
    """Close requests that the CLI no longer waits for."""
    connection.execute(
        update(requests)
        .where(
            requests.c.session_id == session_id,
            requests.c.request_id.in_(list(request_ids)),
            requests.c.state == RequestState.PENDING.value,
        )
        .values(state=RequestState.WITHDRAWN.value)
    )


def withdraw_all(connection: Connection, session_id: str) -> list[str]:
    """Close every pending request of a session that has ended; return their ids."""
    return list(
        connection.execute(
            update(requests)
            .where(requests.c.session_id == session_id, requests.c.state == RequestState.PENDING.value)
            .values(state=RequestState.WITHDRAWN.value)
            .returning(requests.c.request_id)
        ).scalars()
    )


def of_session(connection: Connection, session_id: str, state: RequestState | None = None) -> list[Request]:
    """Return a session's requests, oldest first."""
    wanted = _VIEW.where(requests.c.session_id == session_id)
    if state is not None:
        wanted = wanted.where(requests.c.state == state.value)
    return [_request(row) for row in connection.execute(wanted.order_by(requests.c.created_ms))]


def visible(
    connection: Connection, user_id: str, *, state: RequestState | None = None, session_id: str | None = None
) -> list[Request]:
    """Return the requests in the person's projects, newest first; at most 500."""
    wanted = _VIEW.join(members, members.c.project_id == sessions.c.project_id).where(members.c.user_id == user_id)
    if state is not None:
        wanted = wanted.where(requests.c.state == state.value)
    if session_id is not None:
        wanted = wanted.where(requests.c.session_id == session_id)
    newest = wanted.order_by(requests.c.created_ms.desc(), requests.c.request_id).limit(500)
    return [_request(row) for row in connection.execute(newest)]


def answered_names(connection: Connection, session_id: str) -> dict[str, str]:
    """Return who answered which request of a session."""
    found = connection.execute(
        select(requests.c.request_id, users.c.username)
        .join(users, users.c.id == requests.c.answered_by)
        .where(requests.c.session_id == session_id)
    )
    return {row.request_id: row.username for row in found}


def _request(row: Row[*tuple[Any, ...]]) -> Request:
    return Request(
        id=row.request_id,
        session_id=row.session_id,
        session_title=row.session_title,
        agent_name=row.agent_name,
        kind=row.kind,
        tool_name=row.tool_name,
        title=row.title,
        input=orjson.loads(row.input),
        description=row.description,
        suggestions=tuple(orjson.loads(row.suggestions)),
        reason=row.reason,
        blocked_path=row.blocked_path,
        subagent=row.subagent,
        mcp_server=row.mcp_server,
        state=RequestState(row.state),
        answer=row.answer,
        answered_by=row.answered_by,
        answered_ms=row.answered_ms,
        created_ms=row.created_ms,
    )
