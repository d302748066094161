"""Lists of sessions: those that a person sees, and those of an agent that have not ended."""

from __future__ import annotations

from sqlalchemy import Connection, or_

from claudios.protocol.messages import SessionState
from claudios.server.store.sessions import VIEW, Session, view
from claudios.server.store.tables import agents, members, projects, sessions


def visible(
    connection: Connection,
    user_id: str,
    *,
    project_id: str | None = None,
    agent_id: str | None = None,
    state: SessionState | None = None,
    is_ended: bool | None = None,
    is_archived: bool | None = None,
    text: str | None = None,
    before_ms: int | None = None,
    before_id: str | None = None,
    limit: int = 100,
) -> list[Session]:
    """Return the sessions of the person's projects, newest first; `is_ended` and `is_archived` None are both.

    With `before_ms` those created before it; with `before_id` also those created then, of which that was read last.

    `text` is somewhere in the title, the directory, the preview or the name of agent or project, in capitals or not.
    """
    wanted = VIEW.join(members, members.c.project_id == sessions.c.project_id).where(members.c.user_id == user_id)
    if project_id is not None:
        wanted = wanted.where(sessions.c.project_id == project_id)
    if agent_id is not None:
        wanted = wanted.where(sessions.c.agent_id == agent_id)
    if state is not None:
        wanted = wanted.where(sessions.c.state == state.value)
    if is_ended is not None:
        ended = sessions.c.state == SessionState.ENDED.value
        wanted = wanted.where(ended if is_ended else ~ended)
    if text:
        places = (sessions.c.title, sessions.c.directory, sessions.c.last_text, agents.c.name, projects.c.name)
        wanted = wanted.where(or_(*(place.icontains(text, autoescape=True) for place in places)))
    if is_archived is not None:
        wanted = wanted.where(sessions.c.archived_ms.is_not(None) if is_archived else sessions.c.archived_ms.is_(None))
    if before_ms is not None:
        is_before = sessions.c.created_ms < before_ms
        if before_id is not None:
            is_before |= (sessions.c.created_ms == before_ms) & (sessions.c.id > before_id)
        wanted = wanted.where(is_before)
    newest = wanted.order_by(sessions.c.created_ms.desc(), sessions.c.id).limit(limit)
    return [view(row) for row in connection.execute(newest)]


def of_agent(connection: Connection, agent_id: str) -> list[Session]:
    """Return the sessions of an agent that have not ended."""
    living = VIEW.where(sessions.c.agent_id == agent_id, sessions.c.state != SessionState.ENDED.value)
    return [view(row) for row in connection.execute(living)]
