"""Two servers on one database: one of them dies with the links it holds, and the other goes on."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from claudios.protocol.frame import Stream
from scripts.with_postgres import private_cluster
from tests.faults.case import Case
from tests.faults.product import STREAMS, Product, running_product
from tests.faults.test_server_steps import ARRIVES_SECONDS, have_arrived
from tests.helpers.relay import Relay, running_relay

ECHO = "--initialize --echo got:"
ELSEWHERE_SECONDS = 10.0
"""How long after a replica's death its agents may be without a link."""


@asynccontextmanager
async def running_replica(product: Product) -> AsyncIterator[Product]:
    """Run a further server on the same store, for the same people; the agent is the other's."""
    made = Product(
        product.home,
        server_environment=product.server_environment,
        agent_id=product.agent_id,
        project_id=product.project_id,
        case=product.case,
    )
    made.signs_in_as(product)
    try:
        await made.start_server()
        yield made
    finally:
        await made.close()


async def arrives(case: Case, asked: Product, session_id: str, text: str, count: int) -> None:
    """Demand that a command, the session's `count`-th instruction, comes to its agent in time."""
    begun = time.monotonic()
    await asked.command(session_id, text)
    await asked.until(partial(have_arrived, asked, session_id, count))
    took = time.monotonic() - begun
    case.recovered(took)
    assert took <= ARRIVES_SECONDS


async def moves(product: Product, holder: Product, other: Product, relay: Relay) -> None:
    """Kill the server that holds the link; demand that the agent has one with the other in time."""
    holder.kill("server")
    product.note_links()
    relay.turn_to(other.url)
    begun = time.monotonic()
    await product.online_anew()
    assert time.monotonic() - begun <= ELSEWHERE_SECONDS


@pytest.mark.fault("S1", usually=2)
async def test_a_replica_that_dies_leaves_its_agents_to_another_and_nothing_is_lost(case: Case, tmp_path: Path) -> None:
    """Each has a bus of its own: what one of them takes, the other finds in the store with its sweep."""
    with private_cluster() as cluster:
        product = Product(tmp_path / "product", case=case, server_environment={"DATABASE_URL": cluster.url})
        async with running_relay(product.url) as relay:
            product.link_url = relay.url
            async with running_product(product), running_replica(product) as replica:
                streams = [await product.start_session(STREAMS) for _ in range(2)]
                echo = await product.start_session(ECHO, "first")
                for session_id in (*streams, echo):
                    await replica.until_state(session_id, "running")
                sent, (holder, other) = [b"first"], (product, replica)
                for n in case.each():
                    sent.append(b"asked of the other %d" % n)
                    await arrives(case, other, echo, sent[-1].decode(), len(sent))
                    await moves(product, holder, other, relay)
                    sent.append(b"asked after the move %d" % n)
                    await arrives(case, other, echo, sent[-1].decode(), len(sent))
                    await holder.start_server()
                    holder, other = other, holder
                if holder is replica:
                    await moves(product, replica, product, relay)
                    await replica.start_server()
                for session_id in streams:
                    case.judge(*await product.stopped_emitting(session_id))
                await product.terminate(echo)
                await product.until_state(echo, "ended")
                given = [line for line in await product.lines(echo, Stream.STDIN) if b'"user"' in line]
                case.judge(sent, [next(text for text in sent if b'"%b"' % text in line) for line in given])
                for session_id in (*streams, echo):
                    assert await replica.is_verified(session_id)
