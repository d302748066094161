"""Which sessions somebody watches, so that their agents flush them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from claudios.server.bus.topics import Bus, tune


class Watching:
    """Counts the viewers of every session and tells its agent whenever the first comes or the last goes."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._viewers: dict[str, Counter[str]] = {}

    def of_agent(self, agent_id: str) -> frozenset[str]:
        """Return the agent's sessions that somebody watches."""
        return frozenset(self._viewers.get(agent_id, ()))

    def watch(self, agent_id: str, session_id: str) -> Callable[[], None]:
        """Count one viewer more; return what counts it off again, once."""
        viewers = self._viewers.setdefault(agent_id, Counter())
        viewers[session_id] += 1
        if viewers[session_id] == 1:
            self._bus.publish(tune(agent_id), self.of_agent(agent_id))
        left = False

        def leave() -> None:
            nonlocal left
            if left:
                return
            left = True
            viewers[session_id] -= 1
            if viewers[session_id] == 0:
                del viewers[session_id]
                if not viewers and self._viewers.get(agent_id) is viewers:
                    del self._viewers[agent_id]
                self._bus.publish(tune(agent_id), self.of_agent(agent_id))

        return leave
