"""The data path, put together: from the agents' links to the log and the viewers, and from people to the agents.

link ─▶ ingest ─▶ log (commit) ─┬▶ ack
                                ├▶ projector ─┬▶ items ─▶ follower ─▶ search index
                                │             └▶ outbox ─▶ notifier
                                └▶ bus ─▶ live ─▶ viewers
link ◀─ deliver ◀─ mailbox ◀─ people, schedules
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from claudios.protocol.errors import NotFound
from claudios.server.bus.topics import STOPPING, Bus, Changed
from claudios.server.ingest.append import Ingest
from claudios.server.ingest.commit import GroupCommit
from claudios.server.instructions import going_on, resumption, waiting
from claudios.server.instructions.caretaker import Caretaker
from claudios.server.instructions.mailbox import Mailbox
from claudios.server.keys import ServerKey
from claudios.server.link.links import Links
from claudios.server.live.projector import Projector
from claudios.server.live.terminals import Terminals
from claudios.server.live.watching import Watching
from claudios.server.notifying.notifier import Notifier
from claudios.server.notifying.outgoing import Network, Outgoing
from claudios.server.retention.removal import Removal
from claudios.server.retention.sweep import Sweep
from claudios.server.scheduling import runs
from claudios.server.screens.drawer import Drawer
from claudios.server.screens.screens import Screens
from claudios.server.search.follower import Follower
from claudios.server.store import agents, changes
from claudios.server.store.engine import Store

RETRY_AFTER_MS = 1_000


class DataPath:
    """The parts, and the loops that keep them going."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        key: ServerKey,
        now_ms: Callable[[], int],
        audit_days: int | None = None,
        notify_networks: Sequence[Network] = (),
    ) -> None:
        self._bus = bus
        self._now_ms = now_ms
        self.watching = Watching(bus)
        self.terminals = Terminals()
        self.screens = Screens(store, Drawer())
        self.mailbox = Mailbox(store, bus, now_ms)
        self.resumer = Caretaker(
            store,
            self.mailbox,
            bus,
            now_ms,
            news=resumption.NEWS,
            duties=resumption.DUTIES,
            sweep_seconds=resumption.SWEEP_SECONDS,
        )
        self.releaser = Caretaker(
            store,
            self.mailbox,
            bus,
            now_ms,
            news=waiting.NEWS,
            duties=waiting.DUTIES,
            sweep_seconds=waiting.SWEEP_SECONDS,
        )
        self.continuer = Caretaker(
            store,
            self.mailbox,
            bus,
            now_ms,
            news=(),
            duties=going_on.DUTIES,
            sweep_seconds=going_on.SWEEP_SECONDS,
        )
        self.scheduler = Caretaker(
            store,
            self.mailbox,
            bus,
            now_ms,
            news=(),
            duties=runs.DUTIES,
            sweep_seconds=runs.SWEEP_SECONDS,
        )
        self.commits = GroupCommit(store)
        self.projector = Projector(store, bus, now_ms)
        self.ingest = Ingest(self.commits, bus, self.projector.stored, now_ms)
        self.outgoing = Outgoing(notify_networks)
        self.notifier = Notifier(store, bus, key, self.outgoing, now_ms)
        self.retention = Sweep(
            store,
            key,
            begin_anew=self._begin_anew,
            tell=self.mailbox.tell,
            now_ms=now_ms,
            audit_days=audit_days,
        )
        self.removal = Removal(store)
        self.follower = Follower(store)
        self.links = Links(
            store,
            bus,
            key,
            ingest=self.ingest,
            commits=self.commits,
            watching=self.watching,
            agent_view=self._agent_view,
            now_ms=now_ms,
        )

    async def run(self) -> None:
        """Run every loop until cancelled. One that fails ends all, and with them the server: none may be missing."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self.commits.run(), name="commits")
            loops.create_task(self.links.run(), name="links")
            loops.create_task(self.mailbox.expire(), name="expiry")
            loops.create_task(self.notifier.run(), name="notifier")
            loops.create_task(self.continuer.run(), name="continuer")
            loops.create_task(self.releaser.run(), name="releaser")
            loops.create_task(self.resumer.run(), name="resumer")
            loops.create_task(self.scheduler.run(), name="scheduler")
            loops.create_task(self.projector.run(), name="projector")
            loops.create_task(self.retention.run(), name="retention")
            loops.create_task(self.removal.run(), name="removal of projects")
            loops.create_task(self.follower.run(), name="search index")

    def stop(self, retry_after_ms: int = RETRY_AFTER_MS) -> None:
        """Tell agents and viewers that the server stops, and when to come back."""
        self.links.close(retry_after_ms)
        self._bus.publish(STOPPING, retry_after_ms)

    async def close(self) -> None:
        """Let go of the threads and of the worker that draws screens."""
        await self.screens.close()
        self.ingest.close()

    def _begin_anew(self, session_id: str) -> None:
        self.screens.forget(session_id)
        self.projector.begin_anew(session_id)

    def _agent_view(self, connection: Connection, agent_id: str) -> Changed | None:
        try:
            found = agents.get(connection, agent_id, self._now_ms())
        except NotFound:
            return None
        return changes.agent(found.project_id, found)
