"""What a limit of the account stops goes on after its reset: once, and only if nothing else was said (I-18)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from sqlalchemy import Connection, update

from claudios.protocol.errors import Conflict
from claudios.protocol.messages import EndReason, InstructionKind, Outcome, Report, SessionState
from claudios.server.instructions import accept, going_on, outcome, resumption, revise, starting, waiting
from claudios.server.instructions.accept import Accepted
from claudios.server.projections.fold import Fold
from claudios.server.projections.life import Life
from claudios.server.projections.plan_limits import PlanLimits, Stopped, WentOn
from claudios.server.store import (
    agents,
    asked,
    budgets,
    folds,
    instructions,
    lives,
    plan_limits,
    prompts,
    sessions,
    tables,
    worktrees,
)
from claudios.server.store.engine import Store
from claudios.server.store.folds import Save
from claudios.server.store.plan_limits import AFTER_MS, MOST_TRIES, SPREAD_MS
from claudios.server.store.sessions import Resume
from tests.contract.test_data_path_store import SUMS, World, made
from tests.contract.test_usage import NOON_MS, Writer
from tests.unit.server.projections.transcripts import result, said, state, system, text, user

HOUR_MS = 3_600_000
RESET_MS = NOON_MS + 2 * HOUR_MS
LATER_MS = RESET_MS + AFTER_MS + SPREAD_MS
SIX_DAYS_MS = 6 * 24 * HOUR_MS


class Told(Writer):
    """Folds what Claude says, of limits too, and keeps it as a room does."""

    now_ms = NOON_MS

    async def keep(self, fold: Fold) -> None:
        new = Save(
            fold.checkpoint(),
            fold.dirty(),
            (),
            SUMS,
            fold.facts.life,
            True,
            None,
            tuple(fold.turns()),
            fold.plan_limits(),
            fold.limit_news(),
        )
        await self.world.do(lambda connection: folds.save(connection, self.world.session_id, new, self.now_ms))

    async def stopped(self, resets_ms: int = RESET_MS, *, written: int = 0) -> None:
        """Have a turn end because the five-hour limit is reached, in the CLI's own words."""
        limit = {"status": "rejected", "resetsAt": resets_ms // 1000, "rateLimitType": "five_hour"}
        refused = said(
            text("You've hit your 5-hour limit"),
            error="rate_limit",
            api_error="usage_limit_reached",
            api_error_params={"rate_limit_info": limit},
        )
        usage = {"input_tokens": 0, "output_tokens": written}
        ended = result(is_error=True, api_error_status=429, terminal_reason="api_error", usage=usage)
        await self.send({"type": "rate_limit_event", "rate_limit_info": limit}, refused, ended, state("idle"))


@pytest.fixture
async def world(store: Store) -> World:
    """A session whose first prompt was taken up and answered."""
    there = await made(store, is_connected=True)
    done = Report(instruction_id=there.session_id, outcome=Outcome.DONE)
    await there.do(lambda c: instructions.mark_taken(c, there.agent.agent_id, 1))
    await there.do(lambda c: outcome.settle(c, there.agent.agent_id, done, 3))
    return there


@pytest.fixture
async def claude(world: World) -> Told:
    """Claude in that session, which goes on by itself."""
    told = Told(world)
    await told.send(system("init"), user("hello there", world.session_id, isReplay=True), result(), state("idle"))
    await choose(world, "Continue.")
    return told


async def choose(world: World, prompt: str | None, now_ms: int = NOON_MS) -> None:
    await world.do(lambda c: going_on.set_prompt(c, world.session_id, prompt, now_ms))


async def due(world: World, now_ms: int = LATER_MS) -> list[str]:
    return await world.store.read(lambda c: going_on.due(c, now_ms))


async def look(world: World, now_ms: int = LATER_MS) -> Accepted[int]:
    """Do as the loop does, in one go."""
    for session_id in await due(world, now_ms):
        return await world.do(lambda c: going_on.go_on(c, session_id, now_ms))  # noqa: B023
    return Accepted(0, "")


async def prompts_of(world: World) -> list[tuple[str | None, str | None]]:
    found = await world.store.read(lambda c: instructions.of_session(c, world.session_id, 100))
    return [(each.text, each.created_by) for each in found if each.kind is not InstructionKind.TERMINATE_SESSION]


FIRST = ("hello there", "ann")


async def test_a_stopped_session_goes_on_after_the_reset_and_once(world: World, claude: Told) -> None:
    await claude.stopped()
    stop = (await world.session()).stopped_by
    assert stop is not None
    assert stop.goes_on_ms is not None
    assert (stop.kind, stop.resets_ms) == ("five_hour", RESET_MS)
    assert RESET_MS + AFTER_MS <= stop.goes_on_ms < LATER_MS
    assert await due(world, stop.goes_on_ms - 1) == []
    done = await asyncio.gather(*[world.do(lambda c: going_on.go_on(c, world.session_id, LATER_MS)) for _ in range(5)])
    assert sorted(each.answer for each in done) == [0, 0, 0, 0, 1]
    assert await prompts_of(world) == [FIRST, ("Continue.", None)]
    assert (await world.session()).stopped_by is None
    await claude.fold_anew()
    assert (await look(world)).answer == 0, "the same stop, told again"
    assert await prompts_of(world) == [FIRST, ("Continue.", None)]


async def test_what_one_limit_stopped_does_not_go_on_at_one_moment(world: World, claude: Told) -> None:
    times = set()
    for seq in range(100, 120):
        stopped = Stopped(seq, "five_hour", RESET_MS, has_worked=True)
        await world.do(lambda c, stopped=stopped: plan_limits.note(c, world.session_id, stopped, NOON_MS))  # type: ignore[misc]
        stop = (await world.session()).stopped_by
        assert stop is not None
        assert stop.goes_on_ms is not None
        times.add(stop.goes_on_ms)
    assert min(times) >= RESET_MS + AFTER_MS
    assert max(times) < LATER_MS
    assert max(times) - min(times) > SPREAD_MS // 2


async def test_a_server_that_was_killed_before_its_commit_says_it_once_all_the_same(world: World, claude: Told) -> None:
    """What is said and the note that it is are one transaction."""
    await claude.stopped()

    def killed(connection: Connection) -> None:
        assert going_on.go_on(connection, world.session_id, LATER_MS).answer == 1
        raise KeyError

    with pytest.raises(KeyError):
        await world.do(killed)
    assert await prompts_of(world) == [FIRST]
    assert [(await look(world)).answer for _ in range(3)] == [1, 0, 0]
    assert await prompts_of(world) == [FIRST, ("Continue.", None)]


async def test_what_stopped_a_session_without_the_choice_waits_for_a_person(world: World, claude: Told) -> None:
    await choose(world, None)
    await claude.stopped()
    stop = (await world.session()).stopped_by
    assert stop is not None
    assert (stop.resets_ms, stop.goes_on_ms) == (RESET_MS, None)
    assert await due(world) == []
    await choose(world, "Go on.", RESET_MS - 1)
    assert (await look(world)).answer == 1, "it was chosen in time"
    assert (await prompts_of(world))[-1] == ("Go on.", None)


async def test_a_choice_after_the_reset_sets_nothing_going_that_nobody_expects(world: World, claude: Told) -> None:
    await choose(world, None)
    await claude.stopped()
    await choose(world, "Continue.", RESET_MS)
    assert (await look(world, RESET_MS + SIX_DAYS_MS)).answer == 0


async def sends(world: World) -> None:
    place = await world.place()
    await world.do(lambda c: accept.command(c, place, "Do this instead.", str(uuid4()), world.asker, NOON_MS))


async def switches_it_off(world: World) -> None:
    await choose(world, None)


async def calls_it_off(world: World) -> None:
    await world.do(lambda c: going_on.cancel(c, world.session_id))
    stop = (await world.session()).stopped_by
    assert stop is not None
    assert stop.goes_on_ms is None


async def terminates(world: World) -> None:
    place = await world.place()
    await world.do(lambda c: accept.terminate(c, place, world.asker, NOON_MS))
    await end(world, EndReason.TERMINATED)


async def sends_what_waited(world: World) -> None:
    place, prompt_id = await world.place(), str(uuid4())
    await world.do(lambda c: waiting.add(c, place, prompt_id, "Do this.", world.asker, NOON_MS))
    await world.do(lambda c: waiting.send(c, place, prompt_id, NOON_MS))


async def resumes(world: World) -> None:
    await end(world, EndReason.EXITED)
    place = await world.place()
    await world.do(lambda c: starting.resume(c, place, None, world.asker, NOON_MS))
    await end(world, EndReason.EXITED)


async def archives(world: World) -> None:
    await end(world, EndReason.EXITED)
    await world.do(lambda c: sessions.archive(c, world.session_id, NOON_MS))


async def removes_the_worktree(world: World) -> None:
    def remove(connection: Connection) -> None:
        mine = tables.sessions.c.id == world.session_id
        connection.execute(update(tables.sessions).where(mine).values(has_worktree=True, worktree_branch="claudios/1"))
        worktrees.removed(connection, world.session_id, NOON_MS)

    await end(world, EndReason.EXITED)
    await world.do(remove)


async def removes_the_machine(world: World) -> None:
    await end(world, EndReason.EXITED)
    await world.do(lambda c: agents.remove(c, world.agent.agent_id, NOON_MS))


async def end(world: World, reason: EndReason) -> None:
    ended = Life((await world.session()).epoch, SessionState.ENDED, reason)
    await world.do(lambda c: lives.witness(c, world.session_id, ended, NOON_MS))


@pytest.mark.parametrize(
    "person",
    [
        sends,
        switches_it_off,
        calls_it_off,
        terminates,
        sends_what_waited,
        resumes,
        archives,
        removes_the_worktree,
        removes_the_machine,
    ],
)
async def test_nothing_is_said_by_itself_where_a_person_has_said_what_is_to_happen(
    world: World, claude: Told, person: Callable[[World], Awaitable[None]]
) -> None:
    await claude.stopped()
    await person(world)
    before = await prompts_of(world)
    assert (await look(world)).answer == 0
    assert await due(world) == []
    assert await prompts_of(world) == before


async def test_what_was_called_off_is_the_one_stop_and_no_other(world: World, claude: Told) -> None:
    await claude.stopped()
    await calls_it_off(world)
    with pytest.raises(Conflict):
        await world.do(lambda c: going_on.cancel(c, world.session_id))
    await claude.stopped(RESET_MS + HOUR_MS)
    assert (await look(world, LATER_MS + HOUR_MS)).answer == 1


async def test_a_turn_that_was_completed_since_lets_nothing_be_said(world: World, claude: Told) -> None:
    await claude.stopped()
    await claude.send(result(), state("idle"))
    assert (await world.session()).stopped_by is None
    assert (await look(world)).answer == 0


async def test_an_end_that_was_asked_for_while_the_turn_ran_counts_as_one(world: World, claude: Told) -> None:
    """The machine told of the limit only after somebody had asked for the session's end."""
    await terminates(world)
    await claude.stopped()
    assert (await world.session()).stopped_by is not None
    assert (await look(world)).answer == 0
    assert await due(world) == [], "no look at it takes a transaction that writes"


@pytest.mark.parametrize("reason", [EndReason.EXITED, EndReason.FAILED, EndReason.LOST])
async def test_a_session_whose_process_ended_is_resumed_with_what_is_said(
    world: World, claude: Told, reason: EndReason
) -> None:
    await claude.stopped()
    await end(world, reason)
    assert (await look(world)).answer == 1
    session = await world.session()
    assert (session.state, session.epoch, session.stopped_by) == (SessionState.QUEUED, 2, None)
    assert await prompts_of(world) == [FIRST, ("Continue.", None)]
    assert (await look(world)).answer == 0


async def test_a_session_that_resumes_by_itself_after_a_loss_is_resumed_first(world: World, claude: Told) -> None:
    await world.do(lambda c: sessions.set_resume(c, world.session_id, Resume.AUTOMATIC))
    await claude.stopped()
    await end(world, EndReason.LOST)
    assert (await look(world)).answer == 0
    await world.do(lambda c: resumption.resume_by_itself(c, world.session_id, NOON_MS))
    assert await due(world) == [], "it has not started"
    running = Life(2, SessionState.RUNNING)
    await world.do(lambda c: lives.witness(c, world.session_id, running, NOON_MS))
    started = resumption.start_id(world.session_id, 2)
    await world.do(lambda c: instructions.mark_taken(c, world.agent.agent_id, 9))
    done = Report(instruction_id=started, outcome=Outcome.DONE)
    await world.do(lambda c: outcome.settle(c, world.agent.agent_id, done, 3))
    await claude.send(state("idle"))
    assert (await look(world)).answer == 1
    assert (await prompts_of(world))[-1] == ("Continue.", None)


async def test_a_session_without_money_waits_for_it(world: World, claude: Told) -> None:
    await claude.stopped()
    await world.do(lambda c: budgets.set_session_limit(c, world.session_id, 1))
    assert await due(world) == []
    assert (await world.do(lambda c: going_on.go_on(c, world.session_id, LATER_MS))).answer == 0
    await world.do(lambda c: budgets.set_session_limit(c, world.session_id, None))
    assert (await look(world)).answer == 1


async def test_prompts_that_wait_are_not_burnt_on_the_limit(world: World, claude: Told) -> None:
    await claude.stopped()
    place = await world.place()
    await world.do(lambda c: waiting.add(c, place, str(uuid4()), "Then this.", world.asker, NOON_MS))
    assert await prompts_of(world) == [FIRST]
    assert (await look(world)).answer == 1
    assert await prompts_of(world) == [FIRST, ("Continue.", None)]
    left = await world.store.read(lambda c: prompts.queue(c, world.session_id))
    assert [each.text for each in left.prompts] == ["Then this."]
    assert await world.store.read(lambda c: prompts.due(c)) == [world.session_id]


async def test_a_session_that_says_nothing_between_limits_is_left_to_a_person(world: World, claude: Told) -> None:
    for n in range(MOST_TRIES):
        await claude.stopped(RESET_MS + n * HOUR_MS)
        assert (await look(world, LATER_MS + n * HOUR_MS)).answer == 1
        await take_up(claude)
    await claude.stopped(RESET_MS + 9 * HOUR_MS)
    stop = (await world.session()).stopped_by
    assert stop is not None
    assert stop.goes_on_ms is None
    assert (await look(world, LATER_MS + 9 * HOUR_MS)).answer == 0
    await claude.stopped(RESET_MS + 10 * HOUR_MS, written=4)
    assert (await look(world, LATER_MS + 10 * HOUR_MS)).answer == 1, "it has worked meanwhile"


async def take_up(claude: Told) -> None:
    """Have the machine report what was said as done, and Claude take it up."""
    world = claude.world
    newest = await world.store.read(lambda c: asked.newest_prompt(c, world.session_id))
    assert newest is not None
    await world.do(lambda c: instructions.mark_taken(c, world.agent.agent_id, 99))
    done = Report(instruction_id=newest.id, outcome=Outcome.DONE)
    await world.do(lambda c: outcome.settle(c, world.agent.agent_id, done, 3))
    await claude.send(user("Continue.", newest.id, isReplay=True))


async def test_nothing_is_said_before_the_prompt_that_was_sent_last_is_through(world: World, claude: Told) -> None:
    """A prompt that a person sent before the limit was told of, and that Claude works on."""
    await sends(world)
    await claude.stopped()
    assert await due(world) == [], "no look at it takes a transaction that writes"
    assert (await world.do(lambda c: going_on.go_on(c, world.session_id, LATER_MS))).answer == 0


async def test_an_archived_session_does_not_go_on_nor_when_it_is_brought_back(world: World, claude: Told) -> None:
    await claude.stopped()
    await end(world, EndReason.EXITED)
    assert await world.do(lambda c: going_on.archive(c, world.session_id, NOON_MS))
    stop = (await world.session()).stopped_by
    assert stop is not None
    assert (stop.resets_ms, stop.goes_on_ms) == (RESET_MS, None)
    assert await due(world) == []
    await world.do(lambda c: going_on.bring_back(c, world.session_id))
    session = await world.session()
    assert session.stopped_by is not None
    assert (session.archived_ms, session.stopped_by.goes_on_ms) == (None, None)
    assert await due(world) == []


async def test_a_session_that_was_archived_before_shows_no_time_at_which_it_goes_on(world: World, claude: Told) -> None:
    await claude.stopped()
    await end(world, EndReason.EXITED)
    await world.do(lambda c: sessions.archive(c, world.session_id, NOON_MS))
    stop = (await world.session()).stopped_by
    assert stop is not None
    assert stop.goes_on_ms is None


async def test_an_id_that_somebody_took_is_not_used_again(world: World, claude: Told) -> None:
    await claude.stopped()
    place, taken = await world.place(), going_on.prompt_id(world.session_id, claude.fold.position)
    await world.do(lambda c: prompts.add(c, place.session_id, taken, "mine", world.asker.user_id, NOON_MS))
    assert (await look(world)).answer == 0
    assert await due(world) == []


async def test_a_deleted_session_leaves_nothing_behind(world: World, claude: Told) -> None:
    await claude.stopped()
    await end(world, EndReason.EXITED)
    await world.do(lambda c: revise.delete_session(c, world.session_id))
    assert await due(world) == []


def reported(at_ms: int, used: float, kind: str = "five_hour", resets_ms: int = RESET_MS) -> dict[str, object]:
    return {
        "type": "rate_limit_event",
        "rate_limit_info": {
            "status": "allowed",
            "rateLimitType": kind,
            "resetsAt": resets_ms // 1000,
            "utilization": used,
        },
    }


async def limits_of(world: World) -> PlanLimits | None:
    found = await world.store.read(lambda c: agents.get(c, world.agent.agent_id, NOON_MS))
    return found.limits


def say(at_ms: int, used: float, kind: str = "five_hour") -> PlanLimits:
    window = {"kind": kind, "used": used, "resets_ms": RESET_MS}
    return PlanLimits.model_validate(
        {"standing": "free", "kind": kind, "uses_credits": False, "windows": [window], "at_ms": at_ms}
    )


async def test_an_agent_shows_the_newest_word_on_its_account(world: World, claude: Told) -> None:
    assert await limits_of(world) is None
    agent_id = world.agent.agent_id
    assert await world.do(lambda c: plan_limits.put(c, agent_id, say(5, 0.3), NOON_MS))
    assert not await world.do(lambda c: plan_limits.put(c, agent_id, say(4, 0.1), NOON_MS)), "an older log, folded anew"
    assert await world.do(lambda c: plan_limits.put(c, agent_id, say(6, 0.2, "seven_day"), NOON_MS))
    found = await limits_of(world)
    assert found is not None
    assert [(each.kind, each.used) for each in found.windows] == [("seven_day", 0.2), ("five_hour", 0.3)]
    await world.do(lambda c: plan_limits.put(c, agent_id, say(NOON_MS + 5, 0.4), NOON_MS))
    found = await limits_of(world)
    assert found is not None
    assert found.at_ms == NOON_MS, "a machine's clock that is ahead keeps out no later word"


async def test_people_are_told_of_limits_with_the_agent(world: World, claude: Told) -> None:
    fold = Fold()
    fold.feed(claude.output.batch(1, b"").frames)
    new = Save(fold.checkpoint(), (), (), SUMS, fold.facts.life, False, None, (), say(5, 0.75))
    told = await world.do(lambda c: folds.save(c, world.session_id, new, NOON_MS))
    assert any('"type":"agent"' in each.message and '"used":0.75' in each.message for each in told)


async def test_what_is_told_twice_or_late_changes_no_stop(world: World, claude: Told) -> None:
    await claude.stopped()
    before = (await world.session()).stopped_by
    assert before is not None
    seq = claude.fold.position
    for news in (WentOn(seq - 1), Stopped(seq - 1, "seven_day", 1, True), Stopped(seq, "seven_day", 1, True)):
        await world.do(lambda c, news=news: plan_limits.note(c, world.session_id, news, NOON_MS))  # type: ignore[misc]
    assert (await world.session()).stopped_by == before
