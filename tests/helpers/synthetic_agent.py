"""An agent of a test's own making: it speaks the protocol over either carrier, honestly or not, and runs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

import httpx2
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from claudios.protocol.codec import CONTENT_TYPE, CompressedBatch, decode_from_server, encode
from claudios.protocol.fields import Model
from claudios.protocol.frame import Frame, Stream
from claudios.protocol.frame import encode as encode_frame
from claudios.protocol.ids import AGENT_TOKEN, AgentKeys, agent_keys, parse_token
from claudios.protocol.messages import (
    Ack,
    Hello,
    Instruction,
    Machine,
    Mode,
    PermissionMode,
    Received,
    Rewind,
    ServerMessage,
    SessionStatus,
    Welcome,
)
from claudios.protocol.signing import GENESIS, Batch, advance, seal
from tests.helpers.patience import patience
from tests.helpers.server import TRUST, Person

MACHINE = Machine(
    hostname="bench",
    os="linux",
    arch="x86_64",
    cpus=2,
    memory_bytes=1 << 30,
    default_directory="/work",
    directories=("/work",),
    permission_modes=tuple(PermissionMode),
    modes=tuple(Mode),
    max_concurrent_sessions=5,
)

M = TypeVar("M", bound=ServerMessage)
T = TypeVar("T")


class Output:
    """A session's output on the agent's side: numbers, chains and signs what it is given."""

    def __init__(self, keys: AgentKeys, agent_id: str, session_id: str, epoch: int = 1) -> None:
        self.session_id = session_id
        self.epoch = epoch
        self.seq = 0
        self.head = GENESIS
        self._keys = keys
        self._agent_id = agent_id

    def batch(self, boot: int, *payloads: bytes | tuple[Stream, bytes], wall_ms: int = 1_700_000_000_000) -> Batch:
        """Return the next frames, one for each payload (of stdout unless it says otherwise), as a signed batch."""
        first, previous, encoded = self.seq + 1, self.head, []
        for payload in payloads:
            stream, raw = payload if isinstance(payload, tuple) else (Stream.STDOUT, payload)
            self.seq += 1
            frame = encode_frame(Frame(stream, self.epoch, self.seq, self.seq, wall_ms, raw))
            self.head = advance(self.head, frame)
            encoded.append(frame)
        return seal(
            self._keys.sign,
            self._agent_id,
            session_id=self.session_id,
            boot=boot,
            epoch=self.epoch,
            first_seq=first,
            last_seq=self.seq,
            previous=previous,
            head=self.head,
            frames=b"".join(encoded),
        )

    def resealed(self, batch: Batch, boot: int) -> Batch:
        """Return the same frames signed for another registration."""
        return seal(
            self._keys.sign,
            self._agent_id,
            session_id=batch.session_id,
            boot=boot,
            epoch=batch.epoch,
            first_seq=batch.first_seq,
            last_seq=batch.last_seq,
            previous=batch.previous,
            head=batch.head,
            frames=batch.frames,
        )


class Link:
    """One open WebSocket of the agent. What the server says is kept in `heard`, in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[ServerMessage] = []
        self.boot = 0
        self._taken = 0
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def say(self, *messages: Model | Batch | CompressedBatch) -> None:
        await self.socket.send(encode(messages))

    async def expect(self, kind: type[M], matching: Callable[[M], bool] = lambda _: True) -> M:
        """Return the next message of a kind, after the one expected last; others in between are passed over."""
        async with patience(kind.__name__):
            return await self._next(
                lambda message: message if isinstance(message, kind) and matching(message) else None
            )

    async def answer(self) -> Ack | Rewind:
        """Return what the server says of output that it was sent, after the message expected last."""
        async with patience("an answer to a batch"):
            return await self._next(lambda message: message if isinstance(message, Ack | Rewind) else None)

    async def until_closed(self) -> None:
        await self._reading

    async def close(self) -> None:
        await self.socket.close()
        await self._reading

    async def cut(self) -> None:
        """Break the connection without a word."""
        self.socket.transport.abort()
        await self._reading

    async def _next(self, wanted: Callable[[ServerMessage], T | None]) -> T:
        async with self._changed:
            while True:
                for place in range(self._taken, len(self.heard)):
                    found = wanted(self.heard[place])
                    if found is not None:
                        self._taken = place + 1
                        return found
                assert not self._reading.done(), f"the server hung up after {self.heard}"
                await self._changed.wait()

    async def _read(self) -> None:
        try:
            async for raw in self.socket:
                assert isinstance(raw, bytes)
                async with self._changed:
                    self.heard += decode_from_server(raw)
                    self._changed.notify_all()
        except Exception as broken:  # a broken connection is what many tests are about
            self.broken = broken
        finally:
            async with self._changed:
                self._changed.notify_all()


