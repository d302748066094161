"""Sessions that schedules had started before each kept its schedule's promise get it from their schedule."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from claudios.server.store.engine import Store
from tests.contract.test_usage_migration import to_revision

SCHEDULE = (
    "INSERT INTO schedules (id, project_id, agent_id, name, expression, time_zone, prompt, permission_mode, missed, "
    "wait_minutes, ends_when_done, created_ms) "
    "VALUES ('{0}', 'p', 'a', '{0}', '0 * * * *', 'UTC', 'look', 'default', 'skip', 60, {1}, 1)"
)
SESSION = (
    "INSERT INTO sessions (id, project_id, agent_id, title, mode, permission_mode, state, epoch, head, "
    "claude_session_id, created_ms, updated_ms, schedule_id) "
    "VALUES ('{0}', 'p', 'a', '', 'chat', 'default', 'running', 1, '', '{0}', 1, 1, {1})"
)
ROWS = (
    "INSERT INTO projects (id, name, created_ms) VALUES ('p', 'project', 1)",
    "INSERT INTO agents (id, project_id, name, created_ms) VALUES ('a', 'p', 'agent', 1)",
    SCHEDULE.format("ending", "true"),
    SCHEDULE.format("keeping", "false"),
    SESSION.format("ends", "'ending'"),
    SESSION.format("stays", "'keeping'"),
    SESSION.format("by hand", "NULL"),
)


def test_sessions_that_run_keep_what_their_schedule_says(new_database_url: str) -> None:
    engine = create_engine(new_database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        to_revision(connection, "0023")
        for row in ROWS:
            connection.execute(text(row))
    engine.dispose()
    store = Store(new_database_url)
    with store.engines[0].connect() as connection:
        found = connection.execute(text("SELECT id FROM sessions WHERE ends_when_done")).scalars().all()
    store.close()
    assert found == ["ends"]
