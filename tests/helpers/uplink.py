"""The agent's output half without sessions: spools that a test writes, the real streamer, and the real link."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from claudios.agent.client.carrier import Carrier
from claudios.agent.client.connection import Connection
from claudios.agent.output.seal import Sealer
from claudios.agent.output.spool import Spool
from claudios.agent.output.streamer import Streamer
from claudios.protocol.frame import Stream
from claudios.protocol.ids import AgentKeys
from claudios.protocol.messages import (
    Ack,
    Hello,
    Machine,
    PermissionMode,
    Rewind,
    ServerMessage,
    SessionState,
    SessionStatus,
    Tune,
    Welcome,
)
from claudios.shim.spool import SpoolWriter

MACHINE = Machine(
    hostname="test",
    os="test",
    arch="test",
    cpus=1,
    memory_bytes=1,
    default_directory="/",
    permission_modes=(PermissionMode.DEFAULT,),
    max_concurrent_sessions=5,
)


class Uplink:
    """Plays the runtime: `write` is what a shim does, everything else is the agent's own code."""

    def __init__(self, directory: Path, keys: AgentKeys, carrier: Carrier, flush_interval_ms: int) -> None:
        self.directory = directory
        self.keys = keys
        self.written: dict[str, SpoolWriter] = {}
        self.read: dict[str, Spool] = {}
        self.messages: list[ServerMessage] = []
        self.welcomes: list[Welcome] = []
        self.delays: asyncio.Queue[float] = asyncio.Queue()
        self.connection = Connection(carrier, "http://test", self, uniform=lambda: 0.5, sleep=self._sleep)
        self.streamer = Streamer(self, self.connection, flush_interval_ms, self.connection.post, time.monotonic)

    async def _sleep(self, seconds: float) -> None:
        """Note how long the link would have rested, and go on almost at once."""
        self.delays.put_nowait(seconds)
        await asyncio.sleep(0.02)

    def write(self, session_id: str, *payloads: bytes) -> None:
        """Append one frame for each payload, and announce them."""
        spool = self.spool(session_id)
        writer = self.written[session_id]
        writer.append([(Stream.STDOUT, payload) for payload in payloads])
        spool.grow(writer.seq)
        self.streamer.output(session_id)

    def spool(self, session_id: str) -> Spool:
        if session_id not in self.read:
            spool = self.read[session_id] = Spool(self.directory / session_id, session_id)
            self.written[session_id] = SpoolWriter(str(spool.path), 1, 1)
        return self.read[session_id]

    def spools(self) -> Iterable[Spool]:
        return list(self.read.values())

    def registration(self) -> Hello:
        sessions = tuple(
            SessionStatus(session_id=session_id, epoch=1, state=SessionState.RUNNING) for session_id in self.read
        )
        return Hello(agent_version="0", instance="test", machine=MACHINE, sessions=sessions)

    def opened(self, welcome: Welcome) -> None:
        self.welcomes.append(welcome)
        self.streamer.opened(
            welcome,
            frozenset(self.read),
            lambda spool: Sealer(self.keys.sign, welcome.agent_id, spool.session_id, spool.acked_seq, spool.acked_head),
        )

    def received(self, messages: Sequence[ServerMessage]) -> None:
        self.messages += messages
        for message in messages:
            match message:
                case Ack():
                    self.streamer.acknowledge(message)
                case Rewind():
                    self.streamer.rewind(message)
                case Tune():
                    self.streamer.watch(message.watched)
                case _:
                    pass

    def closed(self, *, by_failure: bool) -> None:
        self.streamer.closed(by_failure=by_failure)


@asynccontextmanager
async def running_uplink(
    directory: Path, keys: AgentKeys, make_carrier: Callable[[], Carrier], flush_interval_ms: int = 10
) -> AsyncIterator[Uplink]:
    """Run streamer and link while the block lasts."""
    uplink = Uplink(directory, keys, make_carrier(), flush_interval_ms)
    loops = [asyncio.create_task(uplink.connection.run()), asyncio.create_task(uplink.streamer.run())]
    try:
        yield uplink
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.wait(loops)
        for writer in uplink.written.values():
            writer.close()
