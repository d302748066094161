"""A shim dies, or everything does: what it ran is gone, its log ends as lost, and nothing else notices."""

from __future__ import annotations

import os
import signal
import time

import pytest

from claudios.shim.processes import marked
from tests.faults.case import Case
from tests.faults.product import STREAMS, Product
from tests.helpers import fake_cli

GONE_SECONDS = 2.0
WITH_CHILDREN = f"{STREAMS} --children 2 --ignore SIGINT,SIGTERM,SIGHUP"


def numbered(lines: list[bytes], name: str) -> tuple[list[bytes], list[bytes]]:
    """Return the lines that a session cut short was to print, as many as are stored whole, and those."""
    stored = [line for line in lines if line.startswith(name.encode()) and line.endswith(b"\n")]
    return [fake_cli.line(n, 100, name=name) for n in range(len(stored))], stored


@pytest.mark.fault("A3", usually=1)
async def test_a_killed_shim_takes_its_program_and_grandchildren_along_and_no_other_session(
    case: Case, product: Product
) -> None:
    others = [await product.start_session(STREAMS) for _ in range(2)]
    for session_id in others:
        await product.until_state(session_id, "running")
    for _ in case.each():
        doomed = await product.start_session(WITH_CHILDREN)
        await product.until_state(doomed, "running")
        carried = f"{doomed}:1"

        async def has_children(which: str = carried) -> bool:
            return len(marked(which)) == 3

        async def are_gone(which: str = carried) -> bool:
            return not marked(which)

        await product.until(has_children)
        begun = time.monotonic()
        os.kill(product.shim_pid(doomed), signal.SIGKILL)
        await product.until(are_gone)
        took = time.monotonic() - begun
        case.recovered(took)
        assert took <= GONE_SECONDS
        ended = await product.until_state(doomed, "ended")
        assert ended["reason"] == "lost"
        last = (await product.events(doomed))[-1]
        assert (last["event"], last["reason"]) == ("ended", "lost")
        case.judge(*numbered(await product.lines(doomed), doomed))
        assert await product.is_verified(doomed)
    for session_id in others:
        case.judge(*await product.stopped_emitting(session_id))


@pytest.mark.fault("A4", usually=2)
async def test_after_the_machine_died_a_session_goes_on_as_a_new_epoch_and_no_number_comes_twice(
    case: Case, product: Product
) -> None:
    session_id = await product.start_session(STREAMS)
    await product.until_state(session_id, "running")
    for n in case.each():
        epoch = n + 1
        seen = (await product.session(session_id))["last_seq"]

        async def has_more(than: int = seen) -> bool:
            return bool((await product.session(session_id))["last_seq"] > than + case.dice.randrange(20))

        await product.until(has_more)
        shim = os.pidfd_open(product.shim_pid(session_id))
        product.kill("agent")
        before = [frame.seq for frame in await product.frames(session_id)]
        product.kill("server")
        signal.pidfd_send_signal(shim, signal.SIGKILL)
        os.close(shim)
        newest = max((product.state / "sessions" / session_id / "spool").glob("*.seg"))
        with newest.open("ab") as segment:  # what the power tore: half of a frame that was never whole
            segment.write(newest.read_bytes()[: case.dice.randrange(1, 100)])
        begun = time.monotonic()
        await product.start_server()
        product.start_agent()
        ended = await product.until_state(session_id, "ended")
        assert (ended["reason"], ended["epoch"]) == ("lost", epoch)
        frames = await product.frames(session_id)
        assert len(frames) >= len(before), "what was acknowledged before is gone"
        resumed = await product.ask("POST", f"/sessions/{session_id}/resume", {"prompt": "go on"})
        assert resumed["epoch"] == epoch + 1
        await product.until_state(session_id, "running")
        case.recovered(time.monotonic() - begun)
        case.judge(*numbered(await product.lines(session_id, epoch=epoch), session_id))
    epochs = [frame.epoch for frame in await product.frames(session_id)]
    assert epochs == sorted(epochs)
    assert await product.is_verified(session_id)
