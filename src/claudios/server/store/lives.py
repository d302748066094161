"""Take what a witness saw of a session, with all that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from claudios.protocol.messages import EndReason, SessionState, SessionStatus
from claudios.server.bus.topics import Changed
from claudios.server.projections.life import Life
from claudios.server.store import announcements, asked, changes, progress, requests, session_lists, sessions, worktrees

_VANISHED = "The agent no longer knows this session. Its machine or its state directory was lost."


def witness(
    connection: Connection,
    session_id: str,
    seen: Life,
    now_ms: int,
    *,
    ended_ms: int | None = None,
    agent_id: str | None = None,
) -> list[Changed]:
    """Move a session on, and withdraw what an ended one still asked. Return what people are to be told.

    `ended_ms` is when it ended by its machine's clock, where the witness knows.
    """
    if not progress.observe(connection, session_id, seen, now_ms, ended_ms=ended_ms, agent_id=agent_id):
        return []
    gone: list[str] = []
    if seen.state is SessionState.ENDED:
        gone = requests.withdraw_all(connection, session_id)
        announcements.ended(connection, session_id, seen, now_ms)
    found = sessions.get(connection, session_id)
    if found is None:
        return []
    withdrawn = [changes.request(connection, found.project_id, session_id, request_id) for request_id in gone]
    return [changes.of_session(found), *(change for change in withdrawn if change is not None)]


def agent_says(connection: Connection, agent_id: str, statuses: Iterable[SessionStatus], now_ms: int) -> list[Changed]:
    """Take an agent's word on its sessions. An end that is ahead of its log (O-8) waits: the log tells of it itself."""
    told = []
    for status in statuses:
        tree = status.worktree
        if tree is not None and worktrees.made(connection, agent_id, status.session_id, tree, now_ms):
            found = sessions.get(connection, status.session_id)
            told += [] if found is None else [changes.of_session(found)]
        is_ahead = status.last_seq is not None and not progress.log_reaches(
            connection, status.session_id, status.last_seq
        )
        if status.state is SessionState.ENDED and is_ahead:
            continue
        seen = Life(status.epoch, status.state, status.reason, status.detail, status.exit_code)
        told += witness(connection, status.session_id, seen, now_ms, agent_id=agent_id)
    return told


def agent_omits(connection: Connection, agent_id: str, listed: Collection[str], now_ms: int) -> list[Changed]:
    """End as lost what should run on the agent but is not on its list; a start still on its way is spared."""
    told = []
    for found in session_lists.of_agent(connection, agent_id):
        if found.id not in listed and asked.start_is_settled(connection, found.id):
            lost = Life(found.epoch, SessionState.ENDED, EndReason.LOST, _VANISHED)
            told += witness(connection, found.id, lost, now_ms)
    return told
