"""Webhooks at which nothing arrives any more: what waits for one is bounded, and after some days it is stopped.

A stopped webhook has a row of its own in the outbox, under a key that names no news: its history shows when it was
stopped and why, and nothing is put there for it until something arrives again, which somebody has to ask for.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from claudios.protocol.ids import new_id
from claudios.server.store.notification_settings import Kind
from claudios.server.store.tables import channels, notifications

MOST_WAITING = 1_000
"""How many deliveries wait for one webhook; the oldest are given up first."""
STOPPED_AFTER_MS = 3 * 24 * 60 * 60 * 1000
STOPPED_AFTER = 10
"""So many deliveries in a row must have failed, over STOPPED_AFTER_MS, each of which was tried for most of a day.

What was given up for want of room is none of them: it was not tried to the end.
"""
STOPPED_KEY = "stopped"
STOPPED = (
    f"Stopped: {STOPPED_AFTER} deliveries in a row have failed, and for three days nothing has arrived. Mend the "
    "receiver, then test this webhook: once something arrives, it is told of what happens from then on."
)
GIVEN_UP = f"Given up: more than {MOST_WAITING:,} deliveries waited for this webhook, and this was the oldest."
STOPPED_BEFORE = "Given up: this webhook was stopped before it arrived."


def is_stopped() -> ColumnElement[bool]:
    """Hold of a channel in a query that nothing is to be put into the outbox for."""
    return exists().where(notifications.c.channel_id == channels.c.id, notifications.c.dedupe_key == STOPPED_KEY)


def overfull(connection: Connection) -> list[tuple[str, int]]:
    """Return the webhooks for which too much waits, each with by how much."""
    waiting = func.count().label("waiting")
    found = connection.execute(
        select(notifications.c.channel_id, waiting)
        .join(channels, channels.c.id == notifications.c.channel_id)
        .where(notifications.c.state == "pending", channels.c.project_id.is_not(None))
        .group_by(notifications.c.channel_id)
        .having(waiting > MOST_WAITING)
    )
    return [(row.channel_id, row.waiting - MOST_WAITING) for row in found]


def shorten(connection: Connection, now_ms: int, lease_ms: int) -> int:
    """Give up the oldest of what is too much for a webhook; return how many those were.

    What somebody may be sending now is left alone: it was tried, and is due again when a lease of `lease_ms` ends.
    """
    is_leased = (
        (notifications.c.attempts > 0)
        & (notifications.c.due_ms > now_ms)
        & (notifications.c.due_ms <= now_ms + lease_ms)
    )
    given_up = 0
    for channel_id, count in overfull(connection):
        oldest = (
            select(notifications.c.id)
            .where(notifications.c.channel_id == channel_id, notifications.c.state == "pending", ~is_leased)
            .order_by(notifications.c.created_ms, notifications.c.id)
            .limit(count)
        )
        given_up += _give_up(connection, notifications.c.id.in_(oldest), GIVEN_UP, now_ms)
    return given_up


def stop_if_dead(connection: Connection, channel_id: str, now_ms: int) -> None:
    """Stop a webhook at which a delivery has failed for good, if none has arrived for long."""
    mine = notifications.c.channel_id == channel_id
    arrived = select(func.max(notifications.c.done_ms)).where(mine, notifications.c.state == "sent")
    last_ms = connection.execute(arrived).scalar() or 0
    count, first_ms = connection.execute(
        select(func.count(), func.min(notifications.c.done_ms)).where(
            mine,
            notifications.c.state == "failed",
            notifications.c.attempts > 0,
            notifications.c.problem.is_distinct_from(GIVEN_UP),
            notifications.c.done_ms > last_ms,
        )
    ).one()
    if count < STOPPED_AFTER or now_ms - first_ms < STOPPED_AFTER_MS:
        return
    _give_up(connection, mine & (notifications.c.state == "pending"), STOPPED_BEFORE, now_ms)
    said = {"state": "failed", "problem": STOPPED, "done_ms": now_ms}
    row = {
        "id": new_id("ntf"),
        "channel_id": channel_id,
        "dedupe_key": STOPPED_KEY,
        "kind": Kind.TEST.value,
        "is_answerable": False,
        "title": "ClaudiOS",
        "text": "Deliveries to this webhook were stopped.",
        "due_ms": now_ms,
        "attempts": 0,
        "created_ms": now_ms,
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(notifications)
        .values({**row, **said})
        .on_conflict_do_update(index_elements=["channel_id", "dedupe_key"], set_=said)
    )


def arrived(connection: Connection, channel_id: str, now_ms: int) -> None:
    """Have a webhook be told of what happens again, if it was stopped: something has arrived."""
    connection.execute(
        update(notifications)
        .where(notifications.c.channel_id == channel_id, notifications.c.dedupe_key == STOPPED_KEY)
        .values(dedupe_key=f"{STOPPED_KEY} until {now_ms} " + notifications.c.id, done_ms=now_ms)
    )


def _give_up(connection: Connection, which: ColumnElement[bool], why: str, now_ms: int) -> int:
    given_up = update(notifications).where(which).values(state="failed", done_ms=now_ms, problem=why)
    return connection.execute(given_up).rowcount
