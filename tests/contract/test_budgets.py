"""Budgets hold at the moment a prompt is accepted, to the billionth of a dollar, and lose nothing that waits."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.errors import BudgetSpent
from claudios.protocol.messages import EndReason, Outcome, Report, SessionState
from claudios.server.instructions import accept, outcome, resumption, waiting
from claudios.server.instructions.caretaker import Duty
from claudios.server.projections.life import Life
from claudios.server.projections.meter import Amount, Turn, Used
from claudios.server.store import budgets, instructions, lives, prompts, sessions, usage
from claudios.server.store.budgets import Budgets, Limits, Standing
from claudios.server.store.engine import Store
from claudios.server.store.sessions import Resume
from tests.contract.test_data_path_store import World, made
from tests.contract.test_usage import DAY_MS, NOON_MS, Writer
from tests.unit.server.projections.transcripts import result, state, system, user

DOLLAR = 1_000_000_000


@pytest.fixture
async def world(store: Store) -> World:
    return await made(store, is_connected=True)


async def spend(world: World, nano_usd: int, seq: int = 1, at_ms: int = NOON_MS) -> None:
    place = await world.place()
    turn = Turn(seq, 0, None, 5, (Used("opus", Amount(1, 1, 0, 0, nano_usd)),))
    await world.do(lambda connection: usage.put(connection, place, [turn], at_ms))


async def limit(world: World, day: int | None = None, month: int | None = None, zone: str = "UTC") -> None:
    await world.do(lambda connection: budgets.set_limits(connection, world.project_id, Limits(day, month, zone)))


async def ask(world: World, now_ms: int = NOON_MS, prompt_id: str | None = None) -> str:
    place, new_id = await world.place(), prompt_id or str(uuid4())
    await world.do(lambda connection: accept.command(connection, place, "hi", new_id, world.asker, now_ms))
    return new_id


async def due(world: World, now_ms: int = NOON_MS, duty: Duty = waiting.DUTIES[0]) -> list[str]:
    return await world.store.read(lambda connection: duty.due(connection, now_ms))


async def stands(world: World, now_ms: int = NOON_MS) -> Budgets:
    return await world.store.read(
        lambda connection: budgets.standing(connection, world.project_id, world.session_id, now_ms)
    )


async def test_a_budget_is_used_up_at_the_last_billionth_and_not_before(world: World) -> None:
    await limit(world, day=DOLLAR)
    await spend(world, DOLLAR - 1)
    accepted = await ask(world)
    await spend(world, 1, seq=2)
    with pytest.raises(BudgetSpent, match=r"today, \$1.00, is used up. Ask an owner.*2026-11-27 00:00"):
        await ask(world)
    assert await ask(world, prompt_id=accepted) == accepted, "what was accepted is accepted, also when asked again"
    await ask(world, NOON_MS + DAY_MS)


async def test_a_month_and_a_day_are_those_of_the_projects_time_zone(world: World) -> None:
    await limit(world, month=DOLLAR, zone="Pacific/Auckland")
    late = 1_796_040_000_000  # 2026-11-30 12:00 UTC: the first of December there
    await spend(world, DOLLAR, at_ms=late - 2 * DAY_MS)
    await ask(world, late)
    with pytest.raises(BudgetSpent, match="this month"):
        await ask(world, late - DAY_MS)


async def test_people_are_warned_from_four_fifths_on(world: World) -> None:
    await limit(world, day=10 * DOLLAR, month=100 * DOLLAR)
    await spend(world, 8 * DOLLAR)
    found = await stands(world)
    assert found.day is not None
    assert found.month is not None
    assert (found.day.standing, found.day.spent_usd, found.day.limit_usd) == (Standing.NEAR, 8.0, 10.0)
    assert (found.month.standing, found.session) == (Standing.FREE, None)


async def test_the_budget_of_a_session_binds_that_session_alone(world: World) -> None:
    await world.do(lambda connection: budgets.set_session_limit(connection, world.session_id, DOLLAR))
    await spend(world, DOLLAR)
    with pytest.raises(BudgetSpent, match="of this session"):
        await ask(world)
    await world.do(lambda connection: budgets.require_money(connection, world.project_id, None, NOON_MS))
    await world.do(lambda connection: budgets.set_session_limit(connection, world.session_id, None))
    await ask(world)


async def test_what_waits_goes_on_waiting_until_there_is_money(world: World) -> None:
    def left(connection: Connection) -> list[str]:
        return [each.id for each in prompts.queue(connection, world.session_id).prompts]

    prompt_id, place = str(uuid4()), await world.place()
    done = Report(instruction_id=world.session_id, outcome=Outcome.DONE)
    await world.do(lambda c: instructions.mark_taken(c, world.agent.agent_id, 1))
    await world.do(lambda c: outcome.settle(c, world.agent.agent_id, done, 3))
    await world.do(lambda c: waiting.add(c, place, prompt_id, "later", world.asker, NOON_MS))
    await limit(world, day=DOLLAR // 2)
    replay = user("hello there", world.session_id, isReplay=True)
    await Writer(world).send(system("init"), replay, result(total_cost_usd=0.5), state("idle"))
    await world.do(lambda c: waiting.release(c, world.session_id, NOON_MS))
    assert await world.store.read(left) == [prompt_id]
    with pytest.raises(BudgetSpent):
        await world.do(lambda c: waiting.send(c, place, prompt_id, NOON_MS))
    assert await world.store.read(left) == [prompt_id]
    assert await due(world) == [], "no look at it takes a transaction that writes"
    assert await due(world, NOON_MS + DAY_MS) == [world.session_id]
    await world.do(lambda c: budgets.set_session_limit(c, world.session_id, 1))
    assert await due(world, NOON_MS + DAY_MS) == []
    await world.do(lambda c: budgets.set_session_limit(c, world.session_id, None))
    await limit(world, day=DOLLAR)
    assert await due(world) == [world.session_id]
    assert (await world.do(lambda c: waiting.release(c, world.session_id, NOON_MS))).answer == 1
    assert await world.store.read(left) == []


async def test_what_would_resume_by_itself_is_due_once_there_is_money(world: World) -> None:
    await world.do(lambda c: sessions.set_resume(c, world.session_id, Resume.AUTOMATIC))
    lost = Life(1, SessionState.ENDED, EndReason.LOST)
    await world.do(lambda c: lives.witness(c, world.session_id, lost, NOON_MS))
    await limit(world, month=DOLLAR)
    assert await due(world, duty=resumption.DUTIES[0]) == [world.session_id]
    await spend(world, DOLLAR)
    assert await due(world, duty=resumption.DUTIES[0]) == []
    assert (await world.do(lambda c: resumption.resume_by_itself(c, world.session_id, NOON_MS))).answer == 0
    await limit(world)
    assert await due(world, duty=resumption.DUTIES[0]) == [world.session_id]
    assert (await world.do(lambda c: resumption.resume_by_itself(c, world.session_id, NOON_MS))).answer == 1


async def test_of_many_sessions_those_with_money_are_due_in_their_order(world: World) -> None:
    asked = [str(uuid4()), world.session_id, str(uuid4())]
    rest = [asked[0], asked[2]]
    for change, left in (
        (lambda c: budgets.set_session_limit(c, world.session_id, 2), asked),
        (lambda c: budgets.set_session_limit(c, world.session_id, 1), rest),
    ):
        await spend(world, 1)
        await world.do(change)
        assert await world.store.read(lambda c: budgets.with_money(c, asked, NOON_MS)) == left


async def test_prompts_that_race_with_the_end_of_a_turn_are_accepted_before_it_or_refused(world: World) -> None:
    await limit(world, day=DOLLAR)
    asked = [asyncio.create_task(ask(world)) for _ in range(8)]
    spent = asyncio.create_task(spend(world, DOLLAR))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    await spent
    assert all(isinstance(each, (str, BudgetSpent)) for each in outcomes)
    with pytest.raises(BudgetSpent):
        await ask(world)
