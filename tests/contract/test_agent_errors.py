"""What agents report to have gone wrong, on each database."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.messages import AgentError, Mode, PermissionMode
from claudios.server.keys import ServerKey
from claudios.server.store import accounts, agent_errors, agents, projects, sessions
from claudios.server.store.agent_errors import AGE_MS, MAX_KEPT, ReportedError
from claudios.server.store.engine import Store
from claudios.server.store.sessions import NewSession

NOW = 1_800_000_000_000


@dataclass(frozen=True)
class Place:
    """Two agents of a project, and a session of the first."""

    store: Store
    agent_id: str
    other_id: str
    session_id: str

    async def keep(self, error: AgentError, now_ms: int = NOW, agent_id: str | None = None) -> bool:
        agent_id = agent_id or self.agent_id
        return await self.store.write(lambda connection: agent_errors.keep(connection, agent_id, error, now_ms))

    async def shown(self, now_ms: int = NOW) -> tuple[ReportedError, ...]:
        """Return what people see of the first agent."""
        return (await self.store.read(lambda connection: agents.get(connection, self.agent_id, now_ms))).errors


@pytest.fixture
async def place(store: Store) -> Place:
    def build(connection: Connection) -> Place:
        user = accounts.create(connection, "ann", None, NOW)
        project = projects.create(connection, user.id, "project", NOW)
        one, other = (
            agents.create(connection, ServerKey(bytes(32)), project.id, name, NOW)[0] for name in ("one", "other")
        )
        new = NewSession(str(uuid4()), project.id, one.id, "", Mode.CHAT, "/work", None, PermissionMode.DEFAULT)
        sessions.create(connection, new, user.id, NOW)
        return Place(store, one.id, other.id, new.id)

    return await store.write(build)


async def test_an_error_is_shown_with_its_agent_until_it_is_resolved(place: Place) -> None:
    await place.keep(AgentError(code="spool_full", message="The spool is full.", session_id=place.session_id))
    await place.keep(AgentError(code="spool_full", message="Not resolved by the next one."))
    (other, error) = await place.shown()
    assert error == ReportedError(
        code="spool_full",
        message="The spool is full.",
        session_id=place.session_id,
        first_ms=NOW,
        last_ms=NOW,
        times=1,
    )
    assert await place.keep(AgentError(code="spool_full", message="", session_id=place.session_id, resolved=True))
    assert not await place.keep(AgentError(code="spool_full", message="", session_id=place.session_id, resolved=True))
    assert await place.shown() == (other,)
    await place.keep(AgentError(code="spool_full", message="", resolved=True))
    assert await place.shown() == ()


async def test_a_repetition_takes_the_place_of_the_error_and_is_counted(place: Place) -> None:
    for n in range(3):
        await place.keep(AgentError(code="c", message=f"the {n}th\0"), NOW + n)
    (error,) = await place.shown()
    assert (error.message, error.first_ms, error.last_ms, error.times) == ("the 2th ", NOW, NOW + 2, 3)


async def test_an_error_is_not_shown_with_another_agent_nor_under_its_session(place: Place) -> None:
    await place.keep(AgentError(code="c", message="m", session_id=place.session_id), agent_id=place.other_id)
    assert await place.shown() == ()
    other = await place.store.read(lambda connection: agents.get(connection, place.other_id, NOW))
    assert [error.session_id for error in other.errors] == [None]


async def test_of_a_flood_of_errors_the_newest_are_kept(place: Place) -> None:
    await place.keep(AgentError(code="of the other", message="m"), agent_id=place.other_id)
    for n in range(MAX_KEPT + 5):
        await place.keep(AgentError(code=str(n), message="m"), NOW + n)
    assert [error.code for error in await place.shown()] == [str(n) for n in range(MAX_KEPT + 4, 4, -1)]
    other = await place.store.read(lambda connection: agents.get(connection, place.other_id, NOW))
    assert len(other.errors) == 1


async def test_an_old_error_is_shown_no_more(place: Place) -> None:
    await place.keep(AgentError(code="c", message="m"))
    assert await place.shown(NOW + AGE_MS - 1)
    assert not await place.shown(NOW + AGE_MS)
