"""Schedules on every database: each due time is settled once, and what is not started says why."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from claudios.protocol.errors import BudgetSpent, Conflict, NotFound, TooMany
from claudios.protocol.messages import InstructionKind, PermissionMode, SessionState
from claudios.server.bus.memory import MemoryBus
from claudios.server.instructions import accept, outcome
from claudios.server.instructions.accept import Asker
from claudios.server.instructions.caretaker import Caretaker
from claudios.server.instructions.mailbox import Mailbox
from claudios.server.projections.plan_limits import Stopped, WentOn
from claudios.server.scheduling import runs
from claudios.server.store import (
    accounts,
    budgets,
    plan_limits,
    projects,
    schedules,
    session_lists,
    sessions,
    tables,
)
from claudios.server.store.budgets import Limits
from claudios.server.store.engine import Store
from claudios.server.store.issuing import MAX_BODY_BYTES
from claudios.server.store.projects import Role
from claudios.server.store.schedules import KEPT_RUNS, MAX_SCHEDULES, Missed, NewRun, Plan, Run, RunOutcome, Schedule
from claudios.server.store.sessions import Session
from tests.contract.test_data_path_store import World, made

HOUR_MS = 3_600_000
NOON_MS = int(datetime.fromisoformat("2026-11-30T12:00+00:00").timestamp()) * 1000


@pytest.fixture
async def world(store: Store) -> World:
    return await made(store, is_connected=False)


@pytest.fixture
def second_store(store: Store, database_url: str) -> Iterator[Store]:
    """A second server's, on the same database."""
    opened = Store(database_url)
    yield opened
    opened.close()


def plan(world: World, **changes: object) -> Plan:
    hourly = Plan(
        agent_id=world.agent.agent_id,
        name="Hourly look",
        expression="0 * * * *",
        time_zone="Europe/Zurich",
        directory="/work",
        prompt="look around",
        model="haiku",
        permission_mode=PermissionMode.PLAN,
        missed=Missed.SKIP,
        wait_minutes=30,
        ends_when_done=True,
    )
    return replace(hourly, **changes)  # type: ignore[arg-type]  # the plan's own fields


async def create(world: World, next_ms: int = NOON_MS, user_id: str | None = None, **changes: object) -> Schedule:
    who = user_id or world.asker.user_id
    assert who is not None
    return await world.do(
        lambda connection: schedules.create(connection, world.project_id, plan(world, **changes), who, next_ms, 1)
    )


async def settle(world: World, now_ms: int) -> None:
    """Settle whatever is due, as often as anything is."""
    for _ in range(20):
        due = await world.store.read(lambda connection: schedules.due(connection, now_ms))
        if not due:
            return
        for schedule_id in due:
            await world.do(lambda connection, each=schedule_id: runs.run_due(connection, each, now_ms))  # type: ignore[misc]
    raise AssertionError("something is due without end")


async def history(world: World, schedule: Schedule) -> list[Run]:
    return await world.store.read(lambda connection: schedules.runs(connection, schedule.id))


async def now(world: World, schedule: Schedule) -> Schedule:
    return await world.store.read(lambda connection: schedules.get(connection, world.project_id, schedule.id))


async def started(world: World, schedule: Schedule) -> list[Session]:
    found = await world.store.read(
        lambda connection: session_lists.visible(connection, world.asker.user_id or "", project_id=world.project_id)
    )
    return [session for session in found if session.schedule_id == schedule.id]


async def test_a_due_time_starts_one_session_as_planned_and_the_next_one_follows(world: World) -> None:
    schedule = await create(world)
    await settle(world, NOON_MS - 1)
    assert await history(world, schedule) == []
    for _ in range(3):
        await settle(world, NOON_MS + 700)
    (session,) = await started(world, schedule)
    (run,) = await history(world, schedule)
    assert (run.no, run.due_ms, run.at_ms, run.outcome, run.missed) == (1, NOON_MS, NOON_MS + 700, "started", 0)
    assert (run.session_id, run.session_state, run.started_by) == (session.id, SessionState.QUEUED, None)
    assert (session.title, session.directory, session.model) == ("Hourly look", "/work", "haiku")
    assert (session.permission_mode, session.created_by) == ("plan", "ann")
    assert (session.schedule_id, session.schedule_name) == (schedule.id, "Hourly look")
    assert (await now(world, schedule)).next_ms == NOON_MS + HOUR_MS


