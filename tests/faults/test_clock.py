"""The wall clock jumps a day ahead or back while sessions run: nothing expires, and no chain breaks."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest

from tests.faults.case import Case
from tests.faults.product import STREAMS, Product, running_product

DAY_SECONDS = 86_400


@pytest.mark.fault("C1")
@pytest.mark.parametrize("whose", ["agent", "server"])
async def test_a_clock_that_jumps_a_day_ahead_and_back_ends_nothing(case: Case, tmp_path: Path, whose: str) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    made, skewed = Product(tmp_path / "product", case=case), {"CLAUDIOS_CLOCK_FILE": str(clock)}
    async with running_product(made, **{whose: skewed}) as product:
        sessions = [await product.start_session(STREAMS) for _ in range(2)]
        for session_id in sessions:
            await product.until_state(session_id, "running")
        for off in (DAY_SECONDS, -DAY_SECONDS, 0):
            clock.write_text(str(off))
            product.note_links()
            product.signal(whose, signal.SIGUSR2)
            if whose == "server":
                await product.online_anew()  # it learns the new time, by which what comes next expires
            for session_id in sessions:
                await until_done(product, session_id, await product.command(session_id, f"at {off} s"))
            fresh = await product.start_session(STREAMS)
            await product.until_state(fresh, "running")
            sessions.append(fresh)
            case.did(1)
        for session_id in sessions:
            case.judge(*await product.stopped_emitting(session_id))
            assert (await product.session(session_id))["state"] == "running"
            await product.until(partial(product.is_verified, session_id))


@pytest.mark.fault("C1")
async def test_a_session_goes_on_under_a_daemon_that_starts_a_day_ahead_or_behind(case: Case, product: Product) -> None:
    clock = product.home / "clock"
    session_id = await product.start_session(STREAMS)
    await product.until_state(session_id, "running")
    for off in (DAY_SECONDS, -DAY_SECONDS, 0):
        clock.write_text(str(off))
        product.kill("agent")
        waits = await product.command(session_id, f"at {off} s")
        product.start_agent(CLAUDIOS_CLOCK_FILE=str(clock))
        await until_done(product, session_id, waits)
        case.did(1)
    case.judge(*await product.stopped_emitting(session_id))
    await product.until(partial(product.is_verified, session_id))


async def until_done(product: Product, session_id: str, instruction_id: str) -> None:
    """Wait until an instruction is done; fail at any other outcome."""

    async def is_told() -> bool:
        state = await product.outcome(session_id, instruction_id)
        assert state in ("queued", "sent", "taken", "done"), state
        return state == "done"

    await product.until(is_told)
