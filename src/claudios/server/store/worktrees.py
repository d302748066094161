"""Git worktrees of sessions: what their agent says that it made, and which were removed."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from claudios.protocol.messages import SessionState, Worktree
from claudios.server.store.sessions import updated
from claudios.server.store.tables import sessions


def made(connection: Connection, agent_id: str, session_id: str, worktree: Worktree, now_ms: int) -> bool:
    """Keep what an agent made for a session that asked for it; say whether that was news."""
    kept = connection.execute(
        update(sessions)
        .where(
            sessions.c.id == session_id,
            sessions.c.agent_id == agent_id,
            sessions.c.has_worktree,
            sessions.c.worktree_branch.is_(None),
        )
        .values(
            directory=_plain(worktree.directory),
            worktree_repository=_plain(worktree.repository),
            worktree_branch=_plain(worktree.branch),
            worktree_base=None if worktree.base is None else _plain(worktree.base),
            updated_ms=updated(now_ms),
        )
    )
    return kept.rowcount == 1


def removed(connection: Connection, session_id: str, now_ms: int) -> None:
    """Note that a session's worktree was removed."""
    connection.execute(
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.worktree_removed_ms.is_(None))
        .values(worktree_removed_ms=now_ms, updated_ms=updated(now_ms))
    )


def living_in(connection: Connection, agent_id: str, directory: str) -> list[str]:
    """Return the titles of the agent's sessions that have not ended and work in a directory, or below it."""
    found = connection.execute(
        select(sessions.c.title).where(
            sessions.c.agent_id == agent_id,
            sessions.c.state != SessionState.ENDED.value,
            (sessions.c.directory == directory) | sessions.c.directory.startswith(f"{directory}/", autoescape=True),
        )
    )
    return list(found.scalars())


def _plain(text: str) -> str:
    return text.replace("\0", " ")
