"""A session's room: however viewers come and output flows, what each one reads and is shown adds up to the whole."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import Connection, update

from claudios.protocol.errors import NotFound
from claudios.protocol.frame import Stream
from claudios.protocol.messages import Mode, PermissionMode
from claudios.server.bus.topics import Changed, FramesStored
from claudios.server.ingest.verify import Source
from claudios.server.keys import ServerKey
from claudios.server.live import room as room_module
from claudios.server.live.patches import Patch
from claudios.server.live.room import Room
from claudios.server.projections.items import Append, Entry, Upsert
from claudios.server.store import accounts, agents, items, log, projects, sessions, tables
from claudios.server.store.engine import Store
from claudios.server.store.sessions import NewSession
from tests.helpers.synthetic_agent import SyntheticAgent
from tests.unit.server.projections.transcripts import Piece, folded, log_of, whole_session


class Viewer:
    """Keeps the transcript by the snapshot and the patches after it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.items: dict[int, Entry] = {}
        self.position = -1
        self.lost = False

    def show(self, shown: Patch) -> None:
        assert shown.position > self.position >= 0
        self.position = shown.position
        for change in shown.changes:
            match change:
                case Upsert(item):
                    self.items[item.no] = item
                case Append(no, field, words):
                    known = self.items[no]
                    body = known.body | {field: f"{known.body.get(field) or ''}{words}"}
                    self.items[no] = Entry(no, known.kind, body, known.created_seq, 0, known.at_ms, known.parent)

    def lose(self, session_id: str) -> None:
        self.lost = True

    async def enter(self, room: Room) -> None:
        await room.enter(self, lambda connection: _read(connection, room.session_id), self.begin)

    def begin(self, entries: list[Entry], position: int) -> None:
        self.items = {entry.no: entry for entry in entries}
        self.position = position

    def transcript(self) -> list[tuple[int, str, object]]:
        return [(no, entry.kind, entry.body) for no, entry in sorted(self.items.items())]


def _read(connection: Connection, session_id: str) -> list[Entry]:
    return items.page(connection, session_id, after=None, before=None, limit=1000)[0]


def in_parts(pieces: list[Piece], random: Random) -> list[Piece]:
    """Cut the output so that lines lie across frames."""
    cut: list[Piece] = []
    for stream, payload in pieces:
        middle = random.randrange(len(payload)) if stream is not Stream.EVENT else 0
        cut += [(stream, part) for part in (payload[:middle], payload[middle:]) if part]
    return cut


class World:
    """A session on a real database, and its room."""

    def __init__(self, store: Store, source: Source, agent: SyntheticAgent, session_id: str) -> None:
        self.store = store
        self.source = source
        self.output = agent.output(session_id)
        self.told: list[Changed] = []
        self.room = Room(session_id, store, self.told.extend, lambda: 1)

    async def commit(self, *pieces: Piece) -> FramesStored:
        """Store output as one batch."""
        batch = self.output.batch(1, *pieces)
        await self.store.write(lambda connection: log.append(connection, self.source, batch, 1))
        return FramesStored(batch.session_id, batch.first_seq, batch.last_seq, bytes(batch.frames))

    async def stored(self) -> list[tuple[int, str, object]]:
        await self.room.settle()
        found = await self.store.read(lambda connection: _read(connection, self.room.session_id))
        return [(entry.no, entry.kind, entry.body) for entry in found]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'claudios.db'}")
    yield opened
    opened.close()


async def world_of(store: Store) -> World:
    def build(connection: Connection) -> World:
        name = uuid4().hex
        user = accounts.create(connection, name, None, 1)
        project = projects.create(connection, user.id, name, 1)
        made, token = agents.create(connection, ServerKey(bytes(32)), project.id, "agent", 1)
        agent = SyntheticAgent("", project.id, made.id, token)
        new = NewSession(str(uuid4()), project.id, made.id, "t", Mode.CHAT, None, None, PermissionMode.DEFAULT)
        sessions.create(connection, new, user.id, 1)
        source = Source(made.id, project.id, agent.keys.key_id, agent.keys.sign, 1)
        return World(store, source, agent, new.id)

    return await store.write(build)


