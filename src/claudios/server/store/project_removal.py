"""The removal of a project: it is out of sight at once, and what it holds goes in pieces, each in a transaction.

What nobody is a member of exists for nobody (`store.projects`), so a project that has no member is one to be removed.
That stands in the database: a server that stops in the middle goes on at its next start, and two on one database may
remove the same project at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, select, tuple_, update

from claudios.protocol.errors import Conflict
from claudios.server.store.tables import (
    agent_keys,
    agents,
    batches,
    channels,
    checkpoints,
    index_places,
    instructions,
    invitations,
    item_texts,
    items,
    members,
    notifications,
    projects,
    prompt_images,
    requests,
    schedules,
    sessions,
    shares,
    templates,
    usage,
)

_OF_SESSION: Mapping[Table, int] = {
    index_places: 1,  # goes first: what has no place is not put into the search index again
    item_texts: 16,
    batches: 32,
    items: 200,
    prompt_images: 4,
    instructions: 32,
    checkpoints: 500,
    requests: 200,
    notifications: 500,
}
"""What a session may have much of, and how many rows of it go at once: others wait for the transaction."""
_AT_ONCE = 500


def hide(connection: Connection, project_id: str, now_ms: int) -> None:
    """Take a project out of sight, with all who reach it: its members and agents. Raises Conflict while sessions run.

    Nothing is told, started or shared of it any more. What it holds is still to be removed.
    """
    living = connection.execute(
        select(func.count()).where(sessions.c.project_id == project_id, sessions.c.state != "ended")
    ).scalar()
    if living:
        raise Conflict(f"{living} sessions have not ended in this project. Terminate them first.")
    its_agents = select(agents.c.id).where(agents.c.project_id == project_id)
    its_sessions = select(sessions.c.id).where(sessions.c.project_id == project_id)
    its_channels = select(channels.c.id).where(channels.c.project_id == project_id)
    connection.execute(delete(agent_keys).where(agent_keys.c.agent_id.in_(its_agents)))
    connection.execute(delete(shares).where(shares.c.session_id.in_(its_sessions)))
    connection.execute(
        update(notifications)
        .where(notifications.c.channel_id.in_(its_channels), notifications.c.state == "pending")
        .values(state="withdrawn", done_ms=now_ms)
    )
    for table in (members, invitations, templates, schedules):
        connection.execute(delete(table).where(table.c.project_id == project_id))
    connection.execute(
        update(agents)
        .where(agents.c.project_id == project_id)
        .values(boot=agents.c.boot + 1, carrier=None, removed_ms=func.coalesce(agents.c.removed_ms, now_ms))
    )
    connection.execute(update(projects).where(projects.c.id == project_id).values(keep_days=None, keep_bytes=None))


def next_hidden(connection: Connection, but: Sequence[str] = ()) -> str | None:
    """Return a project that is to be removed, none of `but` these."""
    has_member = exists().where(members.c.project_id == projects.c.id)
    hidden = select(projects.c.id).where(~has_member, projects.c.id.not_in(but))
    return connection.execute(hidden.order_by(projects.c.id).limit(1)).scalar()


def remove_piece(connection: Connection, project_id: str) -> bool:
    """Remove a piece of what a hidden project holds, at the end itself; say whether that was all."""
    session_id = connection.execute(
        select(sessions.c.id).where(sessions.c.project_id == project_id).order_by(sessions.c.id).limit(1)
    ).scalar()
    if session_id is not None:
        for table, most in _OF_SESSION.items():
            if _cut(connection, table, table.c.session_id == session_id, most):
                return False
        connection.execute(delete(sessions).where(sessions.c.id == session_id))
        return False
    its_agents = select(agents.c.id).where(agents.c.project_id == project_id)
    its_channels = select(channels.c.id).where(channels.c.project_id == project_id)
    for table, which in (
        (usage, usage.c.project_id == project_id),
        (instructions, instructions.c.agent_id.in_(its_agents)),
        (notifications, notifications.c.channel_id.in_(its_channels)),
    ):
        if _cut(connection, table, which, _AT_ONCE):
            return False
    connection.execute(delete(projects).where(projects.c.id == project_id))
    return True


def _cut(connection: Connection, table: Table, which: ColumnElement[bool], most: int) -> bool:
    """Delete so many rows at the most; say whether there were any."""
    key = table.primary_key.columns
    found = select(*key).where(which).limit(most)
    return connection.execute(delete(table).where(tuple_(*key).in_(found))).rowcount > 0
