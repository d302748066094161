"""The directories that an agent's sessions were started in last."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, case, func, null, select

from claudios.protocol.fields import Model
from claudios.server.store.tables import sessions

MOST_DIRECTORIES = 20
LOOKED_AT = 1_000
"""So many of the agent's newest sessions are looked at."""


class RecentDirectory(Model):
    """A directory of an agent's machine, and when a session was started in it last."""

    directory: str
    used_ms: int


_directory = case(  # that of a worktree is its session's own, and a fork's is where its origin is
    (sessions.c.worktree_repository.is_not(None), sessions.c.worktree_repository),
    (sessions.c.forked_from.is_not(None), null()),
    else_=sessions.c.directory,
)
_newest = (
    select(_directory.label("directory"), sessions.c.created_ms)
    .where(sessions.c.agent_id == bindparam("agent"))
    .order_by(sessions.c.created_ms.desc())
    .limit(LOOKED_AT)
    .subquery()
)
_used_ms = func.max(_newest.c.created_ms).label("used_ms")
_RECENT = (
    select(_newest.c.directory, _used_ms)
    .where(_newest.c.directory.is_not(None))
    .group_by(_newest.c.directory)
    .order_by(_used_ms.desc(), _newest.c.directory)
    .limit(MOST_DIRECTORIES)
)


def recent(connection: Connection, agent_id: str) -> list[RecentDirectory]:
    """Return the directories that people named when they started sessions on an agent, the one used last first."""
    rows = connection.execute(_RECENT, {"agent": agent_id})
    return [RecentDirectory(directory=row.directory, used_ms=row.used_ms) for row in rows]
