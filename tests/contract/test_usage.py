"""Usage is counted once for each turn, whatever is folded again, stays when output goes, and is one's own projects'."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from claudios.protocol.errors import InputInvalid
from claudios.protocol.messages import EndReason, SessionState
from claudios.protocol.signing import Batch
from claudios.protocol.tombstone import Cause, Tombstone
from claudios.server.instructions import accept, revise
from claudios.server.projections.fold import Fold
from claudios.server.projections.life import Life
from claudios.server.store import accounts, folds, lives, log, projects, retention, tables, usage
from claudios.server.store.engine import Store
from claudios.server.store.folds import Save
from claudios.server.store.projects import Role
from claudios.server.store.retention import Due
from claudios.server.store.usage import By, Span, Usage
from tests.contract.test_data_path_store import SUMS, World, made
from tests.unit.server.projections.transcripts import out, result, system, user

NOON_MS = 1_795_694_400_000  # 2026-11-26 12:00 UTC
DAY_MS = 24 * 60 * 60 * 1000
OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-4-5"


def used(**tokens: float) -> dict[str, object]:
    return {"inputTokens": 100, "outputTokens": 20, "costUSD": 0.25, **tokens}


class Writer:
    """Folds what a session's machine sends, and keeps it as a room does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.output = world.output()
        self.fold = Fold()
        self.batches: list[Batch] = []

    async def send(self, *messages: object, at_ms: int = NOON_MS) -> None:
        batch = self.output.batch(1, out(*messages))
        await self.world.do(lambda connection: log.append(connection, self.world.source(), batch, at_ms))
        self.batches.append(batch)
        self.fold.feed(batch.frames)
        await self.keep(self.fold)

    async def fold_anew(self) -> None:
        self.fold = Fold()
        for batch in self.batches:
            self.fold.feed(batch.frames)
        await self.keep(self.fold)

    async def keep(self, fold: Fold) -> None:
        new = Save(fold.checkpoint(), fold.dirty(), (), SUMS, fold.facts.life, True, None, tuple(fold.turns()))
        await self.world.do(lambda connection: folds.save(connection, self.world.session_id, new, NOON_MS + 5))


@pytest.fixture
async def world(store: Store) -> World:
    return await made(store, is_connected=True)


async def usage_of(
    world: World, by: By = By.MODEL, user_id: str | None = None, *, zone: tzinfo = UTC, day: int = 26
) -> Usage:
    span = Span(date(2026, 11, day), date(2026, 11, 27), zone, str(zone))
    who = user_id or world.asker.user_id or ""
    return await world.store.read(lambda connection: usage.summed(connection, who, by, span))


async def test_what_is_folded_again_is_counted_once(world: World) -> None:
    writer = Writer(world)
    await writer.send(result(model_usage_since_last_result={OPUS: used()}))
    await writer.send(result(model_usage_since_last_result={OPUS: used(), HAIKU: used(costUSD=0.5)}))
    before = await usage_of(world)
    assert [(row.name, row.turns, row.input_tokens, row.cost_usd) for row in before.rows] == [
        (OPUS, 2, 200, 0.5),
        (HAIKU, 0, 100, 0.5),
    ]
    assert (before.total.turns, before.total.duration_ms, before.total.cost_usd) == (2, 224, 1.0)
    await writer.fold_anew()
    assert await usage_of(world) == before


async def test_a_turn_counts_on_the_day_of_its_reader_on_which_the_server_got_its_end(world: World) -> None:
    writer = Writer(world)
    late = NOON_MS + DAY_MS // 2 - 30 * 60 * 1000  # 23:30 UTC
    await writer.send(result(model_usage_since_last_result={OPUS: used()}), at_ms=late)
    for zone, turns in ((UTC, [1, 0]), (ZoneInfo("Asia/Kathmandu"), [0, 1]), (ZoneInfo("America/New_York"), [1, 0])):
        found = await usage_of(world, By.DAY, zone=zone)
        assert [row.turns for row in found.rows] == turns
        assert [row.key for row in found.rows] == ["2026-11-26", "2026-11-27"]


