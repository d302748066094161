"""Which sessions somebody watches: told when the first comes and the last goes, and not in between."""

from __future__ import annotations

import pytest

from claudios.server.bus.memory import MemoryBus
from claudios.server.bus.topics import tune
from claudios.server.live.watching import Watching

AGENT = "a1"


class Heard:
    """Watching, and all that an agent was told by it."""

    def __init__(self) -> None:
        bus = MemoryBus()
        self.watching = Watching(bus)
        self.told: list[frozenset[str]] = []
        bus.subscribe(tune(AGENT), self.told.append)


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_the_agent_is_told_of_the_first_viewer_and_of_the_last_that_leaves(heard: Heard) -> None:
    first, second = heard.watching.watch(AGENT, "s1"), heard.watching.watch(AGENT, "s1")
    assert heard.told == [{"s1"}]
    first()
    assert heard.told == [{"s1"}]
    second()
    assert heard.told == [{"s1"}, set()]
    assert heard.watching.of_agent(AGENT) == set()


def test_it_is_told_of_all_that_are_watched_whenever_one_changes(heard: Heard) -> None:
    leave = heard.watching.watch(AGENT, "s1")
    heard.watching.watch(AGENT, "s2")
    leave()
    assert heard.told == [{"s1"}, {"s1", "s2"}, {"s2"}]


def test_leaving_twice_counts_nobody_else_off(heard: Heard) -> None:
    leave = heard.watching.watch(AGENT, "s1")
    heard.watching.watch(AGENT, "s1")
    leave()
    leave()
    assert heard.watching.of_agent(AGENT) == {"s1"}


def test_who_comes_back_after_all_have_left_is_counted_anew(heard: Heard) -> None:
    heard.watching.watch(AGENT, "s1")()
    heard.watching.watch(AGENT, "s1")
    assert heard.told == [{"s1"}, set(), {"s1"}]
    assert heard.watching.of_agent(AGENT) == {"s1"}


def test_one_agent_hears_nothing_of_anothers_sessions(heard: Heard) -> None:
    heard.watching.watch("a2", "s1")
    assert heard.told == []
    assert heard.watching.of_agent(AGENT) == set()
    assert heard.watching.of_agent("a2") == {"s1"}
