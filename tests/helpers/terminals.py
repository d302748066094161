"""Terminal sessions in tests: a viewer's end of the socket, and what the machine is told and shows."""

from __future__ import annotations

import base64
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection

from claudios.protocol.frame import Frame, Stream, decode
from claudios.protocol.messages import Ack, Typed
from claudios.protocol.signing import sign_typed
from claudios.protocol.terminal import Keystroke, parse_keystroke
from tests.helpers.patience import patience
from tests.helpers.server import Person
from tests.helpers.synthetic_agent import Link, Output, SyntheticAgent, event, take
from tests.helpers.viewers import socket

SIZE = {"columns": 100, "rows": 30}


class Terminal:
    """One viewer's end of the socket."""

    def __init__(self, opened: ClientConnection) -> None:
        self.socket = opened
        self.told: list[dict[str, Any]] = []
        self.frames: list[Frame] = []
        self.round = 0
        self.session_state = ""
        self._seen = 0

    async def say(self, **message: object) -> None:
        await self.socket.send(orjson.dumps(message).decode())

    async def type_in(self, keys: bytes) -> str:
        """Type in the newest round, once the session has begun where its machine is there; return the id."""
        while self.round and self.session_state in ("queued", "starting"):
            await self._read()
        made = str(uuid4())
        await self.type_again(made, keys)
        return made

    async def type_again(self, made: str, keys: bytes) -> None:
        await self.say(type="keys", id=made, round=self.round, data=base64.b64encode(keys).decode())

    async def expect(self, kind: str, matching: Callable[[dict[str, Any]], object] = lambda _: True) -> dict[str, Any]:
        """Return the next message of a kind that matches, after the one expected last."""
        while True:
            while self._seen < len(self.told):
                message = self.told[self._seen]
                self._seen += 1
                if message["type"] == kind and matching(message):
                    return message
            await self._read()

    async def until_after(self, round: int) -> None:
        """Read on until it is a later round."""
        while self.round <= round:
            await self._read()

    async def until(self, seq: int) -> list[Frame]:
        """Read on until a frame is there."""
        while not self.frames or self.frames[-1].seq < seq:
            await self._read()
        return self.frames

    async def _read(self) -> None:
        async with patience("another message for the terminal"):
            raw = await self.socket.recv()
        if isinstance(raw, bytes):
            self.frames += decode(raw)
        else:
            self.told.append(orjson.loads(raw))
            if self.told[-1]["type"] == "state":
                self.round = self.told[-1]["round"] or self.round
                self.session_state = self.told[-1]["session_state"]


@asynccontextmanager
async def terminal(person: Person, session_id: str, **query: int) -> AsyncIterator[Terminal]:
    """Open the socket, and wait until the server has said how everything is."""
    async with socket(person, f"/sessions/{session_id}/terminal?{urlencode(query)}") as opened:
        watching = Terminal(opened)
        await watching.expect("state")
        watching._seen = 0
        yield watching


@asynccontextmanager
async def running(agent: SyntheticAgent, session_id: str) -> AsyncIterator[tuple[Link, Output]]:
    """Have the agent take the start and show a first screen."""
    async with agent.link() as link:
        await take(link, agent)
        output = agent.output(session_id)
        await send(link, output, event("started", pid=1, **SIZE), (Stream.PTY, b"\x1b[2J> "))
        yield link, output


async def send(link: Link, output: Output, *payloads: bytes | tuple[Stream, bytes]) -> None:
    """Send frames, and wait until the server has them."""
    await link.say(output.batch(link.boot, *payloads))
    await link.expect(Ack, lambda ack: ack.seq == output.seq)


async def typed(link: Link, agent: SyntheticAgent, session_id: str) -> Keystroke:
    """Return what the machine is told was typed next, its signature and number checked (S-7)."""
    message = await link.expect(Typed)
    expected = sign_typed(
        agent.keys.instruct, agent.agent_id, boot=link.boot, n=message.n, session_id=session_id, body=message.body
    )
    assert hmac.compare_digest(bytes.fromhex(message.signature), expected)
    numbers = [heard.n for heard in link.heard if isinstance(heard, Typed)]
    assert (numbers, message.session_id) == (sorted(set(numbers)), session_id)
    return parse_keystroke(message.body)