class SyntheticAgent:
    """The holder of an agent's token."""

    def __init__(self, url: str, project_id: str, agent_id: str, token: str) -> None:
        self.url = url
        self.project_id = project_id
        self.agent_id = agent_id
        self.keys = agent_keys(parse_token(token, AGENT_TOKEN))
        self.received = 0

    def output(self, session_id: str, epoch: int = 1) -> Output:
        return Output(self.keys, self.agent_id, session_id, epoch)

    def hello(self, *sessions: SessionStatus, received: int | None = None) -> Hello:
        return Hello(
            agent_version="test",
            instance="test",
            machine=MACHINE,
            sessions=sessions,
            received=self.received if received is None else received,
            lists_paths=True,
        )

    @asynccontextmanager
    async def link(self, *sessions: SessionStatus, received: int | None = None) -> AsyncIterator[Link]:
        """Open a WebSocket and register."""
        async with self.socket() as link:
            await link.say(self.hello(*sessions, received=received))
            link.boot = (await link.expect(Welcome)).boot
            yield link

    @asynccontextmanager
    async def socket(self, bearer: str | None = None) -> AsyncIterator[Link]:
        """Open a WebSocket and say nothing."""
        async with connect(
            self.url.replace("http", "ws", 1) + "/agent/v1/link",
            subprotocols=[Subprotocol("claudios.v1")],
            additional_headers={"Authorization": f"Bearer {bearer or self.keys.auth}"},
            compression=None,
            proxy=None,
            max_size=None,
        ) as socket:
            link = Link(socket)
            try:
                yield link
            finally:
                await link.close()

    @asynccontextmanager
    async def poller(self) -> AsyncIterator[Poller]:
        """Open the poll carrier of this agent; it says nothing by itself."""
        poller = Poller(self)
        async with poller.http:
            yield poller


class Poller:
    """The poll carrier: each call is one request."""

    def __init__(self, agent: SyntheticAgent) -> None:
        self._agent = agent
        self.boot: int | None = None
        self.http = httpx2.AsyncClient(
            base_url=agent.url,
            headers={"authorization": f"Bearer {agent.keys.auth}", "content-type": CONTENT_TYPE},
            timeout=30,
            trust_env=False,
            verify=TRUST,
        )

    async def register(
        self, *sessions: SessionStatus, modes: Sequence[Mode] = tuple(Mode), answers: Sequence[str] = ()
    ) -> Welcome:
        hello = self._agent.hello(*sessions)
        machine = hello.machine.model_copy(update={"modes": tuple(modes), "answers": tuple(answers)})
        answer = await self.sync(hello.model_copy(update={"machine": machine}))
        welcome = answer[0]
        assert isinstance(welcome, Welcome)
        self.boot = welcome.boot
        return welcome

    async def sync(self, *messages: Model | Batch | CompressedBatch, wait_ms: int = 0) -> list[ServerMessage]:
        """Post messages; return what the server answers."""
        answer = await self.post(*messages, wait_ms=wait_ms)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return decode_from_server(answer.content)

    async def come_for(self, kind: type[M]) -> M:
        """Poll until a message of a kind has come; return the first one."""
        async with patience(kind.__name__):
            while True:
                for message in await self.sync(wait_ms=20_000):
                    if isinstance(message, kind):
                        return message

    async def post(self, *messages: Model | Batch | CompressedBatch, wait_ms: int = 0) -> httpx2.Response:
        """Post messages; return the answer as it is."""
        headers = {} if self.boot is None else {"claudios-boot": str(self.boot)}
        return await self.http.post(
            "/agent/v1/sync", params={"wait": str(wait_ms)}, content=encode(messages), headers=headers
        )


def forged(batch: Batch) -> Batch:
    """Return the batch with one bit of its signature flipped."""
    return replace(batch, signature=bytes([batch.signature[0] ^ 1]) + batch.signature[1:])


def line(value: object) -> bytes:
    """Return a JSON line as the CLI writes it."""
    return orjson.dumps(value) + b"\n"


def event(name: str, **fields: object) -> tuple[Stream, bytes]:
    """Return an event frame's payload as the shim writes it."""
    return Stream.EVENT, orjson.dumps({"event": name, **fields})


async def new_agent(person: Person, url: str, project_id: str | None = None, name: str = "bench") -> SyntheticAgent:
    """Create an agent (in a new project unless one is named) and return its token's holder."""
    if project_id is None:
        project_id = (await person.ask("POST", "/projects", {"name": f"project of {name}"}))["id"]
    made = await person.ask("POST", f"/projects/{project_id}/agents", {"name": name})
    return SyntheticAgent(url, project_id, made["agent"]["id"], made["token"])


async def take(link: Link, agent: SyntheticAgent, count: int = 1) -> Sequence[Instruction]:
    """Return the next instructions, having journaled them."""
    taken = [await link.expect(Instruction) for _ in range(count)]
    agent.received = taken[-1].iseq
    await link.say(Received(iseq=agent.received))
    return taken
