"""Checkpoints and their keys, on every database."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.messages import Mode, PermissionMode, Status
from claudios.server.keys import ServerKey
from claudios.server.store import accounts, agents, checkpoints, projects, registrations, sessions
from claudios.server.store.engine import Store
from claudios.server.store.sessions import NewSession
from tests.helpers.records import KEY, OTHER_KEY, Signer

Placed = tuple[str, str]


@pytest.fixture
async def placed(store: Store) -> Placed:
    """An agent and one of its sessions."""

    def build(connection: Connection) -> Placed:
        user = accounts.create(connection, "ann", None, 1)
        project = projects.create(connection, user.id, "project", 1)
        agent, _ = agents.create(connection, ServerKey(bytes(32)), project.id, "agent", 1)
        new = NewSession(str(uuid4()), project.id, agent.id, "", Mode.CHAT, "/work", None, PermissionMode.DEFAULT)
        sessions.create(connection, new, user.id, 1)
        return agent.id, new.id

    return await store.write(build)


async def test_keys_are_kept_once_oldest_first(store: Store, placed: Placed) -> None:
    agent_id, _ = placed

    def work(connection: Connection) -> None:
        assert not checkpoints.had_key(connection, agent_id, 99)
        assert checkpoints.add_key(connection, agent_id, OTHER_KEY.public, 5) == 0
        assert checkpoints.add_key(connection, agent_id, KEY.public, 7) == 1
        assert checkpoints.add_key(connection, agent_id, KEY.public, 9) is None
        assert checkpoints.keys_of(connection, agent_id) == (OTHER_KEY.public, KEY.public)
        assert not checkpoints.had_key(connection, agent_id, 4)
        assert checkpoints.had_key(connection, agent_id, 5)

    await store.write(work)


async def test_checkpoints_are_read_back_as_they_were_signed_in_the_order_of_frames(
    store: Store, placed: Placed
) -> None:
    agent_id, session_id = placed
    signer, other = Signer(agent_id, session_id), Signer(agent_id, session_id, OTHER_KEY)
    made = [signer.sign(3, bytes(32)), signer.sign(3, bytes(32)), other.sign(5, bytes(32)), signer.sign(9, b"h" * 32)]

    def work(connection: Connection) -> None:
        for each in reversed(made):
            checkpoints.add(connection, each, 1)
        assert checkpoints.newest(connection, session_id, KEY.public) == made[3]
        assert checkpoints.get(connection, session_id, KEY.public, 2) == made[1]
        assert checkpoints.get(connection, session_id, OTHER_KEY.public, 2) is None
        assert checkpoints.counts(connection, session_id) == {KEY.public: 3, OTHER_KEY.public: 1}
        place, found = (0, 0, b""), []
        while some := checkpoints.after(connection, session_id, place, 8, 2):
            found += [each.checkpoint for each in some]
            place = some[-1].place
        assert found == made[:3]

    await store.write(work)


async def test_they_go_with_their_session(store: Store, placed: Placed) -> None:
    agent_id, session_id = placed

    def work(connection: Connection) -> None:
        checkpoints.add(connection, Signer(agent_id, session_id).sign(1, bytes(32)), 1)
        sessions.remove(connection, session_id)
        assert checkpoints.counts(connection, session_id) == {}

    await store.write(work)


async def test_by_how_much_a_machines_clock_is_behind_is_known_from_what_it_said_last(
    store: Store, placed: Placed
) -> None:
    agent_id, _ = placed

    async def behind_ms() -> int:
        return await store.read(lambda connection: registrations.clock_behind_ms(connection, agent_id))

    assert await behind_ms() == 0
    for wall_ms, expected in ((400, 600), (1_700, -700), (None, 0)):
        status = Status(
            load=0.5, memory_used_bytes=1, disk_free_bytes=1, agent_memory_bytes=1, wall_ms=wall_ms, sessions=()
        )
        await store.write(
            lambda connection, status=status: registrations.keep_status(connection, agent_id, 0, status, 1_000)  # type: ignore[misc]
        )
        assert await behind_ms() == expected
