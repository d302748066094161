"""What the tables themselves let happen once, and what agents and projects change: only what is their own."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from claudios.protocol.messages import InstructionKind, Mode, PermissionMode, SessionState
from claudios.protocol.tombstone import Cause
from claudios.server.instructions import starting
from claudios.server.instructions.lifecycle import InstructionState
from claudios.server.keys import ServerKey
from claudios.server.store import agents, checkpoints, instructions, issuing, log, projects, retention, tables
from claudios.server.store.engine import Store
from claudios.server.store.retention import DAY_MS, Amount, Due, Policy
from claudios.server.store.sessions import NewSession
from tests.contract.test_data_path_store import World, made
from tests.helpers.records import Signer
from tests.helpers.synthetic_agent import SyntheticAgent

LATER_MS = 100 * DAY_MS


@pytest.fixture
async def world(store: Store) -> World:
    """The agent was never connected: what it is asked waits."""
    return await made(store, is_connected=False)


async def beside(world: World) -> World:
    """Return another project of the same person, with an agent and a session of its own."""

    def build(connection: Connection) -> World:
        project = projects.create(connection, world.asker.user_id or "", "beside", 1)
        found, token = agents.create(connection, ServerKey(bytes(32)), project.id, "agent", 1)
        new = NewSession(str(uuid4()), project.id, found.id, "", Mode.CHAT, "/work", None, PermissionMode.DEFAULT)
        starting.start(connection, new, "hello there", world.asker, 1)
        agent = SyntheticAgent("", project.id, found.id, token)
        return World(world.store, world.asker, project.id, agent, new.id)

    return await world.do(build)


async def close(world: World) -> None:
    """Have the session ended with one frame of output, and its log closed by its machine."""
    batch = world.output().batch(0, b"one")
    final = Signer(world.agent.agent_id, world.session_id).sign(1, batch.head, final=True)

    def work(connection: Connection) -> None:
        log.append(connection, world.source(0), batch, 9)
        checkpoints.add(connection, final, 9)
        mine = tables.sessions.c.id == world.session_id
        connection.execute(update(tables.sessions).where(mine).values(state=SessionState.ENDED.value))
        asked = tables.instructions.c.session_id == world.session_id
        connection.execute(update(tables.instructions).where(asked).values(state=InstructionState.DONE.value))
        its = tables.agents.c.id == world.agent.agent_id
        connection.execute(update(tables.agents).where(its).values(received=tables.agents.c.iseq))

    await world.do(work)


class TestTables:
    async def test_a_session_has_one_batch_that_begins_at_a_frame(self, world: World) -> None:
        batch = world.output().batch(0, b"one")
        await world.do(lambda connection: log.append(connection, world.source(0), batch, 9))
        with pytest.raises(IntegrityError):
            await world.do(lambda connection: log.append(connection, world.source(0), batch, 9))

    async def test_an_agents_log_has_one_instruction_of_each_number(self, world: World) -> None:
        def number_again(connection: Connection) -> None:
            mine = tables.agents.c.id == world.agent.agent_id
            connection.execute(update(tables.agents).where(mine).values(iseq=0))
            draft = issuing.Draft(str(uuid4()), InstructionKind.COMMAND, world.session_id, "{}", 9)
            issuing.issue(connection, world.agent.agent_id, [draft], None, 1)

        with pytest.raises(IntegrityError):
            await world.do(number_again)


class TestAgents:
    """What one agent takes is not taken by another, whose log has the same numbers."""

    async def states(self, *worlds: World) -> list[str]:
        ids = [each.session_id for each in worlds]
        rows = await worlds[0].store.read(
            lambda connection: connection.execute(
                select(tables.instructions.c.id, tables.instructions.c.state).where(tables.instructions.c.id.in_(ids))
            ).all()
        )
        found: dict[str, str] = {row.id: row.state for row in rows}
        return [found[each] for each in ids]

    async def test_a_link_claims_its_own_agents_instructions_only(self, world: World) -> None:
        other = await beside(world)
        claim = partial(instructions.claim, agent_id=world.agent.agent_id, iseq=0, most=9)
        _, (claimed,) = await world.do(claim)
        assert claimed.view.id == world.session_id
        assert await self.states(world, other) == ["sent", "queued"]

    async def test_an_agent_takes_its_own_instructions_only(self, world: World) -> None:
        other = await beside(world)
        for each in (world, other):
            await each.do(partial(instructions.claim, agent_id=each.agent.agent_id, iseq=0, most=9))
        (taken,) = await world.do(partial(instructions.mark_taken, agent_id=world.agent.agent_id, iseq=1))
        assert taken.view.id == world.session_id
        assert await self.states(world, other) == ["taken", "sent"]


class TestProjects:
    """What one project keeps is nothing to another."""

    async def test_only_output_of_the_project_is_counted_and_due(self, world: World) -> None:
        other = await beside(world)
        for each in (world, other):
            await close(each)
        size = len(world.output().batch(0, b"one").frames)
        assert await world.store.read(partial(retention.stored, project_id=world.project_id)) == Amount(
            sessions=1, bytes=size
        )
        kept = Policy(keep_days=1, keep_bytes=None)
        due = await world.store.read(lambda connection: retention.due(connection, world.project_id, kept, LATER_MS))
        assert due == [Due(world.session_id, 1, 1, size, Cause.AGE, 1)]

    async def test_a_new_policy_has_only_its_own_project_tried_again(self, world: World) -> None:
        other = await beside(world)
        for each in (world, other):
            await close(each)
            found = Due(each.session_id, 1, 1, 1, Cause.AGE, 1)
            assert await each.do(partial(retention.note_unremovable, found=found, why="damaged"))
        kept = Policy(keep_days=1, keep_bytes=None)
        await world.do(lambda connection: retention.set_policy(connection, world.project_id, kept))
        counts = [
            await each.store.read(partial(retention.unremovable, project_id=each.project_id)) for each in (world, other)
        ]
        assert counts == [0, 1]
        policies = [
            await each.store.read(partial(retention.policy, project_id=each.project_id)) for each in (world, other)
        ]
        assert [each.keep_days for each in policies] == [1, None]

    async def test_only_what_failed_in_the_project_is_counted(self, world: World) -> None:
        other = await beside(world)
        await close(other)
        found = Due(other.session_id, 1, 1, 1, Cause.AGE, 1)
        assert await other.do(partial(retention.note_unremovable, found=found, why="damaged"))
        assert await world.store.read(partial(retention.unremovable, project_id=world.project_id)) == 0
