"""A viewer reads 1 KB/s over a real connection: it costs the server little, holds up nobody, and misses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from claudios.protocol.messages import Ack
from tests.faults.case import Case
from tests.faults.product import Product, forget_peak, rss_bytes
from tests.helpers.relay import Relay, running_relay
from tests.helpers.synthetic_agent import SyntheticAgent
from tests.helpers.viewers import log_viewer

MIB = 1024 * 1024
SLOW_BYTES_PER_SECOND = 1_000
BATCHES = 80
FRAMES = 16
PAYLOAD_BYTES = 60_000
ROOM_BYTES = 32 * MIB
"""What the server may need beyond what it had: the queue of a viewer is 1 MiB, and 77 MB pass by."""


@asynccontextmanager
async def slow_relay(url: str) -> AsyncIterator[Relay]:
    async with running_relay(url) as relay:
        relay.down.bytes_per_second = SLOW_BYTES_PER_SECOND
        yield relay


@pytest.mark.fault("B1")
async def test_a_viewer_who_reads_a_kilobyte_a_second_costs_little_and_resumes_exactly(
    case: Case, lone_server: Product
) -> None:
    agent = SyntheticAgent(lone_server.url, lone_server.project_id, lone_server.agent_id, lone_server.token)
    wanted = {"agent_id": agent.agent_id}
    session_id = (await lone_server.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    output = agent.output(session_id)
    expected = [b"%06d" % n + b"x" * PAYLOAD_BYTES for n in range(BATCHES * FRAMES)]
    async with (
        slow_relay(lone_server.url) as relay,
        log_viewer(lone_server.person(relay.url), session_id) as slow,
        log_viewer(lone_server.person(), session_id) as quick,
        agent.link() as link,
    ):
        base = forget_peak(lone_server.pid("server"))
        for at in range(0, len(expected), FRAMES):
            await link.say(output.batch(link.boot, *expected[at : at + FRAMES]))
            await link.expect(Ack, lambda ack, at=at: ack.seq == at + FRAMES)  # type: ignore[misc]
            await quick.until(at + FRAMES)  # nobody else waits for the slow one
        case.memory("server", rss_bytes(lone_server.pid("server")), within_bytes=base + ROOM_BYTES)
        assert relay.down.passed_bytes < MIB  # it did read as slowly as that
        relay.heal()
        await slow.until(len(expected))
    for viewer in (quick, slow):
        case.judge(expected, [frame.payload for frame in viewer.frames])
