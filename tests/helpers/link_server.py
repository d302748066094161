"""The server's end of the link as a program of its own: it verifies and stores, and misbehaves when a test says so.

Real WebSocket and HTTP on a free port of the loopback. It keeps what a ClaudiOS server keeps of each session, the
frames and the chain head, and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from claudios.protocol.checkpoints import verify_checkpoint
from claudios.protocol.codec import COMPRESSED_KIND, CONTENT_TYPE, ENVELOPE, decode_from_agent, encode
from claudios.protocol.errors import ClaudiosError, MessageInvalid
from claudios.protocol.frame import Frame, decode
from claudios.protocol.ids import AGENT_TOKEN, AgentKeys, Token, agent_keys, new_id, new_token
from claudios.protocol.link import ServerLink
from claudios.protocol.messages import (
    Ack,
    AgentError,
    AgentMessage,
    Body,
    Bye,
    Checkpoint,
    Checkpointed,
    Cursor,
    Hello,
    Instruction,
    InstructionKind,
    Limits,
    Received,
    Report,
    Reported,
    Rewind,
    ServerMessage,
    SessionStatus,
    Status,
    Tune,
    Typed,
    Welcome,
)
from claudios.protocol.signing import GENESIS, Batch, sign_instruction, sign_typed, verify_batch
from claudios.protocol.terminal import Keystroke

FOREVER_MS = 10**15


@dataclass
class StoredSession:
    """The stored log of one session."""

    seq: int = 0
    head: bytes = GENESIS
    encoded: bytearray = field(default_factory=bytearray)
    batches: list[Batch] = field(default_factory=list)

    @property
    def frames(self) -> list[Frame]:
        return decode(bytes(self.encoded))


@dataclass
class Misbehaviour:
    """What goes wrong on purpose."""

    refuse_upgrade: int | None = None
    """HTTP status with which WebSockets are refused."""
    refuse_all: tuple[int, dict[str, str]] | None = None
    """HTTP status and headers with which every request is refused."""
    refuse_next_push: int | None = None
    """HTTP status with which the next polling request that brings output is refused."""
    lose_acks: bool = False
    """Store batches and say nothing."""
    lose_reports: bool = False
    """Take reports and never confirm them."""
    refuse_next_batch: bool = False
    """Answer the next batch with Rewind to where its session stands."""
    takes_checkpoints: bool = True
    """An older server knows of no checkpoints."""
    takes_compressed: bool = True
    """An older server knows of no compressed batches."""
    fails_on_compressed: bool = False
    """Say that it takes compressed batches, and refuse every message that holds one."""
    lose_checkpoints: bool = False
    """Take checkpoints and never confirm them."""
    poison: bytes | None = None
    """Refuse every batch that holds these bytes, as damaged."""
    poison_crashes: bool = False
    """Fail on it instead, as a server does whose code is wrong: the link ends."""
    forget_sessions: bool = False
    """Give no cursors, as if every session had been deleted."""


class Registration:
    """One link of the agent, over either carrier."""

    def __init__(self, boot: int, carrier: str) -> None:
        self.boot = boot
        self.carrier = carrier
        self.order = ServerLink(boot)
        self.typed = 0
        self.outgoing: list[ServerMessage] = []
        self.has_outgoing = asyncio.Event()
        self.is_over = False
        self.is_cut = False

    def say(self, *messages: ServerMessage) -> None:
        """Queue messages for the agent."""
        self.outgoing += messages
        self.has_outgoing.set()

    def take(self) -> list[ServerMessage]:
        taken, self.outgoing = self.outgoing, []
        self.has_outgoing.clear()
        return taken


class LinkServer:
    """A server that knows one agent."""

    def __init__(self) -> None:
        self.url = ""
        self.agent_id = new_id("agt")
        self.token: Token = new_token(AGENT_TOKEN)
        self.keys: AgentKeys = agent_keys(self.token)
        self.misbehaviour = Misbehaviour()
        self.limits = Limits()
        self.sessions: dict[str, StoredSession] = {}
        self.statuses: dict[str, SessionStatus] = {}
        self.machine_status: Status | None = None
        self.hellos: list[Hello] = []
        self.reports: list[Report] = []
        self.errors: list[AgentError] = []
        self.resolved: list[AgentError] = []
        self.checkpoints: list[Checkpoint] = []
        self.confirmed: list[Checkpoint] = []
        self.received = 0
        self.refused: list[ClaudiosError] = []
        self.requests = 0
        self.waits: list[int] = []
        self.messages_with_batches = 0
        self.messages_compressed = 0
        self.most_held = 0
        self._held = 0
        self.registration: Registration | None = None
        self._watched: tuple[str, ...] = ()
        self.mailbox: list[Instruction] = []
        self._boots = 0
        self._changed = asyncio.Condition()
        self._sockets: set[WebSocket] = set()

    # What a test asks of it

    async def until(self, happened: Callable[[], object]) -> None:
        """Wait until `happened()` holds; it is asked again after everything that the agent says."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(happened()))

    async def until_output(self, session_id: str, text: bytes) -> None:
        """Wait until `text` stands in the payloads of a session's stored frames."""
        await self.until(lambda: text in b"".join(frame.payload for frame in self.stored(session_id).frames))

    def stored(self, session_id: str) -> StoredSession:
        """Return the stored log of a session, empty when there is none."""
        return self.sessions.setdefault(session_id, StoredSession())

    def outcome(self, instruction: Instruction) -> Report | None:
        """Return the newest report on an instruction."""
        return next((report for report in reversed(self.reports) if report.instruction_id == instruction.id), None)

    async def until_outcome(self, instruction: Instruction) -> Report:
        """Wait for the report on an instruction."""
        await self.until(lambda: self.outcome(instruction))
        report = self.outcome(instruction)
        assert report is not None
        return report

    def instruct(
        self,
        kind: InstructionKind,
        body: Body | str,
        *,
        expires_ms: int = FOREVER_MS,
        agent_id: str | None = None,
        instruction_id: str | None = None,
    ) -> Instruction:
        """Sign an instruction, put it into the mailbox and deliver it."""
        iseq = len(self.mailbox) + 1
        identity = instruction_id or str(uuid4())
        text = body if isinstance(body, str) else body.model_dump_json(exclude_none=True)
        now_ms = int(time.time() * 1000)
        signature = sign_instruction(
            self.keys.instruct,
            agent_id or self.agent_id,
            iseq=iseq,
            instruction_id=identity,
            kind=kind,
            body=text,
            issued_ms=now_ms,
            expires_ms=expires_ms,
        )
        instruction = Instruction(
            iseq=iseq,
            id=identity,
            kind=kind,
            body=text,
            issued_ms=now_ms,
            expires_ms=expires_ms,
            signature=signature.hex(),
        )
        self.mailbox.append(instruction)
        self.say(instruction)
        return instruction

    def type(
        self, session_id: str, stroke: Keystroke, *, n: int | None = None, boot: int | None = None, key: bytes = b""
    ) -> Typed:
        """Sign what somebody typed, as the next of the registration unless `n` says otherwise, and pass it on."""
        assert self.registration is not None
        self.registration.typed = n or self.registration.typed + 1
        body = stroke.model_dump_json(exclude_none=True)
        place = {"boot": boot or self.registration.boot, "n": self.registration.typed}
        signature = sign_typed(key or self.keys.instruct, self.agent_id, session_id=session_id, body=body, **place)
        typed = Typed(session_id=session_id, n=self.registration.typed, body=body, signature=signature.hex())
        self.say(typed)
        return typed

    def say(self, *messages: ServerMessage) -> None:
        """Say something to the agent, if it is there."""
        if self.registration is not None:
            self.registration.say(*messages)

    def watch(self, *session_ids: str) -> None:
        """Tell the agent which sessions are looked at, now and on every new link."""
        self._watched = session_ids
        self.say(Tune(watched=session_ids))

    async def cut(self) -> None:
        """End all connections without a word of the protocol, and forget the registration."""
        if self.registration is not None:
            self.registration.is_cut = True
            self.registration.has_outgoing.set()
        self.registration = None
        for websocket in list(self._sockets):
            with contextlib.suppress(RuntimeError):
                await websocket.close(1011)

    # What it does

    def app(self) -> Starlette:
        """Return it as an ASGI application."""
        return Starlette(
            routes=[
                WebSocketRoute("/agent/v1/link", self._link),
                Route("/agent/v1/sync", self._sync, methods=["POST"]),
                Route("/agent/v1/check", self._check),
            ]
        )

    async def _link(self, websocket: WebSocket) -> None:
        self.requests += 1
        await self._tell()
        refusal = self._refusal(websocket.headers.get("authorization"))
        if refusal is None and self.misbehaviour.refuse_upgrade is not None:
            refusal = Response(status_code=self.misbehaviour.refuse_upgrade)
        if refusal is not None:
            await websocket.send_denial_response(refusal)
            return
        await websocket.accept(subprotocol="claudios.v1")
        self._sockets.add(websocket)
        try:
            await self._serve(websocket)
        except WebSocketDisconnect:
            pass
        finally:
            self._sockets.discard(websocket)

    async def _serve(self, websocket: WebSocket) -> None:
        registration = self._register("websocket")
        await self._take(registration, decode_from_agent(await websocket.receive_bytes()))

        async def speak() -> None:
            while True:
                await registration.has_outgoing.wait()
                messages = registration.take()
                await websocket.send_bytes(encode(messages))
                if isinstance(messages[-1], Bye):
                    await websocket.close()
                    return

        speaking = asyncio.create_task(speak())
        try:
            while True:
                raw = await websocket.receive_bytes()
                try:
                    await self._take(registration, self._decode(raw))
                except MessageInvalid as refused:
                    registration.is_over = True
                    registration.say(Bye(code=refused.code, message=refused.message))
        finally:
            registration.is_over = True
            speaking.cancel()
            await asyncio.wait([speaking])
            await self._tell()

    async def _sync(self, request: Request) -> Response:
        self.requests += 1
        self.waits.append(int(request.query_params["wait"]))
        await self._tell()
        refusal = self._refusal(request.headers.get("authorization"))
        if refusal is not None:
            return refusal
        try:
            messages = self._decode(await request.body())
        except MessageInvalid as refused:
            return Response(json.dumps({"error": {"code": refused.code, "message": refused.message}}), status_code=400)
        if messages and isinstance(messages[0], Hello):
            registration = self._register("poll")
        elif self.registration is None or request.headers.get("claudios-boot") != str(self.registration.boot):
            return Response(status_code=409)
        else:
            registration = self.registration
        if self.misbehaviour.refuse_next_push is not None and any(isinstance(message, Batch) for message in messages):
            status, self.misbehaviour.refuse_next_push = self.misbehaviour.refuse_next_push, None
            return Response(status_code=status)
        await self._take(registration, messages)
        wait_seconds = int(request.query_params["wait"]) / 1000
        if wait_seconds:
            self._held += 1
            self.most_held = max(self.most_held, self._held)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await registration.has_outgoing.wait()
            self._held -= 1
        if registration.is_cut:
            return Response(status_code=502)
        return Response(encode(registration.take()), media_type=CONTENT_TYPE)

    def _decode(self, raw: bytes) -> list[AgentMessage | Batch]:
        if COMPRESSED_KIND in _kinds(raw):
            self.messages_compressed += 1
            if self.misbehaviour.fails_on_compressed:
                raise MessageInvalid
        return decode_from_agent(raw)

    async def _check(self, request: Request) -> Response:
        refusal = self._refusal(request.headers.get("authorization"))
        return refusal or Response(json.dumps({"agent_id": self.agent_id}))

    def rotate(self) -> None:
        """Give the agent a new token; the old one is not known any more."""
        self.token = new_token(AGENT_TOKEN)
        self.keys = agent_keys(self.token)

    def _refusal(self, authorization: str | None) -> Response | None:
        if self.misbehaviour.refuse_all is not None:
            status, headers = self.misbehaviour.refuse_all
            return Response(status_code=status, headers=headers)
        if authorization != f"Bearer {self.keys.auth}":
            return Response(json.dumps({"error": {"code": "not_signed_in"}}), status_code=401)
        return None

    def _register(self, carrier: str) -> Registration:
        self._boots += 1
        if self.registration is not None:
            self.registration.say(Bye(code="superseded", message="A newer registration has taken over."))
        self.registration = Registration(self._boots, carrier)
        return self.registration

    async def _take(self, registration: Registration, messages: Sequence[AgentMessage | Batch]) -> None:
        self.messages_with_batches += any(isinstance(message, Batch) for message in messages)
        for message in messages:
            registration.order.receive(message)
            match message:
                case Hello():
                    self._welcome(registration, message)
                case Received():
                    self.received = message.iseq
                case Report():
                    self.reports.append(message)
                    if not self.misbehaviour.lose_reports:
                        registration.say(Reported(instruction_ids=(message.instruction_id,)))
                case Status():
                    self.machine_status = message
                    self.statuses |= {status.session_id: status for status in message.sessions}
                case AgentError():
                    (self.resolved if message.resolved else self.errors).append(message)
                case Checkpoint():
                    self._keep(registration, message)
                case Batch():
                    self._store(registration, message)
                case Bye():
                    registration.is_over = True
        await self._tell()

    def _welcome(self, registration: Registration, hello: Hello) -> None:
        self.hellos.append(hello)
        self.statuses |= {status.session_id: status for status in hello.sessions}
        cursors = []
        for status in hello.sessions:
            stored = self.stored(status.session_id)
            cursors.append(Cursor(session_id=status.session_id, seq=stored.seq, head=stored.head.hex()))
        registration.say(
            Welcome(
                agent_id=self.agent_id,
                agent_name="test",
                boot=registration.boot,
                server_time_ms=int(time.time() * 1000),
                cursors=() if self.misbehaviour.forget_sessions else tuple(cursors),
                limits=self.limits,
                takes_checkpoints=self.misbehaviour.takes_checkpoints,
                takes_compressed=self.misbehaviour.takes_compressed,
            ),
            Tune(watched=self._watched),
            *[waiting for waiting in self.mailbox if waiting.iseq > hello.received],
        )

    def _store(self, registration: Registration, batch: Batch) -> None:
        stored = self.stored(batch.session_id)
        try:
            verify_batch(self.keys.sign, self.agent_id, batch)
        except ClaudiosError as refused:
            self.refused.append(refused)
            self._rewind(registration, batch.session_id, stored, refused.code)
            return
        if self.misbehaviour.poison is not None and self.misbehaviour.poison in bytes(batch.frames):
            if self.misbehaviour.poison_crashes:
                registration.is_over = True
                registration.say(Bye(code="error", message="The server failed. Its log says why."))
            else:
                self._rewind(registration, batch.session_id, stored, "frame_invalid")
            return
        if registration.is_over:
            return
        if self.misbehaviour.refuse_next_batch:
            self.misbehaviour.refuse_next_batch = False
            self._rewind(registration, batch.session_id, stored, "test")
            return
        if batch.last_seq > stored.seq:
            if batch.previous != stored.head:
                self._rewind(registration, batch.session_id, stored, "chain_broken")
                return
            stored.seq, stored.head = batch.last_seq, batch.head
            stored.encoded += batch.frames
            stored.batches.append(batch)
        if not self.misbehaviour.lose_acks:
            registration.say(Ack(session_id=batch.session_id, seq=stored.seq))

    def _keep(self, registration: Registration, checkpoint: Checkpoint) -> None:
        verify_checkpoint(self.agent_id, checkpoint)
        if checkpoint not in self.checkpoints:
            self.checkpoints.append(checkpoint)
        if not self.misbehaviour.lose_checkpoints:
            self.confirmed.append(checkpoint)
            registration.say(Checkpointed(session_id=checkpoint.session_id, n=checkpoint.n))

    def _rewind(self, registration: Registration, session_id: str, stored: StoredSession, code: str) -> None:
        registration.say(
            Rewind(session_id=session_id, seq=stored.seq, head=stored.head.hex(), code=code, message="Go on from here.")
        )

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _kinds(raw: bytes) -> set[int]:
    kinds, start = set(), 0
    while start < len(raw):
        kind, length = ENVELOPE.unpack_from(raw, start)
        kinds.add(kind)
        start += ENVELOPE.size + length
    return kinds


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the signals are the tests'


@asynccontextmanager
async def running_link_server(server: LinkServer | None = None, port: int = 0) -> AsyncIterator[LinkServer]:
    """Run a link server on a port of the loopback while the block lasts; the same object may be run again."""
    server = server or LinkServer()
    # asyncio switches Nagle's algorithm off only where the protocol is named, which socket.create_server does not.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        server.app(),
        log_level="critical",
        lifespan="off",
        ws="websockets-sansio",
        ws_ping_interval=None,
        timeout_graceful_shutdown=1,
    )
    program = _Quiet(config)
    serving = asyncio.create_task(program.serve([listener]))
    try:
        yield server
    finally:
        await server.cut()
        program.should_exit = True
        await serving
