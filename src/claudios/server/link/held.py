"""A registration that this process holds: what it hears of, and its delivery."""

from __future__ import annotations

import asyncio

from claudios.protocol.errors import NotSignedIn, Superseded
from claudios.protocol.messages import Bye
from claudios.server.bus.topics import Bus, Registered, instructions, registration, revoked, tune
from claudios.server.link.registration import Registration
from claudios.server.live.watching import Watching
from claudios.server.store.agents import UNKNOWN_TOKEN

SUPERSEDED = Bye(code=Superseded.code, message=Superseded().message)
REVOKED = Bye(code=NotSignedIn.code, message=UNKNOWN_TOKEN)


class Held:
    """A registration with its subscriptions and its delivery loop."""

    def __init__(self, made: Registration, round: int, bus: Bus, watching: Watching) -> None:
        agent_id = made.source.agent_id
        self.registration = made
        self.round = round
        self._endings = (
            bus.subscribe(instructions(agent_id), made.delivery.offer),
            bus.subscribe(tune(agent_id), made.tune),
            bus.subscribe(registration(agent_id), self._superseded),
            bus.subscribe(revoked(agent_id), self._revoked),
        )
        if watched := watching.of_agent(agent_id):
            made.tune(watched)
        self._delivering = asyncio.get_running_loop().create_task(made.delivery.run(), name=f"deliver {agent_id}")
        self._delivering.add_done_callback(self._delivery_ended)

    def release(self) -> None:
        """Stop hearing and delivering."""
        for end in self._endings:
            end()
        self._delivering.cancel()

    def _superseded(self, newer: Registered) -> None:
        if newer.boot > self.registration.source.boot:
            self.registration.end(SUPERSEDED)

    def _revoked(self, keys: frozenset[str]) -> None:
        if self.registration.source.key_id in keys:
            self.registration.end(REVOKED)

    def _delivery_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.registration.fail(error)
