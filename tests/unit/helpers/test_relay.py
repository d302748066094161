"""The relay does to a connection what it was told to; the tests of faulty links believe it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.helpers.relay import Relay, running_relay

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def relayed() -> AsyncIterator[tuple[Relay, Ends, Ends]]:
    """Give a relay, the near end of a connection through it, and the far one."""
    arrived: asyncio.Queue[Ends] = asyncio.Queue()
    target = await asyncio.start_server(lambda *ends: arrived.put_nowait(ends), "127.0.0.1", 0)
    port = target.sockets[0].getsockname()[1]
    async with running_relay(f"http://127.0.0.1:{port}") as relay:
        near = await asyncio.open_connection("127.0.0.1", relay.port)
        far = await arrived.get()
        try:
            yield relay, near, far
        finally:
            near[1].close()
            far[1].close()
            target.close()


async def test_bytes_pass_both_ways() -> None:
    async with relayed() as (relay, near, far):
        near[1].write(b"question")
        assert await far[0].readexactly(8) == b"question"
        far[1].write(b"answer")
        assert await near[0].readexactly(6) == b"answer"
        assert (relay.up.passed_bytes, relay.down.passed_bytes) == (8, 6)


async def test_a_connection_is_reset_in_the_middle_of_a_piece() -> None:
    async with relayed() as (relay, near, far):
        relay.up.reset_after_bytes = 5
        near[1].write(b"question")
        assert await far[0].readexactly(5) == b"quest"
        with pytest.raises(ConnectionError):
            await far[0].readexactly(1)


async def test_what_comes_down_is_swallowed_while_what_goes_up_passes() -> None:
    async with relayed() as (relay, near, far):
        relay.down.swallows = True
        far[1].write(b"answer")
        near[1].write(b"question")
        assert await far[0].readexactly(8) == b"question"
        relay.heal()
        with pytest.raises(ConnectionError):
            await near[0].readexactly(1)


async def test_slices_arrive_in_order() -> None:
    async with relayed() as (relay, near, far):
        near[1].write(b"-")  # what the relay reads next, it reads in slices
        await far[0].readexactly(1)
        relay.up.slice_bytes = 3
        near[1].write(bytes(range(200)))
        assert await far[0].readexactly(200) == bytes(range(200))
