"""The ways by which people are told: browsers and ntfy topics of a person, and the webhooks of a project."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, case, delete, func, insert, or_, select

from claudios.protocol.errors import Conflict, NotFound
from claudios.protocol.fields import Model
from claudios.protocol.ids import new_id
from claudios.server.store.dead_webhooks import STOPPED_KEY
from claudios.server.store.tables import answer_links, channels, notifications

MAX_CHANNELS = 20
"""How many a person, or a project, may have."""


class Way(StrEnum):
    """How a channel is spoken to."""

    PUSH = "push"
    NTFY = "ntfy"
    WEBHOOK = "webhook"


class Channel(Model):
    """A channel as its people see it. `problem` says why the newest notification did not arrive."""

    id: str
    kind: Way
    name: str
    address: str
    created_ms: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A channel to be made, of a person or of a project. `server_url` is this server as they reach it.

    With `login_hash` it ends with that login.
    """

    id: str
    kind: Way
    name: str
    address: str
    secret_encrypted: bytes | None
    server_url: str
    user_id: str | None = None
    project_id: str | None = None
    login_hash: bytes | None = None


def new_channel_id() -> str:
    """Return a fresh id of a channel: its secret is encrypted for that."""
    return new_id("chn")


def add(connection: Connection, new: NewChannel, now_ms: int) -> Channel:
    """Make a channel in the place of the same owner's to the same address. Raises Conflict for too many.

    A browser is told what its newest subscriber is told, and nothing of whoever was signed in there before.
    """
    mine = channels.c.user_id == new.user_id if new.project_id is None else channels.c.project_id == new.project_id
    if new.kind is Way.PUSH:
        connection.execute(delete(channels).where(channels.c.kind == Way.PUSH.value, channels.c.address == new.address))
    elif new.kind is Way.NTFY:
        connection.execute(delete(channels).where(mine, channels.c.address == new.address))
    count = connection.execute(select(func.count()).select_from(channels).where(mine)).scalar() or 0
    if count >= MAX_CHANNELS:
        raise Conflict(f"There are {MAX_CHANNELS} already. Remove one that is not used.")
    connection.execute(
        insert(channels).values(
            id=new.id,
            user_id=new.user_id,
            project_id=new.project_id,
            kind=new.kind.value,
            name=new.name,
            address=new.address,
            secret_encrypted=new.secret_encrypted,
            server_url=new.server_url,
            login_hash=new.login_hash,
            created_ms=now_ms,
        )
    )
    return Channel(id=new.id, kind=new.kind, name=new.name, address=new.address, created_ms=now_ms)


def of_user(connection: Connection, user_id: str) -> list[Channel]:
    """Return a person's channels, oldest first."""
    return _found(connection, channels.c.user_id == user_id)


def of_project(connection: Connection, project_id: str) -> list[Channel]:
    """Return a project's webhooks, oldest first."""
    return _found(connection, channels.c.project_id == project_id)


def require(
    connection: Connection, channel_id: str, *, user_id: str | None = None, project_id: str | None = None
) -> Channel:
    """Return a channel of this person or project. Raises NotFound."""
    owner = channels.c.user_id == user_id if project_id is None else channels.c.project_id == project_id
    found = _found(connection, owner, channels.c.id == channel_id)
    if not found:
        raise NotFound
    return found[0]


def remove(connection: Connection, channel_id: str) -> None:
    """Delete a channel with its log. Buttons that went to a topic work no more: it may be removed for who reads it."""
    theirs = select(channels.c.user_id).where(channels.c.id == channel_id, channels.c.kind == Way.NTFY.value)
    connection.execute(delete(answer_links).where(answer_links.c.user_id.in_(theirs)))
    connection.execute(delete(channels).where(channels.c.id == channel_id))


def _found(connection: Connection, *which: object) -> list[Channel]:
    is_stop = notifications.c.dedupe_key == STOPPED_KEY
    newest = (
        select(notifications.c.problem)
        .where(notifications.c.channel_id == channels.c.id, or_(notifications.c.attempts > 0, is_stop))
        .order_by(case((is_stop, 0), else_=1), notifications.c.created_ms.desc(), notifications.c.id)
        .limit(1)
        .correlate(channels)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            channels.c.id,
            channels.c.kind,
            channels.c.name,
            channels.c.address,
            channels.c.created_ms,
            newest.label("problem"),
        )
        .where(*which)  # type: ignore[arg-type]  # conditions, as their callers make them
        .order_by(channels.c.created_ms, channels.c.id)
    ).mappings()
    return [Channel.model_validate(dict(row)) for row in rows]
