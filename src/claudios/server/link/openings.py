"""Which connection of an agent is its newest, as the agent itself counts them. Pure.

Hello of a connection that broke may arrive when the agent has long opened another: it lay in a proxy, or waited for the
database. Whoever opened last is superseded by what comes later, so such a ghost would cut off the agent that lives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from claudios.protocol.errors import ClaudiosError, Superseded
from claudios.protocol.messages import Hello

MAX_KNOWN = 100_000


class Openings:
    """The newest opening of every agent that this process has heard of."""

    def __init__(self) -> None:
        # Bounded by MAX_KNOWN: a forgotten one costs only the check.
        self._newest: dict[str, tuple[str | None, int]] = {}

    @contextmanager
    def admitted(self, agent_id: str, hello: Hello) -> Iterator[None]:
        """Take note of Hello, at once, and forget it again where what is done with it fails: it opened nothing.

        Raises Superseded when the same process of the agent has opened a newer connection.
        """
        known = self._newest.get(agent_id)
        run, newest = known or (None, 0)
        if run == hello.run and 0 < hello.opening < newest:
            raise Superseded
        if len(self._newest) >= MAX_KNOWN:
            self._newest.clear()
        self._newest[agent_id] = noted = (hello.run, hello.opening)
        try:
            yield
        except ClaudiosError:
            if self._newest.get(agent_id) is noted:
                del self._newest[agent_id]
                if known is not None:
                    self._newest[agent_id] = known
            raise


class Moves:
    """The agents whose registration begins or ends here, until store and memory say the same of it."""

    def __init__(self) -> None:
        self._moving: Counter[str] = Counter()  # by agent; holds only those above 0

    def __contains__(self, agent_id: str) -> bool:
        return agent_id in self._moving

    @contextmanager
    def underway(self, agent_id: str) -> Iterator[None]:
        """Count an agent in for as long as one of its moves takes."""
        self._moving[agent_id] += 1
        try:
            yield
        finally:
            self._moving[agent_id] -= 1
            if not self._moving[agent_id]:
                del self._moving[agent_id]
