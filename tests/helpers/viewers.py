"""People who watch: the raw log of a session, and a page with its items."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

from claudios.protocol.frame import Frame, decode
from tests.helpers.patience import patience
from tests.helpers.server import Person


@asynccontextmanager
async def socket(person: Person, path: str, **headers: str) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket as this person's browser does."""
    url = str(person.http.base_url).rstrip("/")
    cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    async with connect(
        f"{url.replace('http', 'ws', 1)}/api/v1{path}",
        additional_headers={"Cookie": cookies, "Origin": url, **headers},
        proxy=None,
        max_size=None,
        max_queue=None,
        compression=None,
    ) as opened:
        yield opened


class LogViewer:
    """Reads a session's frames as they come."""

    def __init__(self, opened: ClientConnection) -> None:
        self.socket = opened
        self.frames: list[Frame] = []

    async def until(self, seq: int) -> list[Frame]:
        """Read on until frame `seq` is there."""
        while not self.frames or self.frames[-1].seq < seq:
            async with patience(f"frame {seq}"):
                raw = await self.socket.recv()
            assert isinstance(raw, bytes)
            self.frames += decode(raw)
        return self.frames


@asynccontextmanager
async def log_viewer(person: Person, session_id: str, after: int = 0) -> AsyncIterator[LogViewer]:
    """Watch the raw log of a session."""
    async with socket(person, f"/sessions/{session_id}/live-log?after={after}") as opened:
        yield LogViewer(opened)


class Page:
    """A page: keeps the transcripts it subscribed to by the rules of the socket, and everything it was told."""

    def __init__(self, opened: ClientConnection) -> None:
        self.socket = opened
        self.told: list[dict[str, Any]] = []
        self.items: dict[str, dict[int, dict[str, Any]]] = {}
        self.positions: dict[str, int] = {}
        self._seen = 0

    async def say(self, **message: object) -> None:
        await self.socket.send(orjson.dumps(message).decode())

    async def subscribe(self, session_id: str, after: int | None = None) -> dict[str, Any]:
        """Subscribe, and return the answer."""
        await self.say(type="subscribe", session_id=session_id, after=after)
        return await self.expect("items", "error")

    async def expect(
        self, *kinds: str, matching: Callable[[dict[str, Any]], object] = lambda _: True
    ) -> dict[str, Any]:
        """Return the next message of these kinds that matches, after the one expected last."""
        while True:
            while self._seen < len(self.told):
                message = self.told[self._seen]
                self._seen += 1
                if message["type"] in kinds and matching(message):
                    return message
            await self._read()

    async def until(self, session_id: str, holds: Callable[[list[dict[str, Any]]], object]) -> list[dict[str, Any]]:
        """Read on until the transcript is so; return it in order."""
        while not holds(self.transcript(session_id)):
            await self._read()
        return self.transcript(session_id)

    def transcript(self, session_id: str) -> list[dict[str, Any]]:
        return [item for _, item in sorted(self.items.get(session_id, {}).items())]

    async def _read(self) -> None:
        async with patience("another message for the page"):
            message = orjson.loads(await self.socket.recv())
        self.told.append(message)
        if message["type"] == "items":
            kept = self.items.setdefault(message["session_id"], {})
            kept.update({item["no"]: item for item in message["items"]})
            self.positions[message["session_id"]] = message["position"]
        elif message["type"] == "patch":
            session_id = message["session_id"]
            assert message["position"] > self.positions[session_id], "positions go up"
            self.positions[session_id] = message["position"]
            for change in message["changes"]:
                if change["op"] == "upsert":
                    self.items[session_id][change["item"]["no"]] = change["item"]
                else:
                    body = self.items[session_id][change["no"]]["body"]
                    body[change["field"]] += change["text"]


@asynccontextmanager
async def page(person: Person) -> AsyncIterator[Page]:
    """Open the page's socket."""
    async with socket(person, "/live") as opened:
        yield Page(opened)


async def soon(task: asyncio.Future[Any]) -> Any:
    """Wait for something that must happen by itself."""
    async with patience("what must happen by itself"):
        return await task
