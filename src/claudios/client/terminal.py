"""Take part in a terminal session: its screen as it comes, and what is typed, each key once in effect.

It reconnects by itself with growing pauses and goes on from its last frame. What has no receipt in the session's log is
sent again in the next round, under the same id.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import uuid4

from websockets.asyncio.client import ClientConnection

from claudios.client.address import Address
from claudios.client.http import class_of
from claudios.client.reading import parse, read
from claudios.client.sockets import GONE, Disconnected, Pauses, open_socket
from claudios.client.typed_keys import Keys, TypedKeys
from claudios.protocol import frame
from claudios.protocol.errors import ClaudiosError, MessageInvalid
from claudios.protocol.frame import Frame, Stream


@dataclass(frozen=True, slots=True)
class Screen:
    """What the screen showed after frame `seq`: bytes for a terminal of `columns` and `rows`."""

    seq: int
    columns: int
    rows: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose window gives the session its size."""

    viewer: str
    username: str


@dataclass(frozen=True, slots=True)
class State:
    """How the session and its viewers are. `round` is None while the machine is away."""

    viewer: str
    may_type: bool
    mode: str
    session_state: str
    round: int | None = None
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Resized:
    """The session's screen has another size from here on."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A program has begun: the session's first, or one that goes on with it."""


@dataclass(frozen=True, slots=True)
class Over:
    """A program has ended; `exit_code` is None where a signal ended it, or nothing tells."""

    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Refused:
    """What was typed is not passed on, and why."""

    message: str


CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps; `time.monotonic` does not, and what was typed before would seem new afterwards."""

Event = Screen | bytes | State | Resized | Begun | Over | Refused | Disconnected


class Terminal:
    """One viewer of a terminal session. Iterate `events` while typing."""

    def __init__(self, address: Address, token: str | None, session_id: str, user_id: str) -> None:
        self.keys = Keys()
        self._address = address
        self._token = token
        self._session_id = session_id
        self._user_id = user_id
        self._socket: ClientConnection | None = None
        self._position: int | None = None
        self._size: tuple[int, int] | None = None
        self._has_told_size = False
        self._heard = asyncio.Event()
        self._typing = asyncio.Lock()
        self._is_blank = False

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield the screen, what is written on it, and everything else that happens. Raises what the server refuses."""
        pauses = Pauses()
        while True:
            try:
                self._position, self._is_blank = None if self._is_blank else self._position, False
                after = "" if self._position is None else f"?after={self._position}"
                path = f"/sessions/{self._session_id}/terminal{after}"
                async with open_socket(self._address, self._token, path) as socket:
                    self._socket = socket
                    if self._is_blank:  # the whole screen was asked for while this connection was being made
                        continue
                    async for raw in socket:
                        pauses.reset()
                        events = self._frames(raw) if isinstance(raw, bytes) else await self._told(raw)
                        self._heard.set()
                        for event in events:
                            yield event
                lost = "the server closed the connection"
            except GONE as gone:
                lost = pauses.excuse(gone, self._address)
            finally:
                self._socket, self._has_told_size = None, False
                self.keys.hold()
                self._heard.set()
            pause = pauses.next()
            yield Disconnected(lost, pause)
            await asyncio.sleep(pause)

    async def redraw(self) -> None:
        """Have the whole screen sent anew, over another connection; receipts may lie in what is passed over."""
        self._is_blank = True
        self.keys.doubt()
        if self._socket is not None:
            await self._socket.close()

    async def type_in(self, data: bytes) -> None:
        """Type, now or when the machine is back."""
        typed = TypedKeys(str(uuid4()), data, time.clock_gettime(CLOCK))
        async with self._typing:
            if self.keys.type_in(typed):
                await self._send_keys(typed)

    async def settled(self) -> None:
        """Wait until the machine has all that was typed, or cannot have it now. Needs somebody to iterate `events`."""
        while self.keys.is_under_way:
            self._heard.clear()
            await self._heard.wait()

    async def resize(self, columns: int, rows: int) -> None:
        """Say how large this viewer's window is."""
        self._size = (columns, rows)
        await self._tell_size()

    async def own(self) -> None:
        """Let this viewer's window give the session its size."""
        await self._say({"type": "own"})

    def _frames(self, raw: bytes) -> list[Event]:
        events: list[Event] = []
        for found in frame.decode(raw):
            if self._position is None or found.seq > self._position:
                self._position = found.seq
                events += self._frame(found)
        return events

    def _frame(self, found: Frame) -> list[Event]:
        if found.stream is Stream.PTY:
            return [found.payload]
        if found.stream is not Stream.EVENT:
            return []
        happened = json.loads(found.payload)
        name, mine = happened.get("event"), f"{self._user_id}."
        if name == "input" and str(happened.get("id")).startswith(mine):
            self.keys.taken(str(happened["id"]).removeprefix(mine))
        elif name == "ended":
            return [Over(happened.get("exit_code"))]
        begun: list[Event] = [Begun()] if name == "started" else []
        if "columns" in happened and "rows" in happened:
            return [*begun, Resized(int(happened["columns"]), int(happened["rows"]))]
        return begun

    async def _told(self, raw: str) -> list[Event]:
        message = parse(raw)
        if not isinstance(message, dict):
            raise MessageInvalid("The server sent a message that is no object. Upgrade the older of client and server.")
        kind = message.get("type")
        if kind == "screen":
            data = base64.b64decode(str(message.pop("data", "")))
            screen = Screen(int(message["seq"]), int(message["columns"]), int(message["rows"]), data)
            if self._position is not None:
                self.keys.doubt()
            self._position = screen.seq
            return [screen]
        if kind == "state":
            return [await self._become(read(State, message))]
        if kind == "again":
            self.keys.refuse(int(message["round"]))
        elif kind == "refused":
            if message.get("id") is None:
                raise _refusal(message)
            self.keys.taken(str(message["id"]))
            return [Refused(str(message.get("message")))]
        return []

    async def _become(self, state: State) -> State:
        if not self._has_told_size:
            await self._tell_size()
        async with self._typing:  # what is typed meanwhile comes after what is sent again
            for typed in self.keys.registered(state.round, time.clock_gettime(CLOCK)):
                await self._send_keys(typed)
        return state

    async def _tell_size(self) -> None:
        if self._size is not None and self._socket is not None:
            self._has_told_size = True
            await self._say({"type": "size", "columns": self._size[0], "rows": self._size[1]})

    async def _send_keys(self, typed: TypedKeys) -> None:
        data = base64.b64encode(typed.data).decode()
        await self._say({"type": "keys", "id": typed.id, "round": self.keys.round, "data": data})

    async def _say(self, message: dict[str, object]) -> None:
        """Say something, if there is a connection: what must be said is said again after the next one is made."""
        if self._socket is None:
            return
        try:
            await self._socket.send(json.dumps(message))
        except GONE:
            return  # `events` finds that out too


def _refusal(message: dict[str, object]) -> ClaudiosError:
    return class_of(str(message.get("code")))(str(message.get("message") or "The server refused it."))
