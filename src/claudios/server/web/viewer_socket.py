"""`GET /api/v1/live`: everything a page watches, over one WebSocket of JSON messages.

The Origin is checked before the upgrade, by the frame around the application. What may be seen is checked with every
subscription, and again whenever somebody's rights change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import structlog
from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy import Connection
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from claudios.protocol.errors import (
    ClaudiosError,
    Conflict,
    InputInvalid,
    MessageInvalid,
    NotFound,
    NotSignedIn,
    Unavailable,
)
from claudios.protocol.fields import Count, Model, SessionId
from claudios.server.bus.topics import ACCESS, OVERVIEW, STOPPING, Changed
from claudios.server.data_path import DataPath
from claudios.server.live.looking import Looking
from claudios.server.live.outgoing import Outgoing, told
from claudios.server.live.patches import Patch
from claudios.server.projections.items import Entry
from claudios.server.store import items, requests, sessions
from claudios.server.store.projects import Role
from claudios.server.store.requests import Request, RequestState
from claudios.server.store.sessions import Place, Session
from claudios.server.web.auth import Caller, require_role, signed_in
from claudios.server.web.errors import error_response
from claudios.server.web.gone import Gone, until_gone
from claudios.server.web.parts import Parts, parts_of

log = structlog.get_logger(__name__)

SNAPSHOT_ITEMS = 200
MAX_CHANGED_ITEMS = 2000
MAX_SUBSCRIPTIONS = 64
CLOSE_SIGNED_OUT = 4401
CLOSE_GOING = 1001
CLOSE_TOO_SLOW = 1013
CLOSE_SECONDS = 5.0


class Subscribe(Model):
    type: Literal["subscribe"]
    session_id: SessionId
    after: Count | None = None


class Unsubscribe(Model):
    type: Literal["unsubscribe"]
    session_id: SessionId


class Overview(Model):
    type: Literal["overview"]


class Look(Model):
    """The session that the person has before them now, if any: what they see they need not be notified of."""

    type: Literal["look"]
    session_id: SessionId | None


class Ping(Model):
    type: Literal["ping"]


class Pong(Model):
    type: Literal["pong"]


Wish = Subscribe | Unsubscribe | Overview | Look | Ping | Pong
_WISH: TypeAdapter[Wish] = TypeAdapter(Annotated[Wish, Field(discriminator="type")])


class ViewerSocket:
    """ASGI application of the route."""

    def __init__(self, data_path_of: Callable[[Scope], DataPath]) -> None:
        self._data_path_of = data_path_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        await receive()  # websocket.connect
        try:
            caller = await signed_in(connection)
        except ClaudiosError as refusal:
            await error_response(refusal)(scope, receive, send)
            return
        await send({"type": "websocket.accept"})
        await _Page(connection, caller, self._data_path_of(scope)).serve(receive, until_gone(send))


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What a subscription begins with. `is_reset`: more changed since the page's position than can be told."""

    entries: list[Entry]
    has_earlier: bool
    is_reset: bool
    session: Session
    requests: list[Request]