async def test_the_start_waits_for_its_agent_as_long_as_the_schedule_says(world: World) -> None:
    schedule = await create(world, wait_minutes=7)
    await settle(world, NOON_MS)
    (session,) = await started(world, schedule)
    expires = select(tables.instructions.c.expires_ms).where(tables.instructions.c.id == session.id)
    assert await world.do(lambda connection: connection.execute(expires).scalar()) == NOON_MS + 7 * 60_000
    later = NOON_MS + 7 * 60_000

    await world.do(lambda connection: outcome.expire(connection, later))
    (run,) = await history(world, schedule)
    assert (run.session_state, run.session_reason) == (SessionState.ENDED, "failed")
    assert run.session_detail is not None


async def test_two_servers_start_each_due_time_once(world: World, second_store: Store) -> None:
    made = [await create(world, name=f"number {n}") for n in range(8)]
    caretakers = []
    for store in (world.store, second_store):
        bus = MemoryBus()
        mailbox = Mailbox(store, bus, lambda: NOON_MS)
        caretakers.append(
            Caretaker(store, mailbox, bus, lambda: NOON_MS, news=(), duties=runs.DUTIES, sweep_seconds=60)
        )
    assert await asyncio.gather(*(caretaker.look() for caretaker in caretakers * 2)) == [True] * 4
    for schedule in made:
        assert len(await started(world, schedule)) == 1
        assert [run.outcome for run in await history(world, schedule)] == ["started"]


async def test_a_server_that_dies_before_the_commit_has_started_nothing_and_the_next_one_starts_it(
    world: World,
) -> None:
    schedule = await create(world)

    def dies(connection: Connection) -> None:
        assert runs.run_due(connection, schedule.id, NOON_MS).answer == 1
        raise SystemExit

    with pytest.raises(SystemExit):
        await world.do(dies)
    assert (await started(world, schedule), await history(world, schedule)) == ([], [])
    await settle(world, NOON_MS + 1000)
    assert len(await started(world, schedule)) == len(await history(world, schedule)) == 1


async def test_a_time_that_comes_again_since_the_clock_was_put_back_is_passed_over(world: World) -> None:
    """A change, or a resumption, asks the clock when it is due next: it may name what stands in the history."""
    schedule, owner = await create(world), world.asker.user_id or ""
    await settle(world, NOON_MS)
    for _ in range(2):
        await world.do(lambda connection: schedules.resume(connection, schedule.id, owner, NOON_MS))
        await settle(world, NOON_MS)
        assert (await now(world, schedule)).next_ms == NOON_MS + HOUR_MS
    assert [run.due_ms for run in await history(world, schedule)] == [NOON_MS]
    assert len(await started(world, schedule)) == 1

    await world.do(lambda connection: schedules.resume(connection, schedule.id, owner, NOON_MS))
    gone = update(tables.agents).where(tables.agents.c.id == world.agent.agent_id).values(removed_ms=1)
    await world.do(lambda connection: connection.execute(gone))
    await settle(world, NOON_MS)
    assert (await now(world, schedule)).stopped == runs.NO_AGENT


async def test_a_due_time_has_one_line_in_the_history(world: World) -> None:
    """A run is noted in the transaction that issues its start: whatever forgot the first, the second is neither."""
    schedule = await create(world)
    noted = NewRun(f"due {NOON_MS}", NOON_MS, RunOutcome.STARTED)
    await world.do(lambda connection: schedules.note(connection, schedule.id, noted, NOON_MS))
    with pytest.raises(IntegrityError):
        await world.do(lambda connection: schedules.note(connection, schedule.id, noted, NOON_MS))


async def test_what_was_missed_is_skipped_and_a_fresh_time_runs(world: World) -> None:
    schedule = await create(world)
    await settle(world, NOON_MS + 3 * HOUR_MS + 10_000)
    fresh, skipped = await history(world, schedule)
    assert (skipped.outcome, skipped.due_ms, skipped.missed) == ("skipped", NOON_MS, 2)
    assert (skipped.session_id, skipped.problem) == (None, runs.MISSED)
    assert (fresh.outcome, fresh.due_ms) == ("started", NOON_MS + 3 * HOUR_MS)
    assert len(await started(world, schedule)) == 1


async def test_what_was_missed_is_made_up_for_by_one_run(world: World) -> None:
    schedule = await create(world, missed=Missed.ONCE)
    await settle(world, NOON_MS + 3 * HOUR_MS + 10_000)
    (run,) = await history(world, schedule)
    assert (run.outcome, run.due_ms, run.missed) == ("started", NOON_MS, 3)
    assert (await now(world, schedule)).next_ms == NOON_MS + 4 * HOUR_MS


