"""Prompts that wait until Claude has nothing to do: still the server's own, and free to be changed.

Every change counts the session's `prompts_version` up, so that of two states of a queue one knows the newer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from claudios.protocol.fields import Model
from claudios.protocol.messages import Mode, SessionState
from claudios.server.store import plan_limits
from claudios.server.store.tables import sessions, users, waiting_prompts, withdrawn_prompts

_SESSION_OF = select(waiting_prompts.c.session_id).where(waiting_prompts.c.id == bindparam("prompt"))
_WITHDRAWN_FROM = select(withdrawn_prompts.c.session_id).where(withdrawn_prompts.c.id == bindparam("prompt"))


class WaitingPrompt(Model):
    """A prompt that waits, as people see it, with how many images. Its id becomes that of the command that sends it."""

    id: str
    text: str
    images: int
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
        WaitingPrompt(id=row.id, text=row.text, images=row.images, created_by=row.username, created_ms=row.created_ms)
        for row in found
    ]
    return Queue(session_id=session_id, version=version or 0, prompts=tuple(prompts))


def add(
    connection: Connection,
    session_id: str,
    new_id: str,
    text: str,
    created_by: str | None,
    now_ms: int,
    *,
    images: int = 0,
) -> None:
    """Put a prompt at the end, with so many images."""
    last = select(func.max(waiting_prompts.c.place)).where(waiting_prompts.c.session_id == session_id)
    place = (connection.execute(last).scalar() or 0) + 1
    connection.execute(
        insert(waiting_prompts).values(
            id=new_id,
            session_id=session_id,
            place=place,
            text=text,
            images=images,
            created_by=created_by,
            created_ms=now_ms,
        )
    )
    _count_up(connection, session_id)


def session_of(connection: Connection, prompt_id: str) -> str | None:
    """Return the session in which a prompt waits; None when no such one does."""
    found = connection.execute(_SESSION_OF, {"prompt": prompt_id}).scalar_one_or_none()
    return None if found is None else str(found)


def withdrawn_from(connection: Connection, prompt_id: str) -> str | None:
    """Return the session in which a prompt waited that was taken back; None when no such one was."""
    found = connection.execute(_WITHDRAWN_FROM, {"prompt": prompt_id}).scalar_one_or_none()
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


@dataclass(frozen=True, slots=True)
class Taken:
    """A prompt that was taken out of the queue."""

    text: str
    images: int
    author_id: str | None


def take(connection: Connection, session_id: str, prompt_id: str) -> Taken | None:
    """Take a prompt out. None where somebody else was first."""
    row = connection.execute(
        delete(waiting_prompts)
        .where(waiting_prompts.c.id == prompt_id, waiting_prompts.c.session_id == session_id)
        .returning(waiting_prompts.c.text, waiting_prompts.c.images, waiting_prompts.c.created_by)
    ).first()
    _count_up(connection, session_id)
    return None if row is None else Taken(row.text, row.images, row.created_by)


def withdraw(connection: Connection, session_id: str, prompt_id: str) -> None:
    """Take a prompt back for good: its id stays known."""
    if take(connection, session_id, prompt_id) is not None:
        connection.execute(insert(withdrawn_prompts).values(id=prompt_id, session_id=session_id))


def due(connection: Connection, session_id: str | None = None) -> list[str]:
    """Return the sessions in which prompts wait and Claude runs and does nothing, but for a limit's reset.

    With `session_id` only that one is read: a writer that read them all would collide with every other.
    """
    which = () if session_id is None else (sessions.c.id == session_id,)
    found = connection.execute(
        select(sessions.c.id)
        .where(
            *which,
            sessions.c.id.in_(select(waiting_prompts.c.session_id)),  # few wait, however many sessions there are
            sessions.c.state == SessionState.RUNNING.value,
            sessions.c.mode == Mode.CHAT.value,
            or_(sessions.c.activity.is_(None), sessions.c.activity == "idle"),
            ~plan_limits.goes_on_by_itself(),
        )
        .order_by(sessions.c.id)
    )
    return list(found.scalars())


def _count_up(connection: Connection, session_id: str) -> None:
    connection.execute(
        update(sessions).where(sessions.c.id == session_id).values(prompts_version=sessions.c.prompts_version + 1)
    )
