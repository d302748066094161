"""A new session that begins with a copy of another's conversation, which stays untouched, also while it runs.

The inside of a transaction, as in `accept`. The new one is on the same machine and in the same directory, where Claude
keeps the conversation, with the model, permission mode and effort that were in force.
"""

from __future__ import annotations

from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, NotFound
from claudios.protocol.messages import Mode
from claudios.server.instructions.accept import Accepted, Asker, title_of
from claudios.server.instructions.starting import known_mode, start
from claudios.server.store import agents, sessions
from claudios.server.store.sessions import NewSession, Place, Session


def fork(
    connection: Connection, place: Place, new_id: str, title: str, prompt: str | None, asker: Asker, now_ms: int
) -> Accepted[Session]:
    """Create a session from the conversation of another; the same again changes nothing.

    Raises Conflict for a taken id, and where there is no conversation.
    """
    origin = sessions.get(connection, place.session_id)
    if origin is None:
        raise NotFound
    if sessions.get(connection, new_id) is None:
        _require_conversation(connection, origin, place)
    new = NewSession(
        id=new_id,
        project_id=origin.project_id,
        agent_id=origin.agent_id,
        title=title or ("" if prompt else title_of(f"Fork of {origin.title or 'an untitled session'}")),
        mode=Mode(origin.mode),
        directory=origin.directory,
        model=origin.model,
        permission_mode=known_mode(origin.permission_mode),
        effort=origin.effort,
        forked_from=origin.id,
        forked_conversation=origin.claude_session_id,
    )
    return start(connection, new, prompt, asker, now_ms)


def _require_conversation(connection: Connection, origin: Session, place: Place) -> None:
    if origin.worktree is not None and (origin.worktree.branch is None or origin.worktree.removed_ms is not None):
        raise Conflict("The worktree in which this conversation was held is not there. Start a new session.")
    if origin.removed_ms is not None:
        raise Conflict("The output of this session was removed, so it cannot be forked. Start a new one.")
    try:
        agents.project_of(connection, origin.agent_id)
    except NotFound as removed:
        raise Conflict("The agent that has this conversation was deleted. Start a new session on another.") from removed
    if not place.turns and place.mode is Mode.CHAT:
        raise Conflict("Claude has completed no turn in this session yet. Fork it after its first, or start a new one.")
