"""The outbox of notifications, and the log that remains of it.

Who sends takes what is due for LEASE_MS: nobody else takes it until then, and who is late settles nothing. So several
servers on one database do not send the same twice, and what a server took with it when it died is sent by another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import Connection, Row, Select, delete, func, select, update

from claudios.protocol.errors import Conflict, NotFound
from claudios.protocol.fields import Model
from claudios.protocol.messages import SessionState
from claudios.server.store import answer_links, dead_webhooks, looks, notification_settings
from claudios.server.store.channels import Way
from claudios.server.store.notification_settings import Kind, quiet_until_ms
from claudios.server.store.requests import RequestState
from claudios.server.store.tables import channels, members, notifications, requests, sessions

log = structlog.get_logger(__name__)

LEASE_MS = 60_000
LOOK_AGAIN_MS = 10_000
"""When to ask again whether somebody still looks at what waits for them."""
KEPT_MS = 30 * 24 * 60 * 60 * 1000
"""How long the log of what was sent is kept."""
FORGOTTEN_AT_ONCE = 1_000
_SECOND_MS = 1_000
_PERSON_AGAIN_MS = tuple(seconds * _SECOND_MS for seconds in (5, 30, 120, 600))
_WEBHOOK_AGAIN_MS = tuple(seconds * _SECOND_MS for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000))
AGAIN_MS: Mapping[Way, Sequence[int]] = {
    Way.PUSH: _PERSON_AGAIN_MS,
    Way.NTFY: _PERSON_AGAIN_MS,
    Way.WEBHOOK: _WEBHOOK_AGAIN_MS,
}
"""When to try again after the first failure, the second, and so on; after the last one it has failed."""
BROKEN = "The server failed at it. Its log says why."


class State(StrEnum):
    """How a notification stands. It is withdrawn when it was no longer so once it was due, or the person saw it."""

    PENDING = "pending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


class Notification(Model):
    """A notification as its people see it afterwards. `status` is what the other side answered last."""

    id: str
    channel_id: str
    channel_name: str
    kind: Kind
    session_id: str | None
    title: str
    text: str
    state: State
    attempts: int
    status: int | None
    problem: str | None
    due_ms: int
    created_ms: int
    done_ms: int | None


@dataclass(frozen=True, slots=True)
class Due:
    """A notification to be sent now, by whom and to where. `links` are the secrets that allow and deny."""

    id: str
    attempt: int
    kind: Kind
    session_id: str | None
    request_id: str | None
    is_answerable: bool
    title: str
    text: str
    topic: str
    created_ms: int
    channel_id: str
    way: Way
    address: str
    secret_encrypted: bytes | None
    server_url: str
    links: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Wait:
    until_ms: int


@dataclass(frozen=True, slots=True)
class _Failed:
    problem: str


_VIEW = select(
    notifications.c.id,
    notifications.c.channel_id,
    channels.c.name.label("channel_name"),
    notifications.c.kind,
    notifications.c.session_id,
    notifications.c.title,
    notifications.c.text,
    notifications.c.state,
    notifications.c.attempts,
    notifications.c.status,
    notifications.c.problem,
    notifications.c.due_ms,
    notifications.c.created_ms,
    notifications.c.done_ms,
).join(channels, channels.c.id == notifications.c.channel_id)


def next_due_ms(connection: Connection, but: Sequence[str] = ()) -> int | None:
    """Return when the next notification is due, on channels `but` these."""
    return connection.execute(
        select(func.min(notifications.c.due_ms)).where(
            notifications.c.state == State.PENDING.value, notifications.c.channel_id.not_in(but)
        )
    ).scalar()


def claim(
    connection: Connection,
    limit: int,
    now_ms: int,
    under_way: Mapping[str, int] | None = None,
    most_per_channel: int | None = None,
) -> list[Due]:
    """Take what is to be sent now; withdraw what is no longer so, and put off what is to wait.

    `under_way` is how much each channel is being sent already: with that, none gets more than `most_per_channel`. What
    the server fails at, or has tried too often without knowing how that went, has failed, and keeps no other back.
    """
    claimed: list[Due] = []
    sending = Counter(under_way or {})
    most = limit + sending.total() if most_per_channel is None else most_per_channel
    full = [channel_id for channel_id, count in sending.items() if count >= most]
    for row in connection.execute(_due(limit, now_ms, full)).all():
        if sending[row.channel_id] >= most:
            continue
        try:
            fate = _fate(connection, row, now_ms)
        except (ValueError, LookupError, OSError):  # the rim: a row that nobody can read, of a newer server perhaps
            log.exception("notification_broken", notification=row.id)
            fate = _Failed(BROKEN)
        if isinstance(fate, _Failed):
            _set(connection, row.id, state=State.FAILED.value, done_ms=now_ms, problem=fate.problem)
        elif fate is None:
            _set(connection, row.id, state=State.WITHDRAWN.value, done_ms=now_ms)
        elif isinstance(fate, _Wait):
            _set(connection, row.id, due_ms=fate.until_ms)
        else:
            _set(connection, row.id, due_ms=now_ms + LEASE_MS, attempts=fate.attempt)
            sending[row.channel_id] += 1
            claimed.append(fate)
    return claimed


def settle(
    connection: Connection,
    due: Due,
    now_ms: int,
    *,
    status: int | None,
    problem: str | None,
    again_ms: int | None,
) -> None:
    """Note how sending went: it arrived (no problem), is tried again at `again_ms`, or never.

    Who is late is not heard. A webhook at which nothing has arrived for long is stopped, until something does.
    """
    values: dict[str, object] = {"status": status, "problem": problem}
    if problem is not None and again_ms is not None:
        values["due_ms"] = again_ms
    else:
        values |= {"state": (State.SENT if problem is None else State.FAILED).value, "done_ms": now_ms}
    connection.execute(
        update(notifications)
        .where(
            notifications.c.id == due.id,
            notifications.c.attempts == due.attempt,
            notifications.c.state == State.PENDING.value,
        )
        .values(**values)
    )
    if due.way is Way.WEBHOOK and problem is None:
        dead_webhooks.arrived(connection, due.channel_id, now_ms)
    elif due.way is Way.WEBHOOK and again_ms is None:
        dead_webhooks.stop_if_dead(connection, due.channel_id, now_ms)


def of_user(connection: Connection, user_id: str, limit: int = 50) -> list[Notification]:
    """Return what a person was told, newest first."""
    return _log(connection, channels.c.user_id == user_id, limit)


def of_channel(connection: Connection, channel_id: str, limit: int = 50) -> list[Notification]:
    """Return what was told on a channel, newest first."""
    return _log(connection, channels.c.id == channel_id, limit)


def send_again(connection: Connection, channel_id: str, notification_id: str, now_ms: int) -> Notification:
    """Have something sent once more, under the same id. Raises NotFound, or Conflict while it is still being sent."""
    state = connection.execute(
        select(notifications.c.state).where(
            notifications.c.id == notification_id, notifications.c.channel_id == channel_id
        )
    ).scalar()
    if state is None:
        raise NotFound
    if state == State.PENDING.value:
        raise Conflict("This is still being sent. Wait for it.")
    _set(connection, notification_id, state=State.PENDING.value, due_ms=now_ms, done_ms=None, attempts=0)
    return _log(connection, notifications.c.id == notification_id, 1)[0]


def forget(connection: Connection, now_ms: int) -> bool:
    """Delete what was settled long ago, FORGOTTEN_AT_ONCE at the most; say whether that was all."""
    old = (
        select(notifications.c.id)
        .where(notifications.c.done_ms < now_ms - KEPT_MS, notifications.c.dedupe_key != dead_webhooks.STOPPED_KEY)
        .order_by(notifications.c.done_ms)
        .limit(FORGOTTEN_AT_ONCE)
    )
    return connection.execute(delete(notifications).where(notifications.c.id.in_(old))).rowcount < FORGOTTEN_AT_ONCE


def _due(limit: int, now_ms: int, full: Sequence[str]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            notifications,
            channels.c.user_id,
            channels.c.kind.label("way"),
            channels.c.address,
            channels.c.secret_encrypted,
            channels.c.server_url,
            sessions.c.project_id,
            sessions.c.state.label("session_state"),
            sessions.c.epoch,
            sessions.c.turns,
            sessions.c.activity,
            sessions.c.last_seq,
            requests.c.state.label("request_state"),
            members.c.role,
        )
        .join(channels, channels.c.id == notifications.c.channel_id)
        .join(sessions, sessions.c.id == notifications.c.session_id, isouter=True)
        .join(
            requests,
            (requests.c.session_id == notifications.c.session_id)
            & (requests.c.request_id == notifications.c.request_id),
            isouter=True,
        )
        .join(
            members,
            (members.c.user_id == channels.c.user_id) & (members.c.project_id == sessions.c.project_id),
            isouter=True,
        )
        .where(
            notifications.c.state == State.PENDING.value,
            notifications.c.due_ms <= now_ms,
            notifications.c.channel_id.not_in(full),
        )
        .order_by(notifications.c.due_ms)
        .limit(limit)
    )


def _fate(connection: Connection, row: Row[*tuple[Any, ...]], now_ms: int) -> Due | _Wait | _Failed | None:
    """Return what becomes of a due notification: it is sent, waits longer, has failed, or is withdrawn."""
    kind = Kind(row.kind)
    if row.attempts > len(AGAIN_MS[Way(row.way)]):
        return _Failed(
            f"It was tried {row.attempts} times, and the server stopped each time before it knew how that went."
        )
    links = None
    if kind is not Kind.TEST and row.way != Way.WEBHOOK.value:
        if row.role is None or not _IS_STILL_SO[kind](row):
            return None
        if looks.is_looking(connection, row.user_id, row.session_id, now_ms):
            return _Wait(now_ms + LOOK_AGAIN_MS) if kind is Kind.WAITS else None
        settings = notification_settings.get(connection, row.user_id)
        if not settings.wants(kind) or row.project_id in settings.muted_projects:
            return None
        quiet_until = quiet_until_ms(settings, now_ms)
        if quiet_until is not None:
            return _Wait(quiet_until)
        if row.is_answerable and row.way == Way.NTFY.value:
            links = (
                answer_links.make(connection, row.user_id, row.session_id, row.request_id, "allow", now_ms),
                answer_links.make(connection, row.user_id, row.session_id, row.request_id, "deny", now_ms),
            )
    return Due(
        id=row.id,
        attempt=row.attempts + 1,
        kind=kind,
        session_id=row.session_id,
        request_id=row.request_id,
        is_answerable=row.is_answerable,
        title=row.title,
        text=row.text,
        topic=row.dedupe_key,
        created_ms=row.created_ms,
        channel_id=row.channel_id,
        way=Way(row.way),
        address=row.address,
        secret_encrypted=row.secret_encrypted,
        server_url=row.server_url,
        links=links,
    )


def _waits_still(row: Row[*tuple[Any, ...]]) -> bool:
    if row.request_id is not None:
        return bool(row.request_state == RequestState.PENDING.value)
    return bool(row.activity == "waiting")


def _is_ended_still(row: Row[*tuple[Any, ...]]) -> bool:
    is_its_end = row.dedupe_key == f"{row.session_id} end {row.epoch}"
    return is_its_end and bool(row.session_state == SessionState.ENDED.value)


_IS_STILL_SO: dict[Kind, Callable[[Row[*tuple[Any, ...]]], bool]] = {
    Kind.WAITS: _waits_still,
    Kind.FINISHED: lambda row: (
        row.session_state == SessionState.RUNNING.value
        and row.activity != "working"
        and row.dedupe_key == f"{row.session_id} turn {row.turns}"
    ),
    Kind.ENDED: _is_ended_still,
    Kind.FAILED: _is_ended_still,
    Kind.SILENT: lambda row: row.activity == "working" and row.dedupe_key == f"{row.session_id} silence {row.last_seq}",
}


def _set(connection: Connection, notification_id: str, **values: object) -> None:
    connection.execute(update(notifications).where(notifications.c.id == notification_id).values(**values))


def _log(connection: Connection, which: object, limit: int) -> list[Notification]:
    rows = connection.execute(
        _VIEW.where(which)  # type: ignore[arg-type]  # a condition, as its callers make it
        .order_by(notifications.c.created_ms.desc(), notifications.c.id)
        .limit(limit)
    ).mappings()
    return [Notification.model_validate(dict(row)) for row in rows]
