"""What agents report to have gone wrong on their machines, for people to see: the newest few of each agent."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from claudios.protocol.fields import Model
from claudios.protocol.messages import AgentError
from claudios.server.store.tables import agent_errors, sessions

MAX_KEPT = 20
"""Of each agent: the one heard longest ago makes way."""
AGE_MS = 7 * 24 * 60 * 60 * 1000
"""After so long without a repetition an error is history; the machine's log still has it."""


class ReportedError(Model):
    """Something that went wrong on an agent's machine, `times` times between `first_ms` and `last_ms`."""

    code: str
    message: str
    session_id: str | None
    first_ms: int
    last_ms: int
    times: int


def keep(connection: Connection, agent_id: str, error: AgentError, now_ms: int) -> bool:
    """Keep an error in the place of an earlier one of the same code and session; forget it where it is resolved.

    Returns whether there was an earlier one. A session that is not this agent's is left out: the error is still worth
    seeing.
    """
    code, session_id = _text(error.code), _own(connection, agent_id, error.session_id)
    same = (
        (agent_errors.c.agent_id == agent_id)
        & (agent_errors.c.code == code)
        & (agent_errors.c.session_id.is_not_distinct_from(session_id))
    )
    if error.resolved:
        return connection.execute(delete(agent_errors).where(same)).rowcount > 0
    newest = {"message": _text(error.message), "last_ms": now_ms}
    repeated = connection.execute(update(agent_errors).where(same).values(**newest, times=agent_errors.c.times + 1))
    if repeated.rowcount == 0:
        first = {"agent_id": agent_id, "code": code, "session_id": session_id, "first_ms": now_ms, "times": 1}
        connection.execute(insert(agent_errors), {**first, **newest})
        _forget_oldest(connection, agent_id)
    return repeated.rowcount > 0


def of_agents(connection: Connection, agent_ids: Sequence[str], now_ms: int) -> dict[str, list[ReportedError]]:
    """Return the errors of some agents, those heard last first."""
    rows = connection.execute(
        select(agent_errors)
        .where(agent_errors.c.agent_id.in_(agent_ids), agent_errors.c.last_ms > now_ms - AGE_MS)
        .order_by(agent_errors.c.last_ms.desc(), agent_errors.c.id.desc())
    )
    found: dict[str, list[ReportedError]] = {}
    for row in rows:
        error = ReportedError(
            code=row.code,
            message=row.message,
            session_id=row.session_id,
            first_ms=row.first_ms,
            last_ms=row.last_ms,
            times=row.times,
        )
        found.setdefault(row.agent_id, []).append(error)
    return found


def _own(connection: Connection, agent_id: str, session_id: str | None) -> str | None:
    own = select(sessions.c.id).where(sessions.c.id == session_id, sessions.c.agent_id == agent_id)
    return None if session_id is None else connection.execute(own).scalar()


def _forget_oldest(connection: Connection, agent_id: str) -> None:
    kept = (
        select(agent_errors.c.id)
        .where(agent_errors.c.agent_id == agent_id)
        .order_by(agent_errors.c.last_ms.desc(), agent_errors.c.id.desc())
        .limit(MAX_KEPT)
    )
    connection.execute(
        delete(agent_errors).where(
            agent_errors.c.agent_id == agent_id, agent_errors.c.id.not_in(kept.scalar_subquery())
        )
    )


def _text(said: str) -> str:
    """Return what an agent said as every database can keep it."""
    return said.replace("\0", " ")
