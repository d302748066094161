"""A database of an older server, with sessions in it, goes on as it was and takes what is new."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, text

from claudios.protocol.messages import PermissionMode, SessionState
from claudios.protocol.signing import GENESIS
from claudios.server.instructions import going_on, resumption
from claudios.server.projections.plan_limits import LimitWindow, PlanLimits, Stopped
from claudios.server.scheduling import runs
from claudios.server.store import (
    agents,
    directories,
    plan_limits,
    prompts,
    schedules,
    session_lists,
    sessions,
    templates,
)
from claudios.server.store.engine import Store
from claudios.server.store.schedules import Missed, Plan
from claudios.server.store.templates import Settings
from tests.contract.test_usage_migration import to_revision

T = TypeVar("T")

OLDEST = "0018"
"""The newest revision before schedules, limits of plans, templates and worktrees."""
RUNNING, LOST, ARCHIVED, FORK = ids = tuple(str(uuid4()) for _ in range(4))
NOW_MS = 10_000_000
MACHINE = (
    '{"hostname":"shed","os":"Linux","arch":"x86_64","cpus":4,"memory_bytes":1,"default_directory":"/work",'
    '"permission_modes":["default","plan"],"modes":["chat","terminal"],"max_concurrent_sessions":4}'
)
SESSION = {
    "project_id": "p",
    "agent_id": "a",
    "title": "",
    "mode": "chat",
    "directory": "/work",
    "permission_mode": "default",
    "state": "ended",
    "reason": "exited",
    "epoch": 1,
    "head": GENESIS,
    "resume": "manual",
    "turns": 1,
    "created_by": "u",
    "updated_ms": 9,
}
ROWS: tuple[tuple[str, dict[str, object]], ...] = (
    ("users", {"id": "u", "username": "ann", "username_key": "ann", "is_owner": True, "created_ms": 1}),
    ("projects", {"id": "p", "name": "project", "created_ms": 1}),
    ("members", {"project_id": "p", "user_id": "u", "role": "owner", "created_ms": 1}),
    ("agents", {"id": "a", "project_id": "p", "name": "agent", "created_ms": 1, "iseq": 1, "machine": MACHINE}),
    ("sessions", {**SESSION, "id": RUNNING, "created_ms": 4, "state": "running", "reason": None, "activity": "idle"}),
    ("sessions", {**SESSION, "id": LOST, "created_ms": 3, "reason": "lost", "resume": "automatic"}),
    ("sessions", {**SESSION, "id": ARCHIVED, "created_ms": 2, "directory": "/old", "archived_ms": 5}),
    ("sessions", {**SESSION, "id": FORK, "created_ms": 1, "forked_from": RUNNING, "forked_conversation": RUNNING}),
    (
        "instructions",
        {
            "id": LOST,
            "agent_id": "a",
            "iseq": 1,
            "kind": "start_session",
            "session_id": LOST,
            "body": f'{{"session_id":"{LOST}","epoch":1,"mode":"chat","permission_mode":"default"}}',
            "issued_ms": 3,
            "expires_ms": 4,
            "signature": b"",
            "state": "done",
            "created_ms": 3,
        },
    ),
    ("waiting_prompts", {"id": str(uuid4()), "session_id": RUNNING, "place": 1, "text": "then this", "created_ms": 5}),
)


@pytest.fixture
def upgraded_url(new_database_url: str) -> str:
    """The URL of a database as the older server left it."""
    engine = create_engine(new_database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        to_revision(connection, OLDEST)
        for table, row in ROWS:
            values = {"claude_session_id": row["id"], **row} if table == "sessions" else row
            places = ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})"), values)
    engine.dispose()
    return new_database_url


async def test_sessions_of_an_older_server_go_on_and_nothing_new_happens_to_them(upgraded_url: str) -> None:
    for _ in range(2):
        store = Store(upgraded_url)
        found = await store.read(lambda connection: session_lists.visible(connection, "u"))
        assert [session.id for session in found] == list(ids)
        for session in found:
            new = (session.worktree, session.stopped_by, session.limit_prompt, session.schedule_id)
            assert (*new, session.schedule_name) == (None,) * 5
        running, lost, archived, fork = found
        assert (running.state, running.activity, running.directory) == (SessionState.RUNNING, "idle", "/work")
        assert (lost.reason, archived.archived_ms, fork.forked_from) == ("lost", 5, RUNNING)

        async def due(of: Callable[[Connection, int], T], store: Store = store) -> T:
            return await store.read(lambda connection: of(connection, NOW_MS))

        assert await due(lambda connection, _: prompts.due(connection)) == [RUNNING]
        assert await due(resumption.to_resume) == [LOST]
        assert await due(going_on.due) == await due(schedules.due) == await due(schedules.done) == []
        recent = await store.read(lambda connection: directories.recent(connection, "a"))
        assert [(each.directory, each.used_ms) for each in recent] == [("/work", 4), ("/old", 2)]
        store.close()


async def test_what_is_new_works_beside_what_was_there(upgraded_url: str) -> None:
    store = Store(upgraded_url)
    resumed = await store.write(lambda connection: resumption.resume_by_itself(connection, LOST, NOW_MS))
    assert resumed.answer == 1
    plan = Plan(
        "a", "Hourly", "0 * * * *", "UTC", None, "look", None, PermissionMode.PLAN, Missed.SKIP, 60, ends_when_done=True
    )
    schedule = await store.write(lambda connection: schedules.create(connection, "p", plan, "u", NOW_MS, NOW_MS))
    assert (await store.write(lambda connection: runs.run_due(connection, schedule.id, NOW_MS))).answer == 1
    settings = Settings(prompt="look at {place}", agent_id="a")
    template = await store.write(lambda connection: templates.create(connection, "p", "Look", settings, "u", NOW_MS))
    assert template.placeholders == ("place",)
    said = PlanLimits(
        standing="free",
        kind="five_hour",
        uses_credits=False,
        windows=(LimitWindow(kind="five_hour", used=0.5, resets_ms=NOW_MS),),
        at_ms=NOW_MS,
    )

    def limit(connection: Connection) -> None:
        assert plan_limits.put(connection, "a", said, NOW_MS)
        plan_limits.set_prompt(connection, RUNNING, "Continue.", NOW_MS)
        plan_limits.note(connection, RUNNING, Stopped(5, "five_hour", NOW_MS, has_worked=True), NOW_MS)

    await store.write(limit)
    assert (await store.read(lambda connection: agents.get(connection, "a", NOW_MS))).limits == said
    stopped = await store.read(lambda connection: sessions.get(connection, RUNNING))
    assert stopped is not None
    assert stopped.stopped_by is not None
    assert await store.read(lambda connection: prompts.due(connection)) == [], "it waits for the reset first"
    store.close()
