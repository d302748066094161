"""Sessions that ended and go on: queued again, by a person or by themselves, once for each end."""

from __future__ import annotations

from sqlalchemy import Connection, case, exists, or_, select, update

from claudios.protocol.messages import EndReason, Mode, SessionState
from claudios.server.store.sessions import MOST_RESUMPTIONS, Resume, updated
from claudios.server.store.tables import agents, sessions, tombstones

_NOT_ENDED = {
    "state": SessionState.QUEUED.value,
    "reason": None,
    "detail": None,
    "exit_code": None,
    "activity": None,
    "ended_ms": None,
    "archived_ms": None,  # what lives is never out of sight
}


def reopen(
    connection: Connection, session_id: str, epoch: int, mode: Mode, now_ms: int, *, by_itself: bool = False
) -> bool:
    """Queue a session that ended with `epoch` again, as its next; say whether this call did, which only one can.

    Counts how often it was resumed by itself since a turn was completed; a person's resumption begins anew.
    """
    in_a_row = case((sessions.c.turns > sessions.c.resumed_turns, 1), else_=sessions.c.resumptions + 1)
    reopened = connection.execute(
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.epoch == epoch, sessions.c.state == SessionState.ENDED.value)
        .values(
            resumptions=in_a_row if by_itself else 0,
            resumed_turns=sessions.c.turns,
            epoch=sessions.c.epoch + 1,
            mode=mode.value,
            **_NOT_ENDED,
            updated_ms=updated(now_ms),
            since_ms=now_ms,
        )
    )
    return reopened.rowcount == 1


def revive(connection: Connection, session_id: str, epoch: int, detail: str, now_ms: int) -> bool:
    """Queue the session again that ended with `epoch` for the reason `detail`; say whether there is such a one."""
    revived = connection.execute(
        update(sessions)
        .where(
            sessions.c.id == session_id,
            sessions.c.epoch == epoch,
            sessions.c.state == SessionState.ENDED.value,
            sessions.c.detail == detail,
        )
        .values(**_NOT_ENDED, updated_ms=updated(now_ms), since_ms=now_ms)
    )
    return revived.rowcount == 1


def to_resume(connection: Connection, session_id: str | None = None) -> list[str]:
    """Return the sessions that are to be resumed by themselves, once their log is folded up to its end.

    With `session_id` only that one is read: a writer that read them all would collide with every other.
    """
    which = () if session_id is None else (sessions.c.id == session_id,)
    found = connection.execute(
        select(sessions.c.id)
        .join(agents, agents.c.id == sessions.c.agent_id)
        .where(
            *which,
            sessions.c.resume == Resume.AUTOMATIC.value,
            sessions.c.state == SessionState.ENDED.value,
            sessions.c.reason == EndReason.LOST.value,
            sessions.c.folded_seq >= sessions.c.last_seq,
            sessions.c.worktree_removed_ms.is_(None),
            ~exists().where(tombstones.c.session_id == sessions.c.id),
            or_(sessions.c.resumptions < MOST_RESUMPTIONS, sessions.c.turns > sessions.c.resumed_turns),
            agents.c.removed_ms.is_(None),
        )
        .order_by(sessions.c.ended_ms)
    )
    return list(found.scalars())
