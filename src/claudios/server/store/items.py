"""Items: the readable pieces of every transcript, as the projection last left them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select

from claudios.server.projections.items import Entry
from claudios.server.store import indexing
from claudios.server.store.tables import items

NEWEST_PROMPTS = 100
_DELETE = delete(items).where(items.c.session_id == bindparam("session"), items.c.no == bindparam("number"))
_INSERT = insert(items)
_OF_SESSION = select(items).where(items.c.session_id == bindparam("session"))


def put(connection: Connection, session_id: str, entries: Sequence[Entry]) -> None:
    """Insert items, or replace those that are there; they are indexed for the search later."""
    if not entries:
        return
    connection.execute(_DELETE, [{"session": session_id, "number": entry.no} for entry in entries])
    connection.execute(
        _INSERT,
        [
            {
                "session_id": session_id,
                "no": entry.no,
                "kind": entry.kind,
                "body": orjson.dumps(entry.body).decode(),
                "parent": entry.parent,
                "at_ms": entry.at_ms,
                "created_seq": entry.created_seq,
                "updated_seq": entry.updated_seq,
            }
            for entry in entries
        ],
    )
    indexing.note_change(connection, session_id)


def numbered(connection: Connection, session_id: str, numbers: Iterable[int]) -> list[Entry]:
    """Return these items."""
    found = connection.execute(_OF_SESSION.where(items.c.no.in_(list(numbers))), {"session": session_id})
    return [_entry(row) for row in found]


def page(
    connection: Connection, session_id: str, *, after: int | None, before: int | None, limit: int
) -> tuple[list[Entry], bool]:
    """Return items in order, and whether there are earlier ones.

    With `after`, the first ones after that number; else the last ones before `before`, or of all.
    """
    wanted = _OF_SESSION
    if after is not None:
        wanted = wanted.where(items.c.no > after)
    if before is not None:
        wanted = wanted.where(items.c.no < before)
    ordered = wanted.order_by(items.c.no if after is not None else items.c.no.desc()).limit(limit)
    found = [_entry(row) for row in connection.execute(ordered, {"session": session_id})]
    if after is None:
        found.reverse()
    return found, bool(found) and found[0].no > 1


def piece(
    connection: Connection, session_id: str, *, after: int, max_characters: int, limit: int
) -> tuple[list[Entry], bool]:
    """Return the first items after a number, and whether there are more: one at least where there is one.

    Then as many as have up to `max_characters` of JSON together, and at most `limit`.
    """
    sizes = (
        select(items.c.no, func.length(items.c.body).label("characters"))
        .where(items.c.session_id == session_id, items.c.no > after)
        .order_by(items.c.no)
        .limit(limit + 1)
    )
    last, characters, has_more = after, 0, False
    for count, row in enumerate(connection.execute(sizes)):
        characters += row.characters
        if count == limit or (count and characters > max_characters):
            has_more = True
            break
        last = row.no
    wanted = _OF_SESSION.where(items.c.no > after, items.c.no <= last).order_by(items.c.no)
    return [_entry(row) for row in connection.execute(wanted, {"session": session_id})], has_more


def changed_after(connection: Connection, session_id: str, position: int, limit: int) -> list[Entry] | None:
    """Return the items that changed after a position, in order; None when there are more than `limit`."""
    changed = _OF_SESSION.where(items.c.updated_seq > position).order_by(items.c.no).limit(limit + 1)
    found = [_entry(row) for row in connection.execute(changed, {"session": session_id})]
    return None if len(found) > limit else found


def prompts_done(connection: Connection, session_id: str, uuids: Collection[str]) -> dict[str, bool]:
    """Say of those of `uuids` that the log tells of whether Claude, when it was last given them, saw them through.

    In the order in which they were given.
    """
    found = connection.execute(
        select(items.c.body)
        .where(items.c.session_id == session_id, items.c.kind == "user")
        .order_by(items.c.no.desc())
        .limit(len(uuids) * 2 + NEWEST_PROMPTS)
    )
    newest: dict[str, bool] = {}
    for row in found:
        body = orjson.loads(row.body)
        uuid = body.get("uuid")
        if uuid in uuids and uuid not in newest:
            newest[uuid] = body.get("state") is not None
    return dict(reversed(newest.items()))


def is_settled(connection: Connection, session_id: str, uuid: str) -> bool:
    """Say whether the log tells of a prompt, and Claude is through with it."""
    found = connection.execute(
        select(items.c.body)
        .where(items.c.session_id == session_id, items.c.kind == "user")
        .order_by(items.c.no.desc())
        .limit(NEWEST_PROMPTS)
    )
    bodies = (orjson.loads(row.body) for row in found)
    newest = next((body for body in bodies if body.get("uuid") == uuid), None)
    return newest is not None and newest.get("state") not in ("sent", "taken")


def remove_after(connection: Connection, session_id: str, no: int) -> None:
    """Delete a session's items behind a number."""
    connection.execute(delete(items).where(items.c.session_id == session_id, items.c.no > no))


def remove_all(connection: Connection, session_id: str) -> None:
    """Delete a session's items."""
    connection.execute(delete(items).where(items.c.session_id == session_id))


def count(connection: Connection, session_id: str) -> int:
    """Return how many items a session has."""
    return connection.execute(select(func.count()).where(items.c.session_id == session_id)).scalar() or 0


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(row.no, row.kind, orjson.loads(row.body), row.created_seq, row.updated_seq, row.at_ms, row.parent)