@pytest.mark.parametrize("missed", list(Missed))
async def test_a_server_that_was_away_for_long_settles_that_in_few_steps(world: World, missed: Missed) -> None:
    schedule = await create(world, expression="* * * * *", missed=missed)
    year = 365 * 24 * HOUR_MS
    await settle(world, NOON_MS + year + 1000)
    first = (await history(world, schedule))[-1]
    assert (first.outcome, first.missed) == ("skipped" if missed is Missed.SKIP else "started", runs.MOST_MISSED)


async def test_a_time_that_is_a_little_late_still_runs(world: World) -> None:
    schedule = await create(world)
    await settle(world, NOON_MS + runs.LATE_MS)
    assert [run.outcome for run in await history(world, schedule)] == ["started"]
    await settle(world, NOON_MS + HOUR_MS + runs.LATE_MS + 1)
    assert [run.outcome for run in await history(world, schedule)] == ["skipped", "started"]


async def test_it_stops_when_whoever_made_it_may_not_start_sessions_any_more(world: World) -> None:
    def join(connection: Connection) -> str:
        bob = accounts.create(connection, "bob", None, 1)
        projects.put_member(connection, world.project_id, bob.id, Role.OPERATOR, 1)
        return bob.id

    bob = await world.do(join)
    lowered, gone = await create(world, user_id=bob), await create(world, NOON_MS + HOUR_MS, user_id=bob)
    await world.do(lambda connection: projects.put_member(connection, world.project_id, bob, Role.VIEWER, 1))
    await settle(world, NOON_MS)
    (run,) = await history(world, lowered)
    assert (run.outcome, run.session_id) == ("refused", None)
    assert run.problem is not None
    assert "bob may not start sessions" in run.problem
    stopped = await now(world, lowered)
    assert (stopped.next_ms, stopped.stopped) == (None, run.problem)
    await world.do(lambda connection: connection.execute(delete(tables.users).where(tables.users.c.id == bob)))
    await settle(world, NOON_MS + HOUR_MS)
    assert [run.problem for run in await history(world, gone)] == [runs.NOBODY]
    assert len(await history(world, lowered)) == 1, "what is stopped is not tried again"
    assert await started(world, lowered) == await started(world, gone) == []


async def test_it_stops_when_its_agent_was_removed(world: World) -> None:
    schedule = await create(world)
    gone = update(tables.agents).where(tables.agents.c.id == world.agent.agent_id).values(removed_ms=1)
    await world.do(lambda connection: connection.execute(gone))
    await settle(world, NOON_MS)
    assert [(run.outcome, run.problem) for run in await history(world, schedule)] == [("refused", runs.NO_AGENT)]
    assert (await now(world, schedule)).stopped == runs.NO_AGENT
    with pytest.raises(Conflict, match="removed"):
        await world.do(lambda connection: runs.run_by_hand(connection, schedule, str(uuid4()), world.asker, NOON_MS))


@pytest.mark.parametrize("broken", [{"time_zone": "Mars/Olympus"}, {"expression": "0 0 */31 * MON#5"}])
async def test_what_is_never_due_again_stops_and_is_not_resumed(world: World, broken: dict[str, Any]) -> None:
    schedule = await create(world, **broken)
    await settle(world, NOON_MS)
    assert [(run.outcome, run.problem) for run in await history(world, schedule)] == [("refused", runs.NEVER)]
    assert (await now(world, schedule)).stopped == runs.NEVER
    with pytest.raises(Conflict, match="never due"):
        runs.next_ms(schedule, NOON_MS)


async def test_a_start_that_is_refused_says_why_and_the_next_is_tried(world: World) -> None:
    schedule = await create(world)
    spent = Limits(0, None, "UTC")
    await world.do(lambda connection: budgets.set_limits(connection, world.project_id, spent))
    await settle(world, NOON_MS)
    (run,) = await history(world, schedule)
    assert run.outcome == "refused"
    assert "budget" in (run.problem or "")
    free = Limits(None, None, "UTC")
    await world.do(lambda connection: budgets.set_limits(connection, world.project_id, free))
    await settle(world, NOON_MS + HOUR_MS)
    assert [run.outcome for run in await history(world, schedule)] == ["started", "refused"]


