"""Sessions that ask for a git worktree, and what their agent says of it (rule I-19)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.errors import Conflict
from claudios.protocol.messages import EndReason, Mode, PermissionMode, SessionState, SessionStatus, Worktree
from claudios.server.instructions import forking, starting
from claudios.server.instructions.accept import Accepted
from claudios.server.projections.life import Life
from claudios.server.projections.plan_limits import Stopped
from claudios.server.store import directories, lives, plan_limits, progress, reopening, sessions, worktrees
from claudios.server.store.engine import Store
from claudios.server.store.sessions import NewSession, Resume, Session, SessionWorktree
from tests.contract.test_data_path_store import SUMS, World, made

MADE = Worktree(repository="/work", directory="/state/worktrees/work-1", branch="claudios/1", base="main")
ENDED = Life(1, SessionState.ENDED, EndReason.TERMINATED)


@pytest.fixture
async def world(store: Store) -> World:
    """The agent has not said yet what it knows."""
    return await made(store, is_connected=False)


async def start(world: World) -> tuple[World, Accepted[Session]]:
    """Start a session in a worktree; return the world of that session."""
    new = NewSession(
        str(uuid4()), world.project_id, world.agent.agent_id, "", Mode.CHAT, "/work/sub", None, PermissionMode.DEFAULT
    )
    wanted = replace(new, has_worktree=True)
    accepted = await world.do(lambda connection: starting.start(connection, wanted, None, world.asker, 2))
    return replace(world, session_id=new.id), accepted


async def say(world: World, worktree: Worktree | None, agent_id: str | None = None) -> int:
    """Have an agent tell of the session; return how many changes people are told of."""
    status = SessionStatus(session_id=world.session_id, epoch=1, state=SessionState.QUEUED, worktree=worktree)
    whose = agent_id or world.agent.agent_id
    return len(await world.do(lambda connection: lives.agent_says(connection, whose, [status], 3)))


async def end(world: World) -> None:
    await world.do(lambda connection: lives.witness(connection, world.session_id, ENDED, 4))


async def resume(world: World) -> Any:
    place = await world.place()
    accepted = await world.do(lambda connection: starting.resume(connection, place, None, world.asker, 5))
    return body_of(accepted)


def body_of(accepted: Accepted[Session]) -> Any:
    (issued,) = accepted.issued
    return json.loads(issued.body)


class TestWorktree:
    async def test_a_start_asks_for_one_in_a_way_that_an_older_agent_refuses(self, world: World) -> None:
        _, accepted = await start(world)
        assert body_of(accepted)["directory"] == {"of": "/work/sub"}
        assert accepted.answer.worktree == SessionWorktree()
        assert (await world.session()).worktree is None

    async def test_an_agent_that_is_known_to_make_none_is_not_asked(self, store: Store) -> None:
        world = await made(store, is_connected=True)
        with pytest.raises(Conflict, match="makes no worktrees"):
            await start(world)

    async def test_what_its_agent_made_is_kept_once(self, world: World) -> None:
        apart, _ = await start(world)
        assert await say(apart, MADE) == 1
        session = await apart.session()
        assert session.directory == MADE.directory
        assert session.worktree == SessionWorktree(repository="/work", branch="claudios/1", base="main")
        assert await say(apart, MADE.model_copy(update={"branch": "another"})) == 0
        assert await apart.session() == session

    async def test_no_other_agent_and_no_session_without_one_changes_by_that(self, world: World) -> None:
        apart, _ = await start(world)
        assert await say(apart, MADE, agent_id="another") == 0
        assert (await apart.session()).worktree == SessionWorktree()
        assert await say(world, MADE) == 0
        assert (await world.session()).directory == "/work"

    async def test_it_goes_on_in_its_worktree_and_is_forked_there(self, world: World) -> None:
        apart, _ = await start(world)
        await say(apart, MADE)
        sums = replace(SUMS, turns=1)
        await apart.do(lambda connection: progress.save_fold(connection, apart.session_id, 0, b"", sums, 4))
        place = await apart.place()
        forked = await apart.do(
            lambda connection: forking.fork(connection, place, str(uuid4()), "", None, apart.asker, 5)
        )
        assert body_of(forked)["directory"] == MADE.directory
        await end(apart)
        assert (await resume(apart))["directory"] == MADE.directory

    async def test_one_that_was_never_made_is_asked_for_again(self, world: World) -> None:
        apart, _ = await start(world)
        await end(apart)
        assert (await resume(apart))["directory"] == {"of": "/work/sub"}

    async def test_nothing_goes_on_in_a_removed_one(self, world: World) -> None:
        apart, _ = await start(world)
        await say(apart, MADE)
        await end(apart)
        await apart.do(lambda connection: worktrees.removed(connection, apart.session_id, 6))
        assert (await apart.session()).worktree == SessionWorktree(
            repository="/work", branch="claudios/1", base="main", removed_ms=6
        )
        with pytest.raises(Conflict, match="was removed"):
            await resume(apart)

    async def test_nothing_is_due_by_itself_in_a_removed_one(self, world: World) -> None:
        """Each look at what can not be done would take a transaction that writes, for ever."""
        apart, _ = await start(world)
        await say(apart, MADE)
        lost = replace(ENDED, reason=EndReason.LOST)
        stopped = Stopped(seq=1, kind=None, resets_ms=4, has_worked=True)

        def stop(connection: Connection) -> None:
            sessions.set_resume(connection, apart.session_id, Resume.AUTOMATIC)
            plan_limits.set_prompt(connection, apart.session_id, "Go on.", 3)
            plan_limits.note(connection, apart.session_id, stopped, 4)
            lives.witness(connection, apart.session_id, lost, 5)

        def due(connection: Connection) -> list[list[str]]:
            return [reopening.to_resume(connection), plan_limits.due(connection, 10**9)]

        await apart.do(stop)
        assert await apart.store.read(due) == [[apart.session_id]] * 2
        await apart.do(lambda connection: worktrees.removed(connection, apart.session_id, 6))
        assert await apart.store.read(due) == [[], []]

    async def test_its_directory_is_offered_as_the_repository_s(self, world: World) -> None:
        apart, _ = await start(world)
        await say(apart, MADE)
        sums = replace(SUMS, turns=1)
        await apart.do(lambda connection: progress.save_fold(connection, apart.session_id, 0, b"", sums, 4))
        place = await apart.place()
        await apart.do(lambda connection: forking.fork(connection, place, str(uuid4()), "", None, apart.asker, 5))
        recent = await world.store.read(lambda connection: directories.recent(connection, world.agent.agent_id))
        assert [(each.directory, each.used_ms) for each in recent] == [("/work", 2)]

    async def test_who_still_works_in_a_directory_or_below_it_is_named(self, world: World) -> None:
        def living(directory: str) -> Any:
            agent_id = world.agent.agent_id
            return world.store.read(lambda connection: worktrees.living_in(connection, agent_id, directory))

        assert await living("/work") == ["hello there"]
        assert await living("/wor") == []
        await end(world)
        assert await living("/work") == []
