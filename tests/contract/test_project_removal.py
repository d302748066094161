"""A deleted project is gone for everybody at once; what it holds goes in small pieces, whoever stops in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from claudios.protocol.errors import Conflict, NotFound, NotSignedIn, Unavailable
from claudios.protocol.messages import EndReason, SessionState
from claudios.server.projections.life import Life
from claudios.server.retention import removal
from claudios.server.store import agents, lives, log, project_removal, projects, tables
from claudios.server.store.channels import Way
from claudios.server.store.engine import Store
from claudios.server.store.projects import Role
from tests.contract.test_data_path_store import World, made
from tests.contract.test_notifications import NOW, channel
from tests.contract.test_usage import Writer
from tests.helpers.patience import patience
from tests.unit.server.projections.transcripts import result, said, text

STAY = {"users", "audit", "notification_settings"}
BATCHES = 100


@pytest.fixture
async def world(store: Store) -> World:
    """A project in which a session has ended that said much and was told of."""
    there = await made(store, is_connected=True)
    await there.do(lambda c: channel(c, Way.WEBHOOK, project_id=there.project_id))
    await there.do(lambda c: channel(c, user_id=there.asker.user_id))
    await Writer(there).send(said(text("hello")), result())
    return there


async def end(world: World) -> None:
    ended = Life(1, SessionState.ENDED, EndReason.EXITED)
    await world.do(lambda c: lives.witness(c, world.session_id, ended, NOW))


async def hide(world: World) -> None:
    await world.do(lambda c: project_removal.hide(c, world.project_id, NOW))


async def piece(world: World) -> bool:
    return await world.do(lambda c: project_removal.remove_piece(c, world.project_id))


def count(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has that is not empty."""
    found = {
        name: connection.execute(select(func.count()).select_from(table)).scalar() or 0
        for name, table in tables.metadata.tables.items()
        if name not in STAY
    }
    return {name: rows for name, rows in found.items() if rows}


async def test_what_is_deleted_is_gone_for_everybody_at_once_and_nothing_goes_out_of_it(world: World) -> None:
    user_id, bearer = world.asker.user_id or "", world.agent.keys.auth
    await end(world)
    await world.store.read(lambda c: agents.authenticate(c, bearer, NOW))
    before = await world.store.read(count)
    await hide(world)
    assert (await world.store.read(count))["batches"] == before["batches"]
    standing = await world.store.read(lambda c: log.standing(c, world.session_id))
    assert standing is not None
    assert standing.boot == 2, "what its link has taken already is of a registration that is none any more"
    with pytest.raises(NotFound):
        await world.store.read(lambda c: projects.require_role(c, user_id, world.project_id, Role.VIEWER))
    with pytest.raises(NotSignedIn):
        await world.store.read(lambda c: agents.authenticate(c, bearer, NOW))
    pending = select(tables.notifications.c.id).where(tables.notifications.c.state == "pending")
    of_hooks = pending.join(tables.channels).where(tables.channels.c.project_id.is_not(None))
    assert await world.store.read(lambda c: c.execute(of_hooks).all()) == []


async def test_a_project_in_which_something_runs_is_not_deleted(world: World) -> None:
    with pytest.raises(Conflict):
        await hide(world)
    assert await world.store.read(project_removal.next_hidden) is None


async def test_what_it_holds_goes_in_pieces_until_nothing_is_left(world: World, database_url: str) -> None:
    await end(world)
    rows = {"session_id": world.session_id, "epoch": 1, "boot": 1, "key_id": "k", "previous": b"", "head": b""}

    def fill(connection: Connection) -> None:
        for n in range(BATCHES):
            connection.execute(
                tables.batches.insert(),
                {**rows, "first_seq": 100 + n, "last_seq": 100 + n, "signature": b"", "received_ms": 1, "frames": b"x"},
            )

    await world.do(fill)
    await hide(world)
    before = (await world.store.read(count))["batches"]
    most = 0
    while "batches" in (left := await world.store.read(count)):
        most = max(most, before - left["batches"])
        before = left["batches"]
        assert not await piece(world)
    assert 0 < most <= 32, "one transaction must not hold the others up"
    later = Store(database_url)  # another server, or this one after it was killed
    try:
        assert await later.read(project_removal.next_hidden) == world.project_id
        while not await later.write(lambda c: project_removal.remove_piece(c, world.project_id)):
            pass
        assert await later.read(project_removal.next_hidden) is None
        left = await later.read(count)
    finally:
        later.close()
    assert left == {"channels": 1}, "the person's own"


class Failing:
    """A store that fails at the removal of one project until another one is gone."""

    def __init__(self, store: Store, failing_id: str, problem: Exception) -> None:
        self._store, self._failing_id, self._problem = store, failing_id, problem
        self.removed: list[str] = []
        self.is_through = asyncio.Event()

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        return await self._store.read(work)

    async def write(self, work: Callable[[Connection], Any]) -> Any:
        assert isinstance(work, partial)
        project_id = work.keywords["project_id"]
        if project_id == self._failing_id and not self.removed:
            raise self._problem
        is_gone = await self._store.write(work)
        if is_gone:
            self.removed.append(project_id)
            if project_id == self._failing_id:
                self.is_through.set()
        return is_gone


@pytest.mark.parametrize("problem", [RuntimeError("broken"), Unavailable("The database failed.")])
async def test_a_project_that_cannot_be_removed_keeps_no_other_back_and_is_tried_again_soon(
    world: World, problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "AGAIN_SECONDS", 0.01)
    await end(world)
    await hide(world)
    other = await world.do(lambda c: projects.create(c, world.asker.user_id or "", "other", NOW))
    await world.do(lambda c: project_removal.hide(c, other.id, NOW))
    first, second = sorted((world.project_id, other.id))
    failing = Failing(world.store, first, problem)
    loop = asyncio.create_task(removal.Removal(failing).run())
    try:
        async with patience("both projects are removed"):
            await failing.is_through.wait()
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
    assert failing.removed == [second, first]
