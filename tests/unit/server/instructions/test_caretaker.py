"""The caretaker: woken by what it waits for, and not once for each of many changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import Connection, create_engine
from structlog.testing import capture_logs

from claudios.protocol.errors import TooMany, Unavailable
from claudios.server.bus.memory import MemoryBus
from claudios.server.bus.topics import OVERVIEW, Changed
from claudios.server.instructions import caretaker as caretaker_module
from claudios.server.instructions.accept import Accepted
from claudios.server.instructions.caretaker import Caretaker, Duty

T = TypeVar("T")

NEWS = '"state":"done"'


class Looks:
    """A store that tells of each look, and a mailbox that nothing is put into."""

    def __init__(self) -> None:
        self.count = 0
        self.looked = asyncio.Event()

    async def read(self, work: Callable[[Connection], T]) -> T:
        self.count += 1
        self.looked.set()
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            return work(connection)

    async def accept(self, work: Callable[[Connection], Accepted[T]]) -> T:
        raise AssertionError("nothing is due")

    async def again(self) -> None:
        """Wait for the next look."""
        self.looked.clear()
        await self.looked.wait()


def nothing(_: Connection, now_ms: int) -> list[str]:
    return []


def never(_: Connection, session_id: str, now_ms: int) -> Accepted[int]:
    raise AssertionError(session_id)


def change(message: str) -> Changed:
    return Changed("prj_1", None, message)


async def test_much_that_changes_at_once_takes_few_looks() -> None:
    looks, bus = Looks(), MemoryBus()
    caretaker = Caretaker(looks, looks, bus, lambda: 0, news=(NEWS,), duties=(Duty(nothing, never),), sweep_seconds=60)
    running = asyncio.create_task(caretaker.run())
    try:
        await looks.again()
        for _ in range(1000):
            bus.publish(OVERVIEW, change(f"{{{NEWS}}}"))
            await asyncio.sleep(0)
        await looks.again()  # none of it is missed
        assert looks.count < 100
    finally:
        running.cancel()


async def test_a_stop_that_comes_as_it_is_woken_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cancellation was swallowed, and the server never stopped."""
    monkeypatch.setattr(caretaker_module, "APART_SECONDS", 0)
    looks, bus = Looks(), MemoryBus()
    caretaker = Caretaker(looks, looks, bus, lambda: 0, news=(NEWS,), duties=(Duty(nothing, never),), sweep_seconds=60)
    running = asyncio.create_task(caretaker.run())
    await looks.again()
    for _ in range(20):  # until it waits
        await asyncio.sleep(0)
    bus.publish(OVERVIEW, change(f"{{{NEWS}}}"))
    running.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    ended = running.cancelled()
    running.cancel()
    assert ended


async def test_what_fails_unforeseen_costs_its_own_session_and_what_lasts_is_told_once() -> None:
    """One session whose work raised ended the server, after each restart again."""
    tried: list[str] = []

    class Mailbox(Looks):
        async def accept(self, work: Callable[[Connection], Accepted[T]]) -> T:
            return (await self.read(work)).answer

    def fails(_: Connection, session_id: str, now_ms: int) -> Accepted[int]:
        tried.append(session_id)
        if session_id == "broken":
            raise ZeroDivisionError
        if session_id == "full":
            raise TooMany
        return Accepted(0, "")

    looks = Mailbox()
    duty = Duty(lambda _, now_ms: ["broken", "full", "sound"], fails)
    caretaker = Caretaker(looks, looks, MemoryBus(), lambda: 0, news=(NEWS,), duties=(duty,), sweep_seconds=60)
    with capture_logs() as lines:
        assert [await caretaker.look() for _ in range(3)] == [True] * 3
    assert tried == ["broken", "full", "sound"] * 3
    assert [(line["event"], line["session"]) for line in lines] == [
        ("fails_failed", "broken"),
        ("fails_postponed", "full"),
    ]


async def test_what_could_not_be_looked_at_is_looked_at_again_before_long() -> None:
    """It waited for the next sweep, half a minute."""
    looks, is_away = Looks(), [True]

    def away_once(_: Connection, now_ms: int) -> list[str]:
        if is_away:
            is_away.pop()
            raise Unavailable("The database is away.")
        return []

    caretaker = Caretaker(
        looks, looks, MemoryBus(), lambda: 0, news=(NEWS,), duties=(Duty(away_once, never),), sweep_seconds=3600
    )
    running = asyncio.create_task(caretaker.run())
    try:
        async with asyncio.timeout(20):
            await looks.again()
            await looks.again()
    finally:
        running.cancel()
