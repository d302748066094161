"""Limits on how often something may be tried, on a clock of the test's own."""

from __future__ import annotations

import asyncio

import pytest

from claudios.protocol.errors import TooMany
from claudios.server import limits
from claudios.server.limits import Limit, Tries, Turns


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def tries(limit: Limit, key: str, most: int) -> int:
    """Count how many tries the key has now."""
    for number in range(most):
        try:
            limit.take(key)
        except TooMany:
            return number
    return most


def test_a_key_has_its_burst_and_then_one_try_in_each_interval(clock: Clock) -> None:
    limit = Limit(burst=3, seconds_per_try=10, clock=clock)
    assert tries(limit, "a", 10) == 3
    clock.now += 9.9
    assert tries(limit, "a", 10) == 0
    clock.now += 0.2
    assert tries(limit, "a", 10) == 1
    clock.now += 1_000
    assert tries(limit, "a", 10) == 3


def test_keys_do_not_share_an_allowance(clock: Clock) -> None:
    limit = Limit(burst=1, seconds_per_try=10, clock=clock)
    limit.take("a")
    limit.take("b")


def test_who_is_refused_is_told_when_to_come_back(clock: Clock) -> None:
    limit = Limit(burst=1, seconds_per_try=10, clock=clock)
    limit.take("a")
    clock.now += 3.5
    with pytest.raises(TooMany) as refused:
        limit.take("a")
    assert refused.value.retry_after_seconds == 7
    clock.now += 7
    limit.take("a")


def test_hammering_does_not_lengthen_the_wait(clock: Clock) -> None:
    limit = Limit(burst=2, seconds_per_try=10, clock=clock)
    for _ in range(1_000):
        limit.spend("a")
    clock.now += 10
    limit.take("a")


def test_a_try_that_is_given_back_may_be_taken_again_and_never_more(clock: Clock) -> None:
    limit = Limit(burst=2, seconds_per_try=10, clock=clock)
    tries(limit, "a", 2)
    limit.give_back("a")
    assert tries(limit, "a", 10) == 1
    for _ in range(5):
        limit.give_back("a")
    assert tries(limit, "a", 10) == 2


def test_the_number_of_keys_is_bounded_and_the_newest_stay(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KEYS", 10)
    limit = Limit(burst=1, seconds_per_try=10, clock=clock)
    for number in range(100):
        limit.take(str(number))
    with pytest.raises(TooMany):
        limit.take("99")
    limit.take("0")


def test_a_try_under_several_limits_is_taken_under_all_of_them_or_none(clock: Clock) -> None:
    wide, narrow = Limit(burst=3, seconds_per_try=10, clock=clock), Limit(burst=1, seconds_per_try=10, clock=clock)
    both = Tries((wide, "a"), (narrow, "b"))
    both.take()
    for _ in range(5):
        with pytest.raises(TooMany):
            both.take()
    assert tries(wide, "a", 10) == 2
    both.give_back()
    assert (tries(wide, "a", 10), tries(narrow, "b", 10)) == (1, 1)


async def test_turns_go_to_one_work_of_a_key_and_to_so_many_in_all() -> None:
    turns = Turns(most=2, waiting=1, problem="Wait.", retry_after_seconds=1)
    begun: list[str] = []
    ends = {name: asyncio.Event() for name in ("a1", "a2", "b1", "c1")}
    has_begun = asyncio.Condition()

    async def work(name: str) -> None:
        async with turns.one(name[0]):
            async with has_begun:
                begun.append(name)
                has_begun.notify_all()
            await ends[name].wait()

    async def until(*names: str) -> None:
        async with has_begun:
            await has_begun.wait_for(lambda: begun == list(names))

    async with asyncio.timeout(10), asyncio.TaskGroup() as works:
        for name in ends:
            works.create_task(work(name))
        await until("a1", "b1")  # a2 waits for a1, and c1 for either
        with pytest.raises(TooMany, match="Wait"):
            async with turns.one("a"):
                pass
        ends["b1"].set()
        await until("a1", "b1", "c1")
        ends["a1"].set()
        await until("a1", "b1", "c1", "a2")
        ends["c1"].set()
        ends["a2"].set()
    async with turns.one("a"):
        pass
