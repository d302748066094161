"""`GET /api/v1/sessions/{id}/terminal`: a terminal session over a WebSocket. Its screen comes, what is typed goes.

What is typed is passed on to the machine and not kept: the session's own log has it, as an event `input`, and that is
the receipt (rule L-17). Whoever typed it sends it again while there is none, under the same id.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple
from uuid import uuid4

from pydantic import Field, StrictBool, StrictInt, TypeAdapter, ValidationError
from sqlalchemy import Connection
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from claudios.protocol.errors import ClaudiosError, Conflict, Forbidden, InputInvalid, MessageInvalid, NotFound, TooMany
from claudios.protocol.fields import Model, SessionId
from claudios.protocol.messages import Mode, SessionState
from claudios.protocol.terminal import Base64, Keystroke, TerminalSize
from claudios.server.bus.topics import OVERVIEW, Changed, registration
from claudios.server.data_path import DataPath
from claudios.server.live.feed import LogFeed
from claudios.server.live.flow_control import FlowControl
from claudios.server.live.terminals import Seat
from claudios.server.store import sessions
from claudios.server.store.projects import Role
from claudios.server.store.sessions import Place, Session
from claudios.server.web.errors import error_response
from claudios.server.web.gone import until_gone
from claudios.server.web.live_log import number_of, part
from claudios.server.web.parts import Parts, parts_of
from claudios.server.web.session_rights import SessionRights

ASK_AGAIN_SECONDS = 1.0
"""When a size is asked for again of which the machine could not be told."""


class Keys(Model):
    """Bytes that were typed in a round; `id` is the viewer's own, and makes it safe to send them twice."""

    type: Literal["keys"]
    id: SessionId
    round: StrictInt
    data: Base64


class Size(TerminalSize):
    """The size of the viewer's window."""

    type: Literal["size"]


class Own(Model):
    """The viewer wants their window to give the session its size."""

    type: Literal["own"]


class Shown(Model):
    """So many bytes of this socket's binary messages are on the viewer's screen."""

    type: Literal["shown"]
    bytes: StrictInt = Field(ge=0)


Wish = Keys | Size | Own | Shown
_WISH: TypeAdapter[Wish] = TypeAdapter(Annotated[Wish, Field(discriminator="type")])


class Owner(Model):
    viewer: str
    username: str


class State(Model):
    """How the session and its viewers are.

    `round` is another number whenever the machine registers anew or the session begins anew; None while it is away.
    """

    type: Literal["state"] = "state"
    viewer: str
    may_type: StrictBool
    round: StrictInt | None
    owner: Owner | None
    mode: Mode
    session_state: SessionState
    activity: str | None


class Screen(Model):
    """What the screen showed after frame `seq`: bytes for a terminal of this size, in Base64."""

    type: Literal["screen"] = "screen"
    seq: StrictInt
    columns: StrictInt
    rows: StrictInt
    data: str = ""


class Refused(Model):
    """What was typed is not passed on; `id` is None for what could not be read."""

    type: Literal["refused"] = "refused"
    id: str | None
    code: str
    message: str


class Again(Model):
    """The round in which this was typed is over, and nothing of it is passed on: it may be sent again in another."""

    type: Literal["again"] = "again"
    id: str
    round: StrictInt


class TerminalSocket:
    """ASGI application of the route; the session's id is the path parameter `session_id`."""

    def __init__(self, data_path_of: Callable[[Scope], DataPath]) -> None:
        self._data_path_of = data_path_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        parts = parts_of(connection)
        session_id = scope["path_params"]["session_id"]
        await receive()  # websocket.connect
        rights = SessionRights(parts, connection, session_id)
        with contextlib.closing(rights):
            try:
                after = number_of(scope, "after", "the number of the last frame you have")
                ahead = number_of(scope, "ahead", "how many bytes may be on their way that you have not shown")
                if ahead == 0:
                    raise InputInvalid("With `ahead` 0 nothing could be sent. Name a number of bytes, or leave it out.")
                place = await rights.require()
                if place.mode is not Mode.TERMINAL:
                    raise Conflict("This session is a chat. Resume it in a terminal when it has ended.")
            except ClaudiosError as refusal:
                await error_response(refusal)(scope, receive, send)
                return
            await send({"type": "websocket.accept"})
            viewer = _Viewer(parts, self._data_path_of(scope), place, rights, until_gone(send))
            await viewer.serve(receive, after, FlowControl(ahead))


_TO_BEGIN = (SessionState.QUEUED, SessionState.STARTING)


class _Standing(NamedTuple):
    """Where what is typed goes: the machine's round, and the session's process, once it has begun."""

    round: int
    epoch: int
    has_begun: bool


