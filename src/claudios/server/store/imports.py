"""Conversations that were held outside of ClaudiOS: which of them a session has gone on with."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from claudios.protocol.frame import HEADER_BYTES, Stream, locate
from claudios.server.projections.shapes import parse
from claudios.server.store import log
from claudios.server.store import sessions as all_sessions
from claudios.server.store.sessions import Session
from claudios.server.store.tables import sessions

_BEGINNING_BYTES = 1024 * 1024
"""So much of a log is looked through: before what was imported there are only the starts that failed to import it."""


def imported(connection: Connection, agent_id: str, conversation: str) -> Session | None:
    """Return the session that went on with a conversation of an agent's machine; None when there is none."""
    found = connection.execute(
        select(sessions.c.id).where(sessions.c.agent_id == agent_id, sessions.c.imported_from == conversation)
    ).scalar()
    return None if found is None else all_sessions.get(connection, found)


def known(connection: Connection, agent_id: str, conversations: Sequence[str]) -> frozenset[str]:
    """Return those conversations that are a session's own, or that a session of the agent went on with."""
    own = select(sessions.c.claude_session_id).where(sessions.c.claude_session_id.in_(conversations))
    gone_on = select(sessions.c.imported_from).where(
        sessions.c.agent_id == agent_id, sessions.c.imported_from.in_(conversations)
    )
    return frozenset(name for query in (own, gone_on) for name in connection.execute(query).scalars() if name)


def is_in_log(connection: Connection, session_id: str) -> bool:
    """Say whether what was said outside is in a session's log: a start may have failed before it was put there."""
    for stretch in log.stretches_after(connection, session_id, 0, _BEGINNING_BYTES):
        for found in locate(stretch.frames):
            if found.stream is Stream.TRANSCRIPT:
                return True
            if found.stream is Stream.EVENT:
                event = parse(stretch.frames[found.start + HEADER_BYTES : found.end]) or {}
                if event.get("event") == "imported":
                    return True
    return False
