"""When checkpoints are made, and that each is kept before the next (rules C-3 to C-5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from claudios.agent.output.checkpointer import ACTIVE_SECONDS, MAX_SILENT_SECONDS, Checkpointer, Position
from claudios.agent.output.memory import CheckpointMemory
from claudios.protocol.checkpoints import NO_CHECKPOINT, digest, verify_checkpoint
from claudios.protocol.messages import Checkpoint, Checkpointed
from tests.helpers.records import KEY

AGENT = "agt_a"
SESSION = "00000000-0000-4000-8000-000000000001"


class Machine:
    """One session, a clock that a test moves, and what was sent."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = 1000.0
        self.position: Position | None = Position(SESSION, 0, bytes(32), has_ended=False)
        self.sent: list[Checkpoint] = []
        self.closed: list[str] = []
        self.has_sent = asyncio.Event()
        self.made = self.start()

    def start(self) -> Checkpointer:
        self.made = Checkpointer(
            KEY,
            CheckpointMemory(self.directory),
            lambda: [self.position] if self.position else [],
            self._send,
            self.closed.append,
            now=lambda: self.clock,
            wall_ms=lambda: int(self.clock * 1000),
        )
        return self.made

    def _send(self, checkpoint: Checkpoint) -> None:
        self.sent.append(checkpoint)
        self.has_sent.set()

    def at(self, seq: int, *, has_ended: bool = False) -> None:
        self.position = Position(SESSION, seq, bytes([seq]) * 32, has_ended)

    async def round(self) -> list[Checkpoint]:
        """Let the loop look once; return what it sends."""
        before = len(self.sent)
        await self.made.look()
        return self.sent[before:]

    def keep(self, code: str | None = None) -> None:
        self.made.answered(Checkpointed(session_id=SESSION, n=self.sent[-1].n, code=code))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "checkpoints")
    made.made.opened(AGENT, takes_checkpoints=True)
    return made


async def signed(machine: Machine) -> Checkpoint:
    """Return the one checkpoint that is due now, and have it kept."""
    (made,) = await machine.round()
    verify_checkpoint(AGENT, made)
    machine.keep()
    return made


async def test_nothing_is_signed_before_the_first_frame_is_acknowledged(machine: Machine) -> None:
    assert await machine.round() == []


async def test_checkpoints_follow_output_and_name_each_other(machine: Machine) -> None:
    machine.at(3)
    first = await signed(machine)
    assert (first.n, first.seq, first.previous, first.final) == (1, 3, NO_CHECKPOINT, False)
    machine.at(5)
    assert await machine.round() == []
    machine.clock += ACTIVE_SECONDS
    second = await signed(machine)
    assert (second.n, second.seq, second.previous) == (2, 5, digest(AGENT, first))


async def test_over_silence_they_become_rarer_and_each_says_when_the_next_is_due(machine: Machine) -> None:
    machine.at(1)
    made = await signed(machine)
    waits = []
    for _ in range(7):
        wait = (made.next_ms - made.at_ms) / 1000
        machine.clock += wait - 1
        assert await machine.round() == []
        machine.clock += 1
        made = await signed(machine)
        waits.append(wait)
    assert waits == [60, 120, 240, 480, MAX_SILENT_SECONDS, MAX_SILENT_SECONDS, MAX_SILENT_SECONDS]
    machine.at(2)
    machine.clock += ACTIVE_SECONDS
    assert (await signed(machine)).next_ms == int(machine.clock * 1000) + 60_000


async def test_the_end_is_signed_at_once_and_then_nothing_more(machine: Machine) -> None:
    machine.at(1)
    await signed(machine)
    machine.at(2, has_ended=True)
    assert machine.position is not None
    assert not machine.made.close(machine.position)
    (final,) = await machine.round()
    assert final.final
    assert not machine.made.close(machine.position)
    machine.keep()
    assert machine.made.close(machine.position)
    assert machine.closed == [SESSION, SESSION]
    machine.clock += 10**6
    assert await machine.round() == []


async def test_one_that_is_not_kept_yet_holds_the_next_back_and_is_sent_again(machine: Machine) -> None:
    """C-5"""
    machine.at(1)
    (first,) = await machine.round()
    machine.at(2, has_ended=True)
    machine.clock += 10**6
    assert await machine.round() == []
    machine.made.lost()
    machine.made.opened(AGENT, takes_checkpoints=True)
    assert machine.sent == [first, first]


async def test_after_a_crash_the_same_checkpoint_is_sent_and_its_number_never_given_again(machine: Machine) -> None:
    """C-3"""
    machine.at(1)
    (first,) = await machine.round()
    machine.start().opened(AGENT, takes_checkpoints=True)
    machine.at(2)
    machine.clock += 10**6
    assert await machine.round() == [first]
    machine.keep()
    (second,) = await machine.round()
    assert (second.n, second.previous) == (2, digest(AGENT, first))


async def test_a_resumed_session_goes_on_after_its_final_checkpoint_whatever_was_removed(machine: Machine) -> None:
    machine.at(1, has_ended=True)
    final = await signed(machine)
    machine.position = None
    await machine.round()
    machine.at(2)
    assert await machine.round() == [final]
    machine.keep()
    (second,) = await machine.round()
    assert (second.n, second.final, second.previous) == (2, False, digest(AGENT, final))


async def test_a_session_whose_checkpoint_is_refused_gets_no_more_and_may_be_forgotten(machine: Machine) -> None:
    """C-6"""
    machine.at(1)
    await machine.round()
    machine.keep("conflict")
    machine.at(2, has_ended=True)
    assert await machine.round() == []
    assert machine.position is not None
    assert machine.made.close(machine.position)


async def test_a_server_that_takes_no_checkpoints_holds_no_session_up(machine: Machine) -> None:
    machine.at(1, has_ended=True)
    assert machine.position is not None
    assert not machine.made.close(machine.position)
    machine.made.opened(AGENT, takes_checkpoints=False)
    assert machine.closed == [SESSION]
    assert machine.made.close(machine.position)


async def test_a_disk_that_does_not_take_a_checkpoint_delays_it(machine: Machine) -> None:
    machine.at(1)
    blocked = machine.directory / f"{SESSION}.new"
    blocked.mkdir()
    assert await machine.round() == []
    blocked.rmdir()
    assert await machine.round() == []
    machine.clock += 60
    assert (await signed(machine)).n == 1


@asynccontextmanager
async def running(machine: Machine) -> AsyncIterator[None]:
    task = asyncio.create_task(machine.made.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_draining_waits_until_the_end_is_kept(machine: Machine) -> None:
    async with running(machine):
        machine.at(1, has_ended=True)
        draining = asyncio.create_task(machine.made.drain(60))
        await machine.has_sent.wait()
        assert not draining.done()
        machine.keep()
        assert await draining
