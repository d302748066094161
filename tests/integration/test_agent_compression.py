"""Output over a slow link: batches grow, and are compressed where the server takes that."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from claudios.agent.output.streamer import MAX_ON_THEIR_WAY
from claudios.protocol.errors import MessageInvalid
from tests.helpers.link_server import LinkServer, running_link_server
from tests.helpers.relay import running_relay
from tests.integration.test_agent_link import (
    ONE,
    TWO,
    MakeCarrier,
    assert_stored,
    both_carriers,
    linked,
    until,
    until_acked,
    websocket,
)

SLOW_BYTES_PER_SECOND = 200_000
"""At which the first window of 64 KiB takes longer than the quarter of a second that counts as quick."""


@pytest.fixture
async def server() -> AsyncIterator[LinkServer]:
    async with running_link_server() as running:
        yield running


def text(count: int) -> list[bytes]:
    """Return frames of 30 kB each that compress about as well as a build's output does."""
    digest = hashlib.sha256
    return [b"".join(b"[%04d/%04d] %s.o\n" % (n, i, digest(b"%d" % i).hexdigest().encode()[:12]) for i in range(1200))
            for n in range(count)]  # fmt: skip


def noise(count: int) -> list[bytes]:
    """Return frames of 32 kB each that do not compress."""
    return [b"".join(hashlib.sha256(b"%d %d" % (n, i)).digest() for i in range(1000)) for n in range(count)]


@both_carriers
async def test_a_slow_link_carries_compressed_batches_and_what_is_stored_is_what_was_signed(
    server: LinkServer, tmp_path: Path, make: MakeCarrier
) -> None:
    """O-10, W-7, R-6: what compresses passes with far less of it on the wire."""
    written = text(30)
    async with running_relay(server.url) as relay, linked(server, tmp_path, make, relay.url) as uplink:
        await until(lambda: uplink.connection.is_open)
        relay.up.bytes_per_second = SLOW_BYTES_PER_SECOND
        uplink.write(ONE, *written)
        await until_acked(uplink, ONE)
        assert relay.up.passed_bytes < sum(map(len, written)) * 0.6
    assert server.messages_compressed
    assert_stored(server, ONE, written)


@both_carriers
async def test_a_quick_link_carries_batches_as_they_are(server: LinkServer, tmp_path: Path, make: MakeCarrier) -> None:
    """O-10: compressing would hold it up."""
    written = text(200)
    async with linked(server, tmp_path, make) as uplink:
        uplink.write(ONE, *written)
        await server.until(lambda: server.stored(ONE).seq == len(written))
    assert server.messages_compressed == 0
    assert_stored(server, ONE, written)


async def test_a_server_that_does_not_know_compressed_batches_gets_none(server: LinkServer, tmp_path: Path) -> None:
    """W-10: whatever the link is like."""
    server.misbehaviour.takes_compressed = False
    written = text(10)
    async with running_relay(server.url) as relay, linked(server, tmp_path, websocket, relay.url) as uplink:
        await until(lambda: uplink.connection.is_open)
        relay.up.bytes_per_second = SLOW_BYTES_PER_SECOND
        uplink.write(ONE, *written)
        await until_acked(uplink, ONE)
    assert server.messages_compressed == 0
    assert_stored(server, ONE, written)


@both_carriers
async def test_after_a_server_has_refused_a_compressed_batch_output_comes_as_it_is(
    server: LinkServer, tmp_path: Path, make: MakeCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    """W-11, O-9: one refusal, no session set aside, and everything arrives."""
    server.misbehaviour.fails_on_compressed = True
    written = text(14)
    async with running_relay(server.url) as relay, linked(server, tmp_path, make, relay.url) as uplink:
        await until(lambda: uplink.connection.is_open)
        relay.up.bytes_per_second = SLOW_BYTES_PER_SECOND
        uplink.write(ONE, *written)
        await server.until(lambda: server.messages_compressed)
        uplink.write(TWO, b"beside it")
        await until_acked(uplink, ONE, TWO)
    assert len(server.hellos) == 2
    assert "goes up as it is from now on" in caplog.text
    assert MessageInvalid().message in caplog.text
    assert server.errors == []
    assert_stored(server, ONE, written)
    assert_stored(server, TWO, [b"beside it"])


async def test_what_does_not_compress_after_what_did_keeps_a_slow_link_alive(
    server: LinkServer, tmp_path: Path
) -> None:
    """O-6, L-9: a window is counted in bytes on the wire, so that it stays right when they turn out to be many."""
    written = [b"x" * 60_000] * 20 + noise(12)
    async with running_relay(server.url) as relay, linked(server, tmp_path, websocket, relay.url) as uplink:
        await until(lambda: uplink.connection.is_open)
        relay.up.bytes_per_second = SLOW_BYTES_PER_SECOND
        uplink.write(ONE, *written)
        await until_acked(uplink, ONE)
    assert server.messages_compressed
    assert len(server.hellos) == 1
    assert_stored(server, ONE, written)


async def test_batches_grow_while_a_link_is_slow_to_answer(server: LinkServer, tmp_path: Path) -> None:
    """O-5: what a quick link carries one by one, a slow one carries together."""
    pieces = [b"%d" % n for n in range(60)]
    async with running_relay(server.url) as relay, linked(server, tmp_path, websocket, relay.url) as uplink:
        server.watch(ONE)
        await server.until(lambda: server.hellos)
        for piece in pieces[:30]:
            uplink.write(ONE, piece)
            await until_acked(uplink, ONE)
        assert len(server.stored(ONE).batches) == 30
        relay.go_silent()
        for piece in pieces[30:]:
            uplink.write(ONE, piece)
            await asyncio.sleep(0)  # the streamer's turn
        relay.speak_again()
        await until_acked(uplink, ONE)
    sizes = [batch.last_seq - batch.first_seq + 1 for batch in server.stored(ONE).batches[30:]]
    assert len(sizes) <= MAX_ON_THEIR_WAY + 2
    assert max(sizes) > 10
    assert_stored(server, ONE, pieces)


@pytest.fixture(autouse=True)
def _hear(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "claudios")
