"""The bus inside one process."""

from __future__ import annotations

from claudios.server.bus.memory import MemoryBus
from claudios.server.bus.topics import Topic

WORDS: Topic[str] = Topic("words")


def test_subscribers_hear_what_is_published_after_they_came_and_before_they_left() -> None:
    bus, heard = MemoryBus(), list[str]()
    bus.publish(WORDS, "before")
    leave = bus.subscribe(WORDS, heard.append)
    bus.publish(WORDS, "during")
    leave()
    leave()
    bus.publish(WORDS, "after")
    assert heard == ["during"]


def test_a_subscriber_that_fails_hinders_nobody() -> None:
    bus, heard = MemoryBus(), list[str]()

    def fail(_: str) -> None:
        raise ValueError

    bus.subscribe(WORDS, fail)
    bus.subscribe(WORDS, heard.append)
    bus.publish(WORDS, "word")
    assert heard == ["word"]


def test_one_may_leave_while_it_is_told() -> None:
    bus, heard = MemoryBus(), list[str]()

    def once(word: str) -> None:
        heard.append(word)
        leave()

    leave = bus.subscribe(WORDS, once)
    bus.subscribe(WORDS, heard.append)
    bus.publish(WORDS, "1")
    bus.publish(WORDS, "2")
    assert heard == ["1", "1", "2"]
