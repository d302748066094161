"""The daemon dies while sessions stream: the next one adopts them, and no byte is missing or comes twice."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.faults.case import Case
from tests.faults.product import STREAMS, Product

SESSIONS = 5
LONGEST_LIFE_SECONDS = 0.5


async def last_seqs(product: Product, sessions: list[str]) -> dict[str, int]:
    return {session_id: (await product.session(session_id))["last_seq"] for session_id in sessions}


async def until_all_go_on(product: Product, before: dict[str, int]) -> None:
    """Wait until the server has more of every session than it had before."""

    async def go_on() -> bool:
        now = await last_seqs(product, list(before))
        return all(now[session_id] > seq for session_id, seq in before.items())

    await product.until(go_on)


@pytest.mark.fault("A2", usually=2)
async def test_five_streaming_sessions_lose_no_byte_while_the_daemon_is_killed_again_and_again(
    case: Case, product: Product
) -> None:
    sessions = [await product.start_session(STREAMS) for _ in range(SESSIONS)]
    for session_id in sessions:
        await product.until_state(session_id, "running")
    shims = {product.shim_pid(session_id) for session_id in sessions}
    for _ in case.each():
        await asyncio.sleep(case.dice.uniform(0, LONGEST_LIFE_SECONDS))
        product.kill("agent")
        before = await last_seqs(product, sessions)
        begun = time.monotonic()
        product.start_agent()
        await until_all_go_on(product, before)
        case.recovered(time.monotonic() - begun)
    for session_id in sessions:
        case.judge(*await product.stopped_emitting(session_id))
        assert await product.is_verified(session_id)
    assert {product.shim_pid(session_id) for session_id in sessions} == shims