class _Viewer:
    """One socket."""

    def __init__(self, parts: Parts, data: DataPath, place: Place, rights: SessionRights, send: Send) -> None:
        assert rights.caller is not None
        self._parts = parts
        self._data = data
        self._place = place
        self._rights = rights
        self._caller = rights.caller
        self._raw_send = send
        self._sending = asyncio.Lock()
        self._changed = asyncio.Event()
        self._seat = Seat(uuid4().hex, self._caller.username, rights.role.covers(Role.OPERATOR), self._changed.set)
        self._session_state = place.state
        self._round = 0
        self._standing: _Standing | None = None

    async def serve(self, receive: Receive, after: int | None, control: FlowControl) -> None:
        """Serve until the viewer leaves or may no longer see the session."""
        session_id, agent_id = self._place.session_id, self._place.agent_id
        bus = self._parts.bus
        ends = [
            bus.subscribe(OVERVIEW, self._heard),
            bus.subscribe(registration(agent_id), lambda _: self._changed.set()),
            self._data.watching.watch(agent_id, session_id),
            self._data.terminals.sit(session_id, self._seat),
        ]
        gone = asyncio.create_task(self._read(receive, control), name="terminal reader")
        tasks = [
            gone,
            asyncio.create_task(self._show(after, control), name="terminal writer"),
            asyncio.create_task(self._tell_states(), name="terminal states"),
            asyncio.create_task(self._rights.until_refused(self._looked), name="terminal rights"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in reversed(ends):
                end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        ended = next((task for task in done if task is not gone), gone)
        if ended is not gone or gone.exception() is not None:
            await part(self._raw_send, ended.exception())

    # What the viewer is shown

    async def _show(self, after: int | None, control: FlowControl) -> None:
        if after is None or await self._data.screens.is_far(self._place.session_id, after):
            shown = await self._data.screens.of(self._place.session_id)
            after, drawing = shown.seq, shown.drawing
            data = base64.b64encode(drawing.data).decode()
            await self._say(Screen(seq=after, columns=drawing.columns, rows=drawing.rows, data=data))
        feed = LogFeed(self._parts.store, self._parts.bus, self._place.session_id, after)
        try:
            while True:
                await control.room()
                frames = await feed.next()
                control.sent(len(frames))
                await self._send({"type": "websocket.send", "bytes": frames})
        finally:
            feed.close()

    async def _tell_states(self) -> None:
        """Tell how everything is, at first and whenever it changes; and the machine, what size its screen has."""
        told: State | None = None
        self._changed.set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            session = await self._parts.store.read(self._session)
            self._session_state = session.state
            self._stand(session)
            owner = self._data.terminals.owner(session.id)
            now = State(
                viewer=self._seat.id,
                may_type=self._seat.may_type,
                round=None if self._standing is None else self._round,
                owner=None if owner is None else Owner(viewer=owner.id, username=owner.username),
                mode=session.mode,
                session_state=session.state,
                activity=session.activity,
            )
            if owner is self._seat:
                self._resize(self._standing if session.state is SessionState.RUNNING else None)
            if now != told:
                told = now
                await self._say(now)

    def _session(self, connection: Connection) -> Session:
        found = sessions.get(connection, self._place.session_id)
        if found is None:
            raise NotFound
        return found

    def _stand(self, session: Session) -> None:
        """Begin another round where what is typed now goes elsewhere than what was typed before."""
        round = self._data.links.round_of(self._place.agent_id)
        standing = None if round is None else _Standing(round, session.epoch, session.state not in _TO_BEGIN)
        if standing != self._standing:
            self._standing = standing
            self._round += 1

    def _resize(self, standing: _Standing | None) -> None:
        """Ask for the size of this viewer's window, unless that was asked for last. None: nothing runs."""
        asked, size = self._data.terminals.asked(self._place.session_id), self._seat.size
        wanted = None if standing is None or size is None else (standing.round, standing.epoch, size)
        if standing is None or wanted == asked.newest:
            asked.newest = wanted
            return
        keystroke = Keystroke(id=f"{self._caller.user_id}.{uuid4()}", size=size)
        try:
            if self._data.links.type_in(self._place.agent_id, self._place.session_id, keystroke, standing.round):
                asked.newest = wanted
        except TooMany:
            asyncio.get_running_loop().call_later(ASK_AGAIN_SECONDS, self._changed.set)
        except Conflict:
            return  # the machine says so when it knows terminals again

    # What the viewer wants

    async def _read(self, receive: Receive, control: FlowControl) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            try:
                wish = _WISH.validate_json(message.get("text") or b"")
            except ValidationError:
                invalid = MessageInvalid("The message is not one the server knows.")
                await self._say(Refused(id=None, code=invalid.code, message=invalid.message))
                continue
            if isinstance(wish, Keys):
                await self._type_in(wish)
            elif isinstance(wish, Shown):
                control.shown(wish.bytes)
            elif isinstance(wish, Size):
                size = TerminalSize(columns=wish.columns, rows=wish.rows)
                self._data.terminals.resized(self._place.session_id, self._seat, size)
            else:
                self._data.terminals.own(self._place.session_id, self._seat)

    async def _type_in(self, keys: Keys) -> None:
        try:
            if not self._seat.may_type:
                raise Forbidden("You may watch this session, but not type into it. Ask an owner of its project.")
            if self._session_state is SessionState.ENDED:
                raise Conflict("This session has ended. Resume it first.")
            if not self._pass_on(keys):
                await self._say(Again(id=keys.id, round=keys.round))
        except ClaudiosError as refusal:
            await self._say(Refused(id=keys.id, code=refusal.code, message=refusal.message))

    def _pass_on(self, keys: Keys) -> bool:
        """Pass on what was typed in this round, and nothing of an earlier one: what came before may be missing."""
        if self._standing is None or not self._standing.has_begun or keys.round != self._round:
            return False
        keystroke = Keystroke(id=f"{self._caller.user_id}.{keys.id}", keys=keys.data)
        agent_id, session_id = self._place.agent_id, self._place.session_id
        return self._data.links.type_in(agent_id, session_id, keystroke, self._standing.round)

    def _looked(self) -> None:
        self._data.terminals.may_type(self._place.session_id, self._seat, self._rights.role.covers(Role.OPERATOR))

    def _heard(self, change: Changed) -> None:
        is_ours = change.session_id == self._place.session_id
        if is_ours or (change.session_id is None and change.project_id == self._place.project_id):
            self._changed.set()

    async def _say(self, message: Model) -> None:
        await self._send({"type": "websocket.send", "text": message.model_dump_json()})

    async def _send(self, message: Any) -> None:
        async with self._sending:
            await self._raw_send(message)
