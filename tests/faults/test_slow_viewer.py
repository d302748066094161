"""A viewer reads 1 KB/s over a real connection: it costs the server little, holds up nobody, and misses nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from claudios.protocol.messages import Ack
from tests.faults.case import Case
from tests.faults.memory import forget_peak, rss_bytes
from tests.faults.product import Product
from tests.helpers.relay import Relay, running_relay
from tests.helpers.synthetic_agent import Link, Output, SyntheticAgent
from tests.helpers.viewers import LogViewer, log_viewer

MIB = 1024 * 1024
SLOW_BYTES_PER_SECOND = 1_000
BATCHES = 80
FRAMES = 16
PAYLOAD_BYTES = 60_000
ECHOES = 300
MOST_TIMES = 3.0
"""Beside a viewer who does not keep up others wait as long as without: the rest is the noise of a busy machine."""
QUICK_SECONDS = 0.005
ROOM_BYTES = 32 * MIB
"""What the server may need beyond what it had: the queue of a viewer is 1 MiB, and 77 MB pass by."""


@asynccontextmanager
async def slow_relay(url: str) -> AsyncIterator[Relay]:
    async with running_relay(url) as relay:
        relay.down.bytes_per_second = SLOW_BYTES_PER_SECOND
        yield relay


async def p99_seconds(link: Link, output: Output, viewer: LogViewer, said: list[bytes]) -> float:
    """Say ECHOES short things, one after the other, and return how long all but the slowest took to the viewer."""
    took = []
    for _ in range(ECHOES):
        said.append(b"echo %d" % len(said))
        begun = time.perf_counter()
        await link.say(output.batch(link.boot, said[-1]))
        await viewer.until(output.seq)
        took.append(time.perf_counter() - begun)
    return sorted(took)[ECHOES * 99 // 100]


@pytest.mark.fault("B1")
async def test_a_viewer_who_reads_a_kilobyte_a_second_costs_little_and_resumes_exactly(
    case: Case, lone_server: Product
) -> None:
    agent = SyntheticAgent(lone_server.url, lone_server.project_id, lone_server.agent_id, lone_server.token)
    wanted = {"agent_id": agent.agent_id}
    session_id = (await lone_server.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    output = agent.output(session_id)
    expected = [b"%06d" % n + b"x" * PAYLOAD_BYTES for n in range(BATCHES * FRAMES)]
    said: list[bytes] = []
    async with (
        slow_relay(lone_server.url) as relay,
        log_viewer(lone_server.person(), session_id) as quick,
        agent.link() as link,
    ):
        alone = await p99_seconds(link, output, quick, said)
        async with log_viewer(lone_server.person(relay.url), session_id) as slow:
            base = forget_peak(lone_server.pid("server"))
            for at in range(0, len(expected), FRAMES):
                await link.say(output.batch(link.boot, *expected[at : at + FRAMES]))
                await link.expect(Ack, lambda ack, at=at: ack.seq == ECHOES + at + FRAMES)  # type: ignore[misc]
                await quick.until(ECHOES + at + FRAMES)  # nobody else waits for the slow one
            case.memory("server", rss_bytes(lone_server.pid("server")), within_bytes=base + ROOM_BYTES)
            assert relay.down.passed_bytes < MIB  # it did read as slowly as that
            beside = await p99_seconds(link, output, quick, said)
            if case.takes_its_time:
                assert beside <= MOST_TIMES * max(alone, QUICK_SECONDS), (
                    f"{alone * 1000:.1f} ms alone, {beside * 1000:.1f} ms beside it"
                )
            relay.heal()
            await slow.until(output.seq)
    for viewer in (quick, slow):
        case.judge([*said[:ECHOES], *expected, *said[ECHOES:]], [frame.payload for frame in viewer.frames])
