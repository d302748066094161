"""The server is killed between a commit and the word about it: what it took is there, once, and it is told."""

from __future__ import annotations

import asyncio
import signal
import time
from functools import partial

import pytest

from claudios.protocol.frame import Stream
from tests.faults.case import Case
from tests.faults.product import STREAMS, Product

ECHO = "--initialize --echo got:"


ARRIVES_SECONDS = 2.0
"""How long after the agent has a link again what was committed may take to it."""


async def have_arrived(product: Product, session_id: str, count: int) -> bool:
    """Say whether so many instructions of a session are with its agent, or through."""
    states = list((await product.outcomes(session_id)).values())
    return len(states) == count and not {"queued", "sent"} & set(states)


async def killed_at(product: Product, point: str, nth: int) -> None:
    """Start the server anew, to be killed when it reaches a point for the n-th time."""
    product.kill("server")
    await product.start_server(CLAUDIOS_FAILPOINTS=f"{point}=kill:{nth}")


@pytest.mark.fault("S2", usually=2)
async def test_output_whose_acknowledgement_died_with_the_server_is_stored_once(case: Case, product: Product) -> None:
    """O-1, O-2: the batch is committed, and its agent never hears of it."""
    sessions = [await product.start_session(STREAMS) for _ in range(2)]
    for session_id in sessions:
        await product.until_state(session_id, "running")
    for _ in case.each():
        await killed_at(product, "ingest.committed", case.dice.randint(1, 12))
        assert await product.died("server") == -signal.SIGKILL
        product.note_links()
        await product.start_server()
        await product.online_anew()
        begun = time.monotonic()
        before = {session_id: (await product.session(session_id))["last_seq"] for session_id in sessions}

        async def go_on(than: dict[str, int] = before) -> bool:
            return all([(await product.session(each))["last_seq"] > seq for each, seq in than.items()])

        await product.until(go_on)
        case.recovered(time.monotonic() - begun)
    for session_id in sessions:
        case.judge(*await product.stopped_emitting(session_id))
        assert await product.is_verified(session_id)


@pytest.mark.fault("S2", usually=2)
async def test_a_command_whose_answer_and_wake_up_died_with_the_server_reaches_claude_once(
    case: Case, product: Product
) -> None:
    """I-3: it is delivered though nobody asks for it again; who does ask again changes nothing."""
    session_id = await product.start_session(ECHO, "first")
    await product.until_state(session_id, "running")
    sent = [b"first"]
    for n in case.each():
        await killed_at(product, "mailbox.committed", 1)
        sent.append(b"unanswered %d" % n)
        asking = asyncio.create_task(product.command(session_id, sent[-1].decode()))
        assert await product.died("server") == -signal.SIGKILL
        asks_again = case.dice.random() < 0.5
        if not asks_again:
            asking.cancel()
            await asyncio.wait([asking])
        product.note_links()
        await product.start_server()
        await product.online_anew()
        begun = time.monotonic()
        await product.until(partial(have_arrived, product, session_id, len(sent)))
        took = time.monotonic() - begun
        case.recovered(took)
        assert took <= ARRIVES_SECONDS
        if asks_again:
            await asking

        async def is_done(count: int = len(sent)) -> bool:
            return list((await product.outcomes(session_id)).values()) == ["done"] * count

        await product.until(is_done)
    await product.terminate(session_id)
    await product.until_state(session_id, "ended")
    written = [line for line in await product.lines(session_id, Stream.STDIN) if b'"user"' in line]
    case.judge(sent, [next(text for text in sent if b'"%b"' % text in line) for line in written])
    assert await product.is_verified(session_id)