@pytest.mark.parametrize("seed", range(25))
async def test_viewers_at_random_moments_all_see_the_whole(
    seed: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    monkeypatch.setattr(room_module, "MAX_WAITING_BYTES", random.choice([1500, 4096, 10**6]))
    monkeypatch.setattr(room_module, "SLICE_SECONDS", 0.0)  # pause after every frame
    world = await world_of(store)
    room = world.room
    task = asyncio.create_task(room.run())
    viewers: list[Viewer] = []
    entering: list[asyncio.Task[None]] = []
    pieces = in_parts(whole_session(), random)
    while pieces:
        count = random.randrange(1, 4)
        stored = await world.commit(*pieces[:count])
        del pieces[:count]
        if random.random() < 0.9:
            room.offer(stored)  # sometimes the message is lost; the next one shows the gap
        for _ in range(random.randrange(3)):
            viewers.append(Viewer(seed))
            entering.append(asyncio.create_task(viewers[-1].enter(room)))
        if entering and random.random() < 0.2:
            entering.pop().cancel()
            room.leave(viewers.pop())
        for _ in range(random.randrange(6)):
            await asyncio.sleep(0)
    room.catch_up()
    await asyncio.gather(*entering)
    await room.caught_up()
    expected = [(entry.no, entry.kind, entry.body) for entry in folded(log_of(whole_session()))]
    assert await world.stored() == expected
    for viewer in viewers:
        assert not viewer.lost
        assert viewer.transcript() == expected
    task.cancel()
    await asyncio.wait([task])


async def test_a_room_opened_anew_goes_on_where_the_last_one_was(store: Store) -> None:
    world = await world_of(store)
    pieces = whole_session()
    for start in range(0, len(pieces), 5):
        room = world.room = Room(world.room.session_id, store, world.told.extend, lambda: 1)
        task = asyncio.create_task(room.run())
        room.offer(await world.commit(*pieces[start : start + 5]))
        await world.stored()
        task.cancel()
        await asyncio.wait([task])
    whole = await world_of(store)
    task = asyncio.create_task(whole.room.run())
    whole.room.offer(await whole.commit(*pieces))
    expected = await whole.stored()
    task.cancel()
    await asyncio.wait([task])
    assert [(entry.no, entry.kind, entry.body) for entry in await store.read(lambda c: _read(c, room.session_id))] == (
        expected
    )


async def test_a_session_that_an_older_server_folded_is_folded_anew_and_keeps_nothing_of_it(store: Store) -> None:
    world = await world_of(store)
    task = asyncio.create_task(world.room.run())
    world.room.offer(await world.commit(*whole_session()))
    expected = await world.stored()
    task.cancel()
    await asyncio.wait([task])

    def grow_old(connection: Connection) -> None:
        items.put(connection, world.room.session_id, [Entry(len(expected) + 1, "user", {"text": "Odd"}, 1, 1, 1, None)])
        older = {"version": 1, "position": world.output.seq}
        connection.execute(update(tables.sessions).values(fold=orjson.dumps(older)))

    await store.write(grow_old)
    world.room = Room(world.room.session_id, store, world.told.extend, lambda: 1)
    task = asyncio.create_task(world.room.run())
    world.room.catch_up()
    await world.room.caught_up()
    assert await world.stored() == expected
    task.cancel()
    await asyncio.wait([task])


async def test_a_viewer_who_enters_a_session_that_is_gone_is_told(store: Store) -> None:
    room = Room(str(uuid4()), store, lambda _: None, lambda: 1)
    task = asyncio.create_task(room.run())
    with pytest.raises(NotFound):
        await Viewer(0).enter(room)
    task.cancel()
    await asyncio.wait([task])


async def test_a_viewer_who_leaves_while_it_is_let_in_is_shown_nothing(store: Store) -> None:
    world = await world_of(store)
    task = asyncio.create_task(world.room.run())
    reading, go_on = threading.Event(), threading.Event()

    def read(connection: Connection) -> list[Entry]:
        reading.set()
        go_on.wait(20)
        return _read(connection, world.room.session_id)

    viewer, other = Viewer(0), Viewer(1)
    entering = asyncio.create_task(world.room.enter(viewer, read, viewer.begin))
    await asyncio.to_thread(reading.wait, 20)
    waiting = asyncio.create_task(other.enter(world.room))
    await asyncio.sleep(0)
    for one in (viewer, other):
        world.room.leave(one)
    go_on.set()
    for refused in (entering, waiting):
        with pytest.raises(NotFound):
            await refused
    world.room.offer(await world.commit(*whole_session()))
    await world.room.caught_up()
    assert (viewer.position, other.position) == (-1, -1)
    assert not world.room.viewers
    task.cancel()
    await asyncio.wait([task])


async def test_what_one_viewer_may_not_read_keeps_no_other_out(store: Store) -> None:
    world = await world_of(store)
    task = asyncio.create_task(world.room.run())

    def refuse(_: Connection) -> None:
        raise NotFound

    inside = Viewer(0)
    await inside.enter(world.room)
    refused = asyncio.create_task(world.room.enter(Viewer(1), refuse, lambda _, __: None))
    late = Viewer(2)
    await late.enter(world.room)
    with pytest.raises(NotFound):
        await refused
    assert not inside.lost
    assert world.room.viewers == {inside, late}
    task.cancel()
    await asyncio.wait([task])


async def test_the_log_far_behind_does_not_keep_viewers_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "READ_BYTES", 100)  # one batch at a time
    world = await world_of(store)
    for number in range(30):
        await world.commit((Stream.STDERR, f"line {number}\n".encode()))
    task = asyncio.create_task(world.room.run())
    world.room.catch_up()
    viewer = Viewer(0)
    await viewer.enter(world.room)
    assert viewer.position < 30
    await world.room.caught_up()
    assert viewer.transcript() == await world.stored()
    task.cancel()
    await asyncio.wait([task])
