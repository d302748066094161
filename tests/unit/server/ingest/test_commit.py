"""Group commit: what waits together is committed together, in order, and a bad work harms only itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, Unavailable
from claudios.server.ingest.commit import MAX_WAITING_BYTES, GroupCommit

T = TypeVar("T")


class SlowStore:
    """A writer whose transactions end when the test lets them."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.done: list[str] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.begun = asyncio.Event()
        self.failure: Exception | None = None

    async def write(self, work: Callable[[Connection], T]) -> T:
        self.begun.set()
        await self.may_end.wait()
        if self.failure is not None:
            raise self.failure
        before = len(self.done)
        try:
            result = work(None)  # type: ignore[arg-type]  # the works of these tests use no database
        except Exception:
            del self.done[before:]  # rolled back
            raise
        self.groups.append(len(self.done) - before)
        return result

    def work(self, name: str) -> Callable[[Connection], str]:
        def run(_: Connection) -> str:
            self.done.append(name)
            return name

        return run


@asynccontextmanager
async def running(store: SlowStore) -> AsyncIterator[GroupCommit]:
    commits = GroupCommit(store)
    loop = asyncio.create_task(commits.run())
    try:
        yield commits
    finally:
        loop.cancel()
        await asyncio.wait([loop])


async def test_what_comes_while_a_commit_is_on_its_way_goes_together_into_the_next() -> None:
    store = SlowStore()
    async with running(store) as commits:
        store.may_end.clear()
        first = commits.submit(store.work("1"))
        await store.begun.wait()
        others = [commits.submit(store.work(str(number))) for number in range(2, 6)]
        store.may_end.set()
        assert await asyncio.gather(first, *others) == ["1", "2", "3", "4", "5"]
    assert store.groups == [1, 4]
    assert store.done == ["1", "2", "3", "4", "5"]


async def test_what_nobody_waits_for_keeps_out_of_the_way_of_what_somebody_does() -> None:
    store = SlowStore()
    async with running(store) as commits:
        lazy = [commits.submit(store.work(f"lazy {number}"), urgent=False) for number in range(2)]
        await commits.submit(store.work("urgent"))
        await asyncio.gather(*lazy)
    assert store.groups == [1, 2]
    assert store.done == ["urgent", "lazy 0", "lazy 1"]


async def test_what_nobody_waits_for_is_not_kept_waiting_by_a_flood() -> None:
    store = SlowStore()
    async with running(store) as commits:
        lazy = commits.submit(store.work("lazy"), urgent=False)
        while not lazy.done():
            await commits.submit(store.work("urgent"))


async def test_what_nobody_waits_for_is_committed_in_a_moment_all_the_same() -> None:
    store = SlowStore()
    async with running(store) as commits:
        assert await commits.submit(store.work("lazy"), urgent=False) == "lazy"


async def test_a_work_that_raises_is_rolled_back_alone() -> None:
    store = SlowStore()

    def bad(_: Connection) -> str:
        store.done.append("half of it")
        raise Conflict

    async with running(store) as commits:
        store.may_end.clear()
        works = [commits.submit(work) for work in (store.work("1"), bad, store.work("3"))]
        store.may_end.set()
        results = await asyncio.gather(*works, return_exceptions=True)
    assert [type(result) for result in results] == [str, Conflict, str]
    assert store.done == ["1", "3"]


async def test_a_database_that_is_away_fails_the_whole_group_at_once() -> None:
    store = SlowStore()
    store.failure = Unavailable()
    async with running(store) as commits:
        works = [commits.submit(store.work(str(number))) for number in range(3)]
        results = await asyncio.gather(*works, return_exceptions=True)
        assert all(isinstance(result, Unavailable) for result in results)
        store.failure = None
        assert await commits.submit(store.work("after")) == "after"


async def test_a_full_queue_makes_senders_wait_until_there_is_room() -> None:
    store = SlowStore()
    async with running(store) as commits:
        store.may_end.clear()
        commits.submit(store.work("1"))
        await store.begun.wait()
        commits.submit(store.work("2"), size=MAX_WAITING_BYTES)
        waiting = asyncio.create_task(commits.room(1))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        store.may_end.set()
        await waiting


async def test_the_works_left_at_the_end_are_cancelled() -> None:
    store = SlowStore()
    async with running(store) as commits:
        store.may_end.clear()
        first = commits.submit(store.work("1"))
        await store.begun.wait()
        second = commits.submit(store.work("2"))
    for work in (first, second):
        with pytest.raises(asyncio.CancelledError):
            await work


async def test_what_nobody_waits_for_can_be_hurried_before_what_comes_next() -> None:
    store = SlowStore()
    async with running(store) as commits:
        commits.submit(store.work("lazy"), urgent=False)
        commits.hurry()
        await commits.submit(store.work("urgent"))
    assert store.done == ["lazy", "urgent"]


async def test_works_that_are_tried_one_by_one_are_cancelled_with_the_loop() -> None:
    store = SlowStore()

    def refuse(_: Connection) -> None:
        store.may_end.clear()  # the first single work waits for ever
        raise Conflict

    commits = GroupCommit(store)
    futures = [commits.submit(refuse), commits.submit(lambda _: None), commits.submit(lambda _: None)]
    loop = asyncio.create_task(commits.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert not store.may_end.is_set()
    loop.cancel()
    await asyncio.wait([loop])
    assert [future.cancelled() for future in futures] == [True, True, True]
