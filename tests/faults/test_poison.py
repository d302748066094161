"""A command that kills the daemon whenever it is begun: it is set aside, and those beside it go on."""

from __future__ import annotations

import json
import time
from functools import partial

import pytest

from claudios.protocol.frame import Stream
from tests.faults.case import Case
from tests.faults.product import UNDER_WAY, Product

ECHO = "--initialize --echo got:"
CRASHES = 5


async def has_heard(product: Product, session_id: str, instruction_id: str) -> bool:
    """Say whether the stored log has what an instruction gave to Claude."""
    return any(instruction_id.encode() in line for line in await product.lines(session_id, Stream.STDIN))


@pytest.mark.fault("A9")
async def test_a_command_that_always_crashes_the_daemon_is_set_aside_and_those_beside_it_go_on(
    case: Case, product: Product
) -> None:
    poisoned, beside = [await product.start_session(ECHO) for _ in range(2)]
    for session_id in (poisoned, beside):
        await product.until_state(session_id, "running")
    await product.stop_leaving_sessions()
    poison = await product.command(poisoned, "poison")
    innocent = await product.command(beside, "innocent")

    async def is_dead_or_through() -> bool:
        return product.has_ended("agent") or await product.outcome(poisoned, poison) not in UNDER_WAY

    begun = time.monotonic()
    for _ in range(CRASHES):
        product.start_agent(CLAUDIOS_FAILPOINTS=f"dispatch.begun@{poison}=kill")
        assert await product.died("agent") == -9
    product.start_agent(CLAUDIOS_FAILPOINTS=f"dispatch.begun@{poison}=kill")
    await product.until(is_dead_or_through)
    case.recovered(time.monotonic() - begun)
    assert await product.outcome(poisoned, poison) == "failed"
    after = await product.command(poisoned, "after")

    async def are_done() -> bool:
        return [await product.outcome(beside, innocent), await product.outcome(poisoned, after)] == ["done", "done"]

    await product.until(are_done)
    for session_id, ids in ((poisoned, [poisoned, after]), (beside, [beside, innocent])):
        await product.until(partial(has_heard, product, session_id, ids[-1]))  # a report may overtake the output
        given = [line for line in await product.lines(session_id, Stream.STDIN) if b'"user"' in line]
        case.judge([each.encode() for each in ids], [json.loads(line)["uuid"].encode() for line in given])
