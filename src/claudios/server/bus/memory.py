"""The bus inside one process: publishing calls the subscribers, in the order they came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from claudios.server.bus.topics import Topic

log = structlog.get_logger(__name__)

T = TypeVar("T")


class MemoryBus:
    """A bus for a single server process; used from its event loop alone."""

    def __init__(self) -> None:
        self._subscribers: dict[str, tuple[Callable[[Any], None], ...]] = {}

    def publish(self, topic: Topic[T], message: T) -> None:
        for receive in self._subscribers.get(topic.name, ()):
            try:
                receive(message)
            except Exception:  # one bad subscriber must not keep the others, or the commit's owner, from going on
                log.exception("bus_subscriber_failed", topic=topic.name)

    def subscribe(self, topic: Topic[T], receive: Callable[[T], None]) -> Callable[[], None]:
        self._subscribers[topic.name] = (*self._subscribers.get(topic.name, ()), receive)

        def unsubscribe() -> None:
            rest = list(self._subscribers.get(topic.name, ()))
            if receive in rest:
                rest.remove(receive)
            if rest:
                self._subscribers[topic.name] = tuple(rest)
            else:
                self._subscribers.pop(topic.name, None)

        return unsubscribe