async def test_usage_names_who_asked_and_where_it_ran(world: World) -> None:
    other = await world.do(lambda connection: accounts.create(connection, "bob", None, 1))
    place = await world.place()
    prompt = str(uuid4())
    asker = accept.Asker(other.id, "bob")
    await world.do(lambda connection: accept.command(connection, place, "hi", prompt, asker, 2))
    writer = Writer(world)
    await writer.send(result(model_usage_since_last_result={OPUS: used()}))
    await writer.send(user("hi", prompt, isReplay=True), result(model_usage_since_last_result={OPUS: used()}))
    people = await usage_of(world, By.PERSON)
    assert {row.name: row.turns for row in people.rows} == {"ann": 1, "bob": 1}
    for by, name in ((By.AGENT, "agent"), (By.PROJECT, "project")):
        (row,) = (await usage_of(world, by)).rows
        assert (row.name, row.turns) == (name, 2)


async def test_usage_is_seen_by_members_of_its_project_only(world: World) -> None:
    await Writer(world).send(result(model_usage_since_last_result={OPUS: used()}))
    other = await world.do(lambda connection: accounts.create(connection, "bob", None, 1))
    assert (await usage_of(world, user_id=other.id)).rows == ()
    await world.do(lambda c: projects.put_member(c, world.project_id, other.id, Role.VIEWER, 1))
    assert (await usage_of(world, user_id=other.id)).total.turns == 1


async def test_usage_stays_when_a_session_is_deleted(world: World) -> None:
    await Writer(world).send(result(model_usage_since_last_result={OPUS: used()}))
    await world.do(lambda connection: revise.delete_session(connection, world.session_id))
    assert (await usage_of(world)).total.cost_usd == 0.25


async def test_usage_stays_when_output_is_removed(world: World) -> None:
    writer = Writer(world)
    await writer.send(result(model_usage_since_last_result={OPUS: used()}))
    ended = Life(1, SessionState.ENDED, EndReason.EXITED)
    due = Due(world.session_id, 1, 1, 1, Cause.AGE, 3)
    stone = Tombstone(
        session_id=world.session_id,
        last_seq=1,
        head=writer.output.head.hex(),
        batches=1,
        bytes=1,
        checkpoints=1,
        removed_ms=NOON_MS,
        cause=Cause.AGE,
        kept=3,
        key="00" * 32,
        signature="00" * 64,
    )
    await world.do(lambda connection: lives.witness(connection, world.session_id, ended, NOON_MS))
    assert await world.do(lambda connection: retention.remove(connection, due, stone, "removed"))
    assert (await usage_of(world)).total.cost_usd == 0.25


async def test_frames_that_come_again_count_nothing(world: World) -> None:
    writer = Writer(world)
    await writer.send(system("init", model=OPUS), result())
    writer.fold.feed(writer.batches[0].frames)
    await writer.keep(writer.fold)
    assert (await usage_of(world)).total.turns == 1


async def test_too_many_costs_are_refused_and_not_cut(world: World) -> None:
    user_id = world.asker.user_id or ""
    row = {
        "place": 0, "seq": 1, "model": "m", "project_id": world.project_id, "agent_id": world.agent.agent_id,
        "user_id": None, "at_ms": 5, "turns": 1, "duration_ms": 0, "input_tokens": 0, "output_tokens": 0,
        "cache_read_tokens": 0, "cache_write_tokens": 0, "cost_nano_usd": 1,
    }  # fmt: skip

    rows = [{**row, "session_id": f"s{number}"} for number in range(usage.MOST_COSTS)]
    await world.do(lambda connection: connection.execute(insert(tables.usage), rows))
    assert len(await world.store.read(lambda connection: usage.costs(connection, user_id, 5))) == usage.MOST_COSTS
    await world.do(lambda connection: connection.execute(insert(tables.usage), [{**row, "session_id": "one more"}]))
    with pytest.raises(InputInvalid, match="More than"):
        await world.store.read(lambda connection: usage.costs(connection, user_id, 5))
    assert await world.store.read(lambda connection: usage.costs(connection, user_id, 6)) == []
