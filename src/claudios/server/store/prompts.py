"""Prompts that wait until Claude has nothing to do: still the server's own, and free to be changed.

Every change counts the session's `prompts_version` up, so that of two states of a queue one knows the newer.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from claudios.protocol.messages import Model, SessionState
from claudios.server.store.tables import sessions, users, waiting_prompts


class WaitingPrompt(Model):
    """A prompt that waits, as people see it. Its id becomes that of the command that sends it."""

    id: str
    text: str
    created_by: str | None
    created_ms: int


class Queue(Model):
    """What waits in a session, the next one first. A higher `version` is newer."""

    session_id: str
    version: int
    prompts: tuple[WaitingPrompt, ...]


def queue(connection: Connection, session_id: str) -> Queue:
    """Return what waits in a session."""
    version = connection.execute(select(sessions.c.prompts_version).where(sessions.c.id == session_id)).scalar()
    found = connection.execute(
        select(waiting_prompts, users.c.username)
        .join(users, users.c.id == waiting_prompts.c.created_by, isouter=True)
        .where(waiting_prompts.c.session_id == session_id)
        .order_by(waiting_prompts.c.place)
    )
    prompts = [
        WaitingPrompt(id=row.id, text=row.text, created_by=row.username, created_ms=row.created_ms) for row in found
    ]
    return Queue(session_id=session_id, version=version or 0, prompts=tuple(prompts))


def add(connection: Connection, session_id: str, new_id: str, text: str, created_by: str | None, now_ms: int) -> None:
    """Put a prompt at the end."""
    last = select(func.max(waiting_prompts.c.place)).where(waiting_prompts.c.session_id == session_id)
    place = (connection.execute(last).scalar() or 0) + 1
    connection.execute(
        insert(waiting_prompts).values(
            id=new_id, session_id=session_id, place=place, text=text, created_by=created_by, created_ms=now_ms
        )
    )
    _count_up(connection, session_id)


def session_of(connection: Connection, prompt_id: str) -> str | None:
    """Return the session in which a prompt waits; None when no such one does."""
    found = connection.execute(
        select(waiting_prompts.c.session_id).where(waiting_prompts.c.id == prompt_id)
    ).scalar_one_or_none()
    return None if found is None else str(found)


def rewrite(connection: Connection, session_id: str, prompt_id: str, text: str, instead_of: str) -> bool:
    """Put another text in the place of `instead_of`; say whether it stood there."""
    changed = connection.execute(
        update(waiting_prompts)
        .where(
            waiting_prompts.c.id == prompt_id,
            waiting_prompts.c.session_id == session_id,
            waiting_prompts.c.text == instead_of,
        )
        .values(text=text)
    )
    _count_up(connection, session_id)
    return changed.rowcount == 1


def arrange(connection: Connection, session_id: str, order: Sequence[str]) -> None:
    """Put the prompts into this order of their ids."""
    for place, prompt_id in enumerate(order, 1):
        connection.execute(
            update(waiting_prompts)
            .where(waiting_prompts.c.id == prompt_id, waiting_prompts.c.session_id == session_id)
            .values(place=place)
        )
    _count_up(connection, session_id)


def take(connection: Connection, session_id: str, prompt_id: str) -> tuple[str, str | None] | None:
    """Take a prompt out; return its text and its author's id. None where somebody else was first."""
    row = connection.execute(
        delete(waiting_prompts)
        .where(waiting_prompts.c.id == prompt_id, waiting_prompts.c.session_id == session_id)
        .returning(waiting_prompts.c.text, waiting_prompts.c.created_by)
    ).first()
    _count_up(connection, session_id)
    return None if row is None else (row.text, row.created_by)


def due(connection: Connection) -> list[str]:
    """Return the sessions in which prompts wait and Claude runs and does nothing."""
    found = connection.execute(
        select(sessions.c.id)
        .where(
            sessions.c.id.in_(select(waiting_prompts.c.session_id)),
            sessions.c.state == SessionState.RUNNING.value,
            or_(sessions.c.activity.is_(None), sessions.c.activity == "idle"),
        )
        .order_by(sessions.c.id)
    )
    return list(found.scalars())


def _count_up(connection: Connection, session_id: str) -> None:
    connection.execute(
        update(sessions).where(sessions.c.id == session_id).values(prompts_version=sessions.c.prompts_version + 1)
    )
