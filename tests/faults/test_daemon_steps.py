"""The daemon is killed at each step of a start and of a command: one process, one write, and the outcome is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from claudios.protocol.frame import Stream
from claudios.shim.processes import marked
from tests.faults.case import Case
from tests.faults.failpoints import points
from tests.faults.product import UNDER_WAY, Product

ECHO = "--initialize --echo got:"
COMMANDS = 2
STEPS = {
    # how often each point is reached by a start with a prompt and two commands, one after the other
    "inbox.taken": 3,
    "inbox.journaled": 3,
    "dispatch.begun": 3,
    "dispatch.applied": 3,
    "inbox.finished": 3,
    "inbox.settled": 1,
    "session.saved": 1,
    "session.input_saved": 1,
    "spawn.locked": 1,
    "spawn.written": 1,
    "spawn.spawned": 1,
    "spawn.ready": 1,
    "session.attached": 1,
    "session.given": 1,
    "session.forgotten": 1,
    "shim.asked": 4,
    "shim.taken": 4,
}


class Steps:
    """One start with a prompt and its commands, each sent once the one before is through or the daemon is dead."""

    def __init__(self, product: Product, case: Case, *, waits: bool) -> None:
        self._product = product
        self._case = case
        self._waits = waits
        self.session_id = ""
        self.ids: list[str] = []

    async def take(self) -> None:
        self.session_id = await self._product.start_session(ECHO, "prompt")
        self.ids.append(self.session_id)
        for n in range(COMMANDS):
            if not self._waits:
                await self._product.until(self._is_through)
            self.ids.append(await self._product.command(self.session_id, f"command {n}"))
        if not self._waits:
            await self._product.until(self._is_through)

    async def told(self) -> None:
        """Wait until every instruction has an outcome: done, for the session lived through all of it."""
        await self._product.until(self._is_told)
        outcomes = await self._product.outcomes(self.session_id)
        assert [outcomes[identity] for identity in self.ids] == ["done"] * len(self.ids), outcomes

    async def judge(self) -> None:
        """Demand one process, and every line written once, in order, and answered once."""
        product, session_id = self._product, self.session_id

        async def has_answered() -> bool:
            return len(await product.lines(session_id)) >= len(self.ids)

        await product.until(has_answered)
        assert len(marked(f"{session_id}:1")) == 1
        await product.terminate(session_id)
        await product.until_state(session_id, "ended")
        events = await product.events(session_id)
        assert [event["event"] for event in events].count("started") == 1
        self._judge_ids([line for line in await product.lines(session_id, Stream.STDIN) if b'"user"' in line])
        self._judge_ids([line.removeprefix(b"got:") for line in await product.lines(session_id)])
        assert await product.is_verified(session_id)
        assert not marked(f"{session_id}:1")

    def _judge_ids(self, lines: list[bytes]) -> None:
        stored = [json.loads(line)["uuid"].encode() for line in lines]
        self._case.judge([identity.encode() for identity in self.ids], stored)

    async def _is_through(self) -> bool:
        return self._product.has_ended("agent") or await self._is_told()

    async def _is_told(self) -> bool:
        outcomes = await self._product.outcomes(self.session_id)
        return all(outcomes[identity] not in UNDER_WAY for identity in self.ids)


def steps_of(case: Case) -> Iterator[tuple[str, int]]:
    """Yield steps in an order that chance decides: every point once before any comes again."""
    while True:
        order = list(STEPS)
        case.dice.shuffle(order)
        yield from ((point, case.dice.randint(1, STEPS[point])) for point in order)


def test_every_point_of_the_agent_is_a_step() -> None:
    assert set(STEPS) == {name for name, part in points().items() if part == "agent"}


@pytest.mark.fault("A1", usually=3)
async def test_a_daemon_killed_at_any_step_leaves_one_process_and_one_write(case: Case, product: Product) -> None:
    steps = steps_of(case)
    for _ in case.each():
        point, nth = next(steps)
        print(f"{point}=kill:{nth}")
        waits = point == "session.input_saved"
        if waits:
            busy = await product.start_session(ECHO)
            await product.until_state(busy, "running")
        await product.stop_leaving_sessions()
        limit = "1" if waits else "20"
        product.start_agent(CLAUDIOS_FAILPOINTS=f"{point}=kill:{nth}", MAX_CONCURRENT_SESSIONS=limit)
        await product.online()
        taken = Steps(product, case, waits=waits)
        await taken.take()
        assert await product.died("agent") == -9
        begun = time.monotonic()
        product.start_agent()
        await taken.told()
        case.recovered(time.monotonic() - begun)
        await taken.judge()
        if waits:
            await product.terminate(busy)