async def test_nothing_is_left_of_a_start_that_is_refused_halfway(world: World) -> None:
    schedule = await create(world, prompt="x" * MAX_BODY_BYTES)
    await settle(world, NOON_MS)
    (run,) = await history(world, schedule)
    assert (run.outcome, run.session_id) == ("refused", None)
    assert await started(world, schedule) == []


async def test_what_is_paused_is_not_due_and_runs_by_hand_once_for_each_press(world: World) -> None:
    schedule = await create(world)
    await world.do(lambda connection: schedules.pause(connection, schedule.id))
    await settle(world, NOON_MS)
    assert await history(world, schedule) == []
    press, asker = str(uuid4()), Asker(world.asker.user_id, "ann")
    first, again = [
        await world.do(lambda connection: runs.run_by_hand(connection, schedule, press, asker, NOON_MS))
        for _ in range(2)
    ]
    assert first.answer == again.answer
    assert (len(first.issued), len(again.issued)) == (1, 0)
    (run,) = await history(world, schedule)
    assert (run.due_ms, run.outcome, run.started_by, run.session_id) == (None, "started", "ann", press)
    assert (await now(world, schedule)).next_ms is None
    with pytest.raises(Conflict):
        await world.do(lambda connection: runs.run_by_hand(connection, schedule, world.session_id, asker, NOON_MS))
    spent = Limits(0, None, "UTC")
    await world.do(lambda connection: budgets.set_limits(connection, world.project_id, spent))
    with pytest.raises(BudgetSpent):
        await world.do(lambda connection: runs.run_by_hand(connection, schedule, str(uuid4()), asker, NOON_MS))
    assert len(await history(world, schedule)) == 1


async def test_history_and_schedules_are_bounded(world: World) -> None:
    schedule = await create(world)

    def fill(connection: Connection) -> None:
        for n in range(KEPT_RUNS + 5):
            schedules.note(connection, schedule.id, NewRun(f"due {n}", n, RunOutcome.SKIPPED), NOON_MS)

    await world.do(fill)
    kept = await history(world, schedule)
    assert [run.no for run in kept] == list(range(KEPT_RUNS + 5, 5, -1))
    for _ in range(MAX_SCHEDULES - 1):
        await create(world)
    with pytest.raises(TooMany):
        await create(world)


async def test_a_removed_schedule_leaves_its_sessions(world: World) -> None:
    schedule = await create(world)
    await settle(world, NOON_MS)
    await world.do(lambda connection: schedules.remove(connection, schedule.id))
    (session,) = await started(world, schedule)
    assert (session.schedule_id, session.schedule_name) == (schedule.id, None)


async def test_a_deleted_session_stays_in_the_history_as_such(world: World) -> None:
    schedule = await create(world)
    await settle(world, NOON_MS)
    (session,) = await started(world, schedule)
    await world.do(lambda connection: sessions.remove(connection, session.id))
    (run,) = await history(world, schedule)
    assert (run.outcome, run.session_id, run.session_state) == ("started", None, None)


def request(session: Session) -> dict[str, object]:
    """Return the row of a request that waits for its answer."""
    return {
        "session_id": session.id,
        "request_id": "r1",
        "epoch": 1,
        "kind": "permission",
        "tool_name": "Bash",
        "title": "",
        "input": "{}",
        "suggestions": "[]",
        "state": "pending",
        "created_ms": 1,
    }


