"""What tells servers of each other's commits is away: that costs time, and no data (S3).

Today each server has a bus of its own, which is away only with its server, so these tests run without the fault, and S3
stays a row that was not run. A bus that servers share joins `BUSES`: with the environment that has servers use it, one
database for both, and the mark `fault("S3")` on its parameter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest

from claudios.protocol.frame import Stream
from tests.faults.case import Case
from tests.faults.product import STREAMS, Product, running_product
from tests.faults.rows import ROWS
from tests.faults.test_replicas import arrives, running_replica
from tests.helpers.viewers import log_viewer

ECHO = "--initialize --echo got:"


class Bus(Protocol):
    """A bus as a process of its own, or the lack of one."""

    environment: Mapping[str, str]
    is_shared: bool
    away_seconds: float
    """How long it stays away: two minutes where it is a process."""

    def stop_at_once(self) -> None: ...

    def start(self) -> None: ...


class MemoryBus:
    """What each server has of its own."""

    environment: Mapping[str, str] = {}
    is_shared = False
    away_seconds = 0.0

    def stop_at_once(self) -> None:
        """Leave it as it is: it ends with its server."""

    def start(self) -> None:
        """Leave it as it is."""


BUSES = {"memory": MemoryBus}


@pytest.fixture(params=BUSES)
def bus(request: pytest.FixtureRequest) -> Bus:
    made: Bus = BUSES[request.param]()
    return made


@pytest.fixture
async def servers(bus: Bus, tmp_path: Path) -> AsyncIterator[tuple[Product, Product]]:
    """The server that the agent is linked to, and the one that people ask: the same where no bus is shared."""
    product = Product(tmp_path / "product", server_environment=bus.environment)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running_product(product))
        yield product, await stack.enter_async_context(running_replica(product)) if bus.is_shared else product


@pytest.mark.timeout(300)
async def test_while_the_bus_is_away_instructions_arrive_and_viewers_see_all(
    bus: Bus, servers: tuple[Product, Product]
) -> None:
    case, (linked, asked) = Case(ROWS["S3"], 1, 0), servers
    stream = await linked.start_session(STREAMS)
    echo = await linked.start_session(ECHO, "first")
    for session_id in (stream, echo):
        await linked.until_state(session_id, "running")
    async with log_viewer(asked.person(), stream) as viewer:
        bus.stop_at_once()
        await arrives(case, asked, echo, "while it is away", 2)
        await viewer.until((await linked.session(stream))["last_seq"])
        await asyncio.sleep(bus.away_seconds)
        await viewer.until((await linked.session(stream))["last_seq"])
        bus.start()
        await arrives(case, asked, echo, "once it is back", 3)
        case.judge(*await linked.stopped_emitting(stream))
        stored = await linked.frames(stream)
        assert await viewer.until(stored[-1].seq) == stored
    given = [line for line in await linked.lines(echo, Stream.STDIN) if b'"user"' in line]
    assert [text in line for text, line in zip((b"first", b"away", b"back"), given, strict=True)] == [True] * 3
