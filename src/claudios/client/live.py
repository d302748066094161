"""Follow a session's transcript as it happens, with exact resume by position.

The follower reconnects by itself with growing pauses and goes on from its last position, so that what it yields has no
gap and no duplicate. It ends when the caller stops iterating, and raises what the server refuses.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection

from claudios.client.address import Address
from claudios.client.http import class_of
from claudios.client.reading import parse, read, read_all
from claudios.client.shapes import Agent, Instruction, Item, Request, Session
from claudios.client.sockets import GONE, Disconnected, Pauses, open_socket
from claudios.protocol.errors import ClaudiosError, MessageInvalid, NotFound


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The items that changed since the position one had, whole; the session and its open requests."""

    items: tuple[Item, ...]
    position: int
    has_earlier: bool
    session: Session
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Upserted:
    """An item is new, or replaces the one with its number."""

    item: Item


@dataclass(frozen=True, slots=True)
class Appended:
    """Text joins the end of one field of an item's body."""

    no: int
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Patch:
    """Changes of items, in order; afterwards the transcript reflects the log up to `position`."""

    position: int
    changes: tuple[Upserted | Appended, ...]


Change = Session | Request | Instruction | Agent
Event = Snapshot | Patch | Change | Disconnected


async def follow_session(
    address: Address, token: str | None, session_id: str, after: int | None = None
) -> AsyncGenerator[Event, None]:
    """Yield a Snapshot of a session from `after` (or its last items), then each change of it as it happens."""
    position, pauses = after, Pauses()
    while True:
        try:
            async with open_socket(address, token, "/live") as socket:
                await _subscribe(socket, session_id, position)
                async for raw in socket:
                    message = _object(raw)
                    if message.get("type") == "lagged":
                        await _subscribe(socket, session_id, position)
                    elif message.get("type") == "bye":
                        break
                    event = _event(message, session_id)
                    if event is not None:
                        pauses.reset()
                        if isinstance(event, Snapshot | Patch):
                            position = event.position
                        yield event
            lost = "the server closed the connection"
        except GONE as gone:
            lost = pauses.excuse(gone, address)
        pause = pauses.next()
        yield Disconnected(lost, pause)
        await asyncio.sleep(pause)


async def _subscribe(socket: ClientConnection, session_id: str, after: int | None) -> None:
    message: dict[str, object] = {"type": "subscribe", "session_id": session_id}
    if after is not None:
        message["after"] = after
    await socket.send(json.dumps(message))


def _object(raw: str | bytes) -> dict[str, object]:
    message = parse(raw)
    if not isinstance(message, dict):
        raise MessageInvalid("The server sent a message that is no object. Upgrade the older of client and server.")
    return message


def _event(message: dict[str, object], session_id: str) -> Event | None:
    """Return the event of a message about the session, None for one that says nothing of it. Raises its error."""
    kind = message.get("type")
    if kind == "items":
        return Snapshot(
            read_all(Item, message.get("items")),
            _number(message, "position"),
            message.get("has_earlier") is True,
            read(Session, message.get("session")),
            read_all(Request, message.get("requests")),
        )
    if kind == "patch":
        changes = message.get("changes")
        if not isinstance(changes, list):
            raise MessageInvalid("A patch has no changes. Upgrade the older of client and server.")
        return Patch(_number(message, "position"), tuple(_change(each) for each in changes))
    if kind == "session":
        session = read(Session, message.get("session"))
        return session if session.id == session_id else None
    if kind == "request":
        request = read(Request, message.get("request"))
        return request if request.session_id == session_id else None
    if kind == "instruction":
        instruction = read(Instruction, message.get("instruction"))
        return instruction if instruction.session_id == session_id else None
    if kind == "agent":
        return read(Agent, message.get("agent"))
    if kind == "removed" and message.get("id") == session_id:
        raise NotFound("The session was deleted.")
    if kind == "error":
        raise _told(message)
    return None


def _change(change: object) -> Upserted | Appended:
    if isinstance(change, dict) and change.get("op") == "upsert":
        return Upserted(read(Item, change.get("item")))
    if isinstance(change, dict) and change.get("op") == "append":
        return Appended(_number(change, "no"), str(change.get("field")), str(change.get("text")))
    raise MessageInvalid("A patch holds an unknown change. Upgrade the older of client and server.")


def _number(message: dict[str, object], key: str) -> int:
    value = message.get(key)
    if not isinstance(value, int):
        raise MessageInvalid(f"The server's message lacks the number {key}. Upgrade the older of client and server.")
    return value


def _told(message: dict[str, object]) -> ClaudiosError:
    return class_of(str(message.get("code")))(str(message.get("message") or "The server refused it."))