class TestEnding:
    """A session that ends when it is done."""

    async def through(self, world: World, schedule: Schedule) -> Session:
        """Return the session of a run whose Claude is through with its prompt at noon."""
        await settle(world, NOON_MS)
        (session,) = await started(world, schedule)
        idle = {"state": "running", "activity": "idle", "turns": 1, "since_ms": NOON_MS}
        mine = update(tables.sessions).where(tables.sessions.c.id == session.id).values(**idle)
        await world.do(lambda connection: connection.execute(mine))
        return session

    async def ended(self, world: World, session: Session, now_ms: int = NOON_MS + schedules.SETTLE_MS) -> int:
        """Look as the server does; return how often its end was asked for by now."""

        def look(connection: Connection) -> None:
            for each in runs.to_end(connection, now_ms):
                runs.end_done(connection, each, now_ms)

        await world.do(look)
        asked = tables.instructions.c.session_id == session.id
        is_end = tables.instructions.c.kind == InstructionKind.TERMINATE_SESSION.value
        found = await world.do(lambda connection: connection.execute(select(1).where(asked, is_end)).all())
        return len(found)

    async def test_its_end_is_asked_for_once(self, world: World) -> None:
        session = await self.through(world, await create(world))
        assert await self.ended(world, session, NOON_MS + schedules.SETTLE_MS - 1) == 0
        assert await self.ended(world, session) == 1
        assert await self.ended(world, session) == 1

    @pytest.mark.parametrize("change", ["removed", "changed to leave them open"])
    async def test_it_ends_as_its_schedule_had_it_when_it_started_it(self, world: World, change: str) -> None:
        schedule = await create(world)
        session = await self.through(world, schedule)
        user_id = world.asker.user_id
        assert user_id is not None

        def become_other(connection: Connection) -> None:
            if change == "removed":
                schedules.remove(connection, schedule.id)
            else:
                schedules.change(connection, schedule.id, plan(world, ends_when_done=False), user_id, None)

        await world.do(become_other)
        assert await self.ended(world, session) == 1

    async def test_who_goes_on_with_it_has_it_for_good(self, world: World) -> None:
        session = await self.through(world, await create(world))
        place = await world.store.read(lambda connection: sessions.place(connection, session.id))
        assert place is not None
        await world.do(
            lambda connection: accept.command(connection, place, "and more", str(uuid4()), world.asker, NOON_MS)
        )
        assert await self.ended(world, session) == 0

    async def test_what_a_limit_has_stopped_is_not_through_while_somebody_waits_for_its_reset(
        self, world: World
    ) -> None:
        session = await self.through(world, await create(world))
        stopped = Stopped(3, "five_hour", NOON_MS + HOUR_MS, has_worked=True)
        await world.do(lambda connection: plan_limits.note(connection, session.id, stopped, NOON_MS))
        await world.do(lambda connection: plan_limits.set_prompt(connection, session.id, "Continue.", NOON_MS))
        assert await self.ended(world, session) == 0
        await world.do(lambda connection: plan_limits.cancel(connection, session.id))
        assert await self.ended(world, session) == 0, "it waits for whoever called that off"
        await world.do(lambda connection: plan_limits.note(connection, session.id, WentOn(4), NOON_MS))
        assert await self.ended(world, session) == 1

    async def test_what_a_limit_has_stopped_ends_where_nothing_is_to_be_said_then(self, world: World) -> None:
        session = await self.through(world, await create(world))
        stopped = Stopped(3, "five_hour", NOON_MS + HOUR_MS, has_worked=True)
        await world.do(lambda connection: plan_limits.note(connection, session.id, stopped, NOON_MS))
        assert await self.ended(world, session) == 1

    @pytest.mark.parametrize("what", ["an answer", "what was said by itself"])
    async def test_an_answer_and_what_the_server_said_keep_nothing_open(self, world: World, what: str) -> None:
        session = await self.through(world, await create(world))
        place = await world.store.read(lambda connection: sessions.place(connection, session.id))
        assert place is not None
        command_id = str(uuid4())

        def say(connection: Connection) -> None:
            asker = world.asker if what == "an answer" else Asker()
            accept.issue_command(connection, place, "{}", command_id, asker, NOON_MS)
            if what == "an answer":
                answered = {**request(session), "state": "answered", "answer": "allow", "instruction_id": command_id}
                connection.execute(insert(tables.requests).values(answered))

        await world.do(say)
        later = NOON_MS + HOUR_MS
        assert await self.ended(world, session, later) == 0, "Claude has not had it yet"
        done = update(tables.instructions).where(tables.instructions.c.id == command_id)
        given = done.values(state="done", done_ms=later)
        await world.do(lambda connection: connection.execute(given))
        assert await self.ended(world, session, later + schedules.SETTLE_MS - 1) == 0, "Claude is to take it up"
        assert await self.ended(world, session, later + schedules.SETTLE_MS) == 1
        assert await self.ended(world, session, later + HOUR_MS) == 1

    async def test_what_asks_something_or_was_to_stay_open_stays(self, world: World) -> None:
        asking = await self.through(world, await create(world))
        await world.do(lambda connection: connection.execute(insert(tables.requests).values(request(asking))))
        assert await self.ended(world, asking) == 0
        kept = await self.through(world, await create(world, ends_when_done=False))
        assert await self.ended(world, kept) == 0


async def test_a_schedule_of_another_project_is_not_found(world: World) -> None:
    schedule = await create(world)
    with pytest.raises(NotFound):
        await world.store.read(lambda connection: schedules.get(connection, "prj_other", schedule.id))
