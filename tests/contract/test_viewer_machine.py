"""Viewers who come, go and come back while a log grows: each sees every frame once. B2 in the small.

Real are the store with its SQL, the bus and the live feed. The bus may lose what it is told, as NATS may; the queue of
a viewer is short, so that it overflows often. The model is a number: how many frames are stored.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection

from claudios.protocol.frame import decode
from claudios.protocol.messages import Mode, PermissionMode
from claudios.server.bus.memory import MemoryBus
from claudios.server.bus.topics import FramesStored, frames
from claudios.server.ingest.verify import Source
from claudios.server.instructions import starting
from claudios.server.instructions.accept import Asker
from claudios.server.keys import ServerKey
from claudios.server.live import feed as feed_module
from claudios.server.live.feed import LogFeed
from claudios.server.store import accounts, agents, log, projects, registrations
from claudios.server.store.engine import Store
from claudios.server.store.sessions import NewSession
from tests.helpers.synthetic_agent import SyntheticAgent

VIEWERS = 6


class Viewer:
    """Somebody's cursor, what they have seen from it on, and their connection while there is one."""

    def __init__(self, after: int) -> None:
        self.begun_after = after
        self.seen: list[int] = []
        self.feed: LogFeed | None = None
        self.reading: asyncio.Task[None] | None = None

    @property
    def cursor(self) -> int:
        return self.begun_after + len(self.seen)


class ViewerMachine(RuleBasedStateMachine):
    """One session's log and its viewers."""

    store: Store
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.bus = MemoryBus()
        self.moved = asyncio.Event()
        self.unpublished: list[FramesStored] = []
        self.told_seq = 0
        self.viewers: list[Viewer] = []
        with self.store.engines[0].begin() as connection:
            self._make(connection)

    @rule(sizes=st.lists(st.sampled_from([1, 200, 400]), min_size=1, max_size=3))
    def commit(self, sizes: list[int]) -> None:
        batch = self.output.batch(1, *[b"x" * size for size in sizes])
        with self.store.engines[0].begin() as connection:
            log.append(connection, self.source, batch, 1)
        self.unpublished.append(FramesStored(batch.session_id, batch.first_seq, batch.last_seq, bytes(batch.frames)))

    @rule()
    @precondition(lambda self: self.unpublished)
    def publish(self) -> None:
        """Word of what is committed comes in order, perhaps late."""
        for stored in self.unpublished:
            self.bus.publish(frames(self.session_id), stored)
            self.told_seq = stored.last_seq
        self.unpublished = []

    @rule()
    @precondition(lambda self: self.unpublished)
    def lose_word(self) -> None:
        self.unpublished.pop(0)

    @rule(back=st.integers(0, 4))
    @precondition(lambda self: len(self.viewers) < VIEWERS)
    def come(self, back: int) -> None:
        """Also with a position in the middle of a batch of which word is still to come."""
        viewer = Viewer(max(0, self.output.seq - back))
        self.viewers.append(viewer)
        self._connect(viewer)

    @rule(frames_seen=st.integers(1, 2))
    @precondition(lambda self: len(self.viewers) < VIEWERS)
    def come_in_the_middle_of_what_is_on_its_way(self, frames_seen: int) -> None:
        """Word of a batch comes between a viewer's subscription, of whose frames it has some, and its first reading."""
        self.commit([1, 1, 1])
        self.come(3 - frames_seen)
        self.publish()

    @rule(batches=st.integers(2, 3))
    @precondition(lambda self: len(self.viewers) < VIEWERS)
    def more_comes_than_may_wait_while_somebody_reads(self, batches: int) -> None:
        """Nothing comes after it that would tell of what was dropped."""
        self.publish()
        self.come(0)
        self.time_passes(1)
        for _ in range(batches):
            self.commit([400])
        self.publish()
        self._settle(self.told_seq)

    @rule(which=st.integers(0, VIEWERS - 1))
    @precondition(lambda self: self.viewers)
    def go_or_come_back(self, which: int) -> None:
        """A connection breaks; later the viewer comes back with the position it has."""
        viewer = self.viewers[which % len(self.viewers)]
        if viewer.feed is None:
            self._connect(viewer)
        else:
            self._part(viewer)

    @rule(turns=st.integers(1, 8))
    def time_passes(self, turns: int) -> None:
        async def pass_turns() -> None:
            self._begin_to_read()
            for _ in range(turns):
                await asyncio.sleep(0)

        self.runner.run(pass_turns())

    @invariant()
    def each_sees_every_frame_once_and_in_order(self) -> None:
        for viewer in self.viewers:
            assert viewer.seen == list(range(viewer.begun_after + 1, viewer.cursor + 1))
            assert viewer.cursor <= self.output.seq

    def teardown(self) -> None:
        """Who is there gets all that word came of, and everything once word of something comes again."""
        self._settle(self.told_seq)
        self.commit([1])
        self.publish()
        for viewer in self.viewers:
            if viewer.feed is None:
                self._connect(viewer)

        self._settle(self.output.seq)
        self.each_sees_every_frame_once_and_in_order()
        for viewer in self.viewers:
            self._part(viewer)

    def _settle(self, seq: int) -> None:
        """Wait until everybody who is there has the frames up to `seq`."""

        async def settle() -> None:
            self._begin_to_read()
            async with asyncio.timeout(20):
                while any(viewer.feed is not None and viewer.cursor < seq for viewer in self.viewers):
                    self.moved.clear()
                    await self.moved.wait()

        self.runner.run(settle())

    def _connect(self, viewer: Viewer) -> None:
        """Have the feed hear what is published from now on; the first reading comes when time passes."""
        viewer.feed = LogFeed(self.store, self.bus, self.session_id, viewer.cursor)

    def _begin_to_read(self) -> None:
        for viewer in self.viewers:
            if viewer.feed is not None and viewer.reading is None:
                viewer.reading = asyncio.create_task(self._read(viewer, viewer.feed))

    async def _read(self, viewer: Viewer, feed: LogFeed) -> None:
        while True:
            viewer.seen += [frame.seq for frame in decode(await feed.next())]
            self.moved.set()

    def _part(self, viewer: Viewer) -> None:
        async def part() -> None:
            assert viewer.feed is not None
            viewer.feed.close()
            if viewer.reading is not None:
                viewer.reading.cancel()
                await asyncio.wait([viewer.reading])
            viewer.feed = viewer.reading = None

        self.runner.run(part())

    def _make(self, connection: Connection) -> None:
        user = accounts.create(connection, f"ann{uuid4().hex[:12]}", None, 1)
        project = projects.create(connection, user.id, "project", 1)
        made, token = agents.create(connection, ServerKey(bytes(32)), project.id, "agent", 1)
        agent = SyntheticAgent("", project.id, made.id, token)
        registrations.register(connection, made.id, agent.hello(), "websocket", 1)
        new = NewSession(str(uuid4()), project.id, made.id, "", Mode.CHAT, "/w", None, PermissionMode.DEFAULT)
        starting.start(connection, new, "first", Asker(user.id, user.username), 1)
        self.session_id = new.id
        self.output = agent.output(new.id)
        self.source = Source(made.id, project.id, agent.keys.key_id, agent.keys.sign, 1)


@pytest.mark.fault("B2")
def test_whoever_comes_and_goes_sees_every_frame_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "MAX_WAITING_BYTES", 700)
    monkeypatch.setattr(feed_module, "READ_BYTES", 600)
    with asyncio.Runner() as runner:
        machine: Any = type("Machine", (ViewerMachine,), {"store": store, "runner": runner})
        run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=30, deadline=None))