class _Page:
    """One socket: what it watches, and what it is to be told."""

    def __init__(self, connection: HTTPConnection, caller: Caller, data: DataPath) -> None:
        self._connection = connection
        self._caller = caller
        self._data = data
        self._parts: Parts = parts_of(connection)
        self._out = Outgoing()
        self._subscriptions: dict[str, _Subscription] = {}
        self._projects: frozenset[str] | None = None
        self._looking = Looking(self._parts.store, caller.user_id, self._parts.now_ms)
        self._rights_changed = asyncio.Event()
        self._rights_changed.set()  # they may have, between signing in and listening to the bus
        self._rights_heard = 0
        self._closing: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def serve(self, receive: Receive, send: Send) -> None:
        """Serve until the page leaves, its person is signed out, or the server stops."""
        bus = self._parts.bus
        ends = [
            bus.subscribe(OVERVIEW, self._changed),
            bus.subscribe(ACCESS, self._rights),
            bus.subscribe(STOPPING, self._stopping),
        ]
        reading = asyncio.create_task(self._read(receive), name="page reader")
        writing = asyncio.create_task(self._write(send), name="page writer")
        checking = asyncio.create_task(self._check(), name="page rights")
        looking = asyncio.create_task(self._looking.run(), name="page look")
        tasks = [reading, writing, checking, looking]
        try:
            ends_it: list[asyncio.Future[Any]] = [*tasks, self._closing]
            await asyncio.wait(ends_it, return_when=asyncio.FIRST_COMPLETED)
            has_left = reading.done()
        finally:
            for end in ends:
                end()
            for session_id in list(self._subscriptions):
                self._unsubscribe(session_id)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._closing.done() and not has_left:
            await _part(send, self._closing.result())
        for task in tasks:
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, Gone):
                log.error("page_failed", exc_info=error)

    async def _read(self, receive: Receive) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            try:
                wish = _WISH.validate_json(message.get("text") or b"")
                await self._grant(wish)
            except ValidationError:
                self._refuse(MessageInvalid("The message is not one the server knows."))
            except (InputInvalid, NotFound, Conflict, Unavailable) as refusal:
                self._refuse(refusal)

    async def _write(self, send: Send) -> None:
        while True:
            await send({"type": "websocket.send", "text": await self._out.next()})

    async def _grant(self, wish: Wish) -> None:
        if isinstance(wish, Subscribe):
            await self._subscribe(wish)
        elif isinstance(wish, Unsubscribe):
            self._unsubscribe(wish.session_id)
        elif isinstance(wish, Overview):
            await self._overview()
            self._out.put(told("overview"), "overview")
        elif isinstance(wish, Look):
            self._looking.at(wish.session_id)
        elif isinstance(wish, Ping):
            self._out.put('{"type":"pong"}', "pong")

    async def _subscribe(self, wish: Subscribe) -> None:
        session_id = wish.session_id
        self._unsubscribe(session_id)
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            raise Conflict(f"A page watches at most {MAX_SUBSCRIPTIONS} sessions. Leave one first.")
        place = await self._parts.store.read(lambda connection: self._seen_place(connection, session_id))
        subscription = _Subscription(self, place, self._data.watching.watch(place.agent_id, session_id))
        self._subscriptions[session_id] = subscription
        try:
            await self._data.projector.enter(
                session_id,
                subscription,
                lambda connection: self._snapshot(connection, wish),
                lambda snapshot, position: self._begin(subscription, snapshot, position),
            )
        except BaseException as refusal:
            if isinstance(refusal, NotFound) and self._subscriptions.get(session_id) is not subscription:
                return  # taken away meanwhile, which the page has been told
            self._unsubscribe(session_id)
            raise

    def _begin(self, subscription: _Subscription, snapshot: _Snapshot, position: int) -> None:
        """Tell the page how a session is, and then what changes: also what did since that was read."""
        self._put(
            told(
                "items",
                session_id=snapshot.session.id,
                items=snapshot.entries,
                position=position,
                has_earlier=snapshot.has_earlier,
                session=snapshot.session.model_dump(mode="json"),
                requests=[request.model_dump(mode="json") for request in snapshot.requests],
                **({"reset": True} if snapshot.is_reset else {}),
            )
        )
        for change in subscription.begin():
            self._put(change.message, change.about)

    def _unsubscribe(self, session_id: str) -> None:
        """End a subscription, also one that still waits for its beginning: nothing more is told of it."""
        subscription = self._subscriptions.pop(session_id, None)
        if subscription is not None:
            subscription.unwatch()
            self._data.projector.leave(session_id, subscription)
            self._out.drop_patches(session_id)

    def lost(self, session_id: str) -> None:
        """Tell the page that it has to subscribe again from its position."""
        self._unsubscribe(session_id)
        self._out.put(told("lagged", session_id=session_id), ("lagged", session_id))

    def patched(self, shown: Patch) -> None:
        """Tell the page what changed in a session's transcript."""
        if not self._out.put_patch(shown):
            self.lost(shown.session_id)

    def _changed(self, change: Changed) -> None:
        is_of_projects = self._projects is not None and change.project_id in self._projects
        watched = None if change.session_id is None else self._subscriptions.get(change.session_id)
        if is_of_projects or (watched is not None and not watched.waits(change)):
            self._put(change.message, change.about)

    def _put(self, message: str, about: str | None = None) -> None:
        """Tell the page something that cannot be dropped; a page that never reads is cut off."""
        self._out.put(message, about)
        if self._out.is_hopeless:
            self._close(CLOSE_TOO_SLOW)

    def _rights(self, user_id: str | None) -> None:
        if user_id in (None, self._caller.user_id):
            self._rights_heard += 1
            self._rights_changed.set()

    def _stopping(self, retry_after_ms: int) -> None:
        self._out.put(told("bye", retry_after_ms=retry_after_ms))
        asyncio.get_running_loop().call_later(0.05, self._close, CLOSE_GOING)

    def _close(self, code: int) -> None:
        if not self._closing.done():
            self._closing.set_result(code)

    async def _check(self) -> None:
        """Whenever rights change, take away what may not be seen any more."""
        while True:
            await self._rights_changed.wait()
            self._rights_changed.clear()
            try:
                self._caller = await signed_in(self._connection)
                seen = await self._seen_projects()
            except NotSignedIn:
                self._close(CLOSE_SIGNED_OUT)
                return
            except Unavailable:
                self._close(CLOSE_GOING)  # it may come back when rights can be checked again
                return
            if self._projects is not None:
                self._projects = seen
            for session_id, subscription in list(self._subscriptions.items()):
                if subscription.place.project_id not in seen:
                    self._unsubscribe(session_id)
                    self._out.put(f'{{"type":"removed","kind":"session","id":"{session_id}"}}')

    async def _overview(self) -> None:
        """Tell the page from now on what changes in its person's projects: those of now, not of before a change."""
        heard = -1
        while heard != self._rights_heard:
            heard = self._rights_heard
            self._projects = await self._seen_projects()

    async def _seen_projects(self) -> frozenset[str]:
        return await self._parts.store.read(lambda connection: sessions.projects_of(connection, self._caller.user_id))

    def _seen_place(self, connection: Connection, session_id: str) -> Place:
        place = sessions.place(connection, session_id)
        if place is None:
            raise NotFound
        require_role(connection, self._caller, place.project_id, Role.VIEWER)
        return place

    def _snapshot(self, connection: Connection, wish: Subscribe) -> _Snapshot:
        # Asked again: who was removed before this reading would not be found by the check that came before it.
        self._seen_place(connection, wish.session_id)
        session = sessions.get(connection, wish.session_id)
        if session is None:
            raise NotFound
        pending = requests.of_session(connection, wish.session_id, RequestState.PENDING)
        if wish.after is not None and session.removed_ms is None:  # what a page has of removed output goes
            changed = items.changed_after(connection, wish.session_id, wish.after, MAX_CHANGED_ITEMS)
            if changed is not None:
                return _Snapshot(changed, False, False, session, pending)
        entries, has_earlier = items.page(connection, wish.session_id, after=None, before=None, limit=SNAPSHOT_ITEMS)
        return _Snapshot(entries, has_earlier, wish.after is not None, session, pending)

    def _refuse(self, refusal: ClaudiosError) -> None:
        self._put(told("error", code=refusal.code, message=refusal.message))


async def _part(send: Send, code: int) -> None:
    """Close the socket, waiting only so long for a page that does not read."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await send({"type": "websocket.close", "code": code})
    except TimeoutError:
        log.info("page_not_reading", code=code)
    except Gone:
        log.debug("page_gone", code=code)


class _Subscription:
    """A session that a page watches. Until it begins nobody knows whether the page may see what changes."""

    def __init__(self, page: _Page, place: Place, unwatch: Callable[[], None]) -> None:
        self.place = place
        self.unwatch = unwatch
        self._page = page
        self._early: dict[str, Changed] | None = {}  # by what they are about: bounded by what a session has

    def begin(self) -> Iterable[Changed]:
        """Return what changed before the beginning; from now on nothing waits."""
        early, self._early = self._early or {}, None
        return early.values()

    def waits(self, change: Changed) -> bool:
        """Keep a change for the beginning; say whether that is still to come."""
        if self._early is None:
            return False
        self._early[change.about or change.message] = change
        return True

    def show(self, shown: Patch) -> None:
        self._page.patched(shown)

    def lose(self, session_id: str) -> None:
        self._page.lost(session_id)
