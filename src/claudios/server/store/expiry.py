"""What the server's own clock does to instructions: it expires what waits, and gives up what an agent took along."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, or_, select

from claudios.server.instructions.lifecycle import InstructionState, Passage
from claudios.server.store.instructions import UNHEARD, Kept, Settling, in_state_before, settle
from claudios.server.store.registrations import HEARD_MS
from claudios.server.store.tables import agents, instructions

GIVEN_UP = "The agent has not been heard of since it was sent this. Send it again, or drop it."


def expire(connection: Connection, now_ms: int) -> list[Kept]:
    """Expire what is still queued past its time; return it."""
    due = (instructions.c.expires_ms <= now_ms,)
    words = "The agent did not come online in time."
    return settle(connection, due, Settling(Passage.OVERDUE, "expired", words, now_ms))


def next_expiry(connection: Connection) -> int | None:
    """Return when the next queued instruction expires."""
    return connection.execute(
        select(instructions.c.expires_ms)
        .where(in_state_before(Passage.OVERDUE))
        .order_by(instructions.c.expires_ms)
        .limit(1)
    ).scalar()


def is_unheard(connection: Connection, now_ms: int) -> bool:
    """Say whether something was sent to an agent that has gone since, and is past its time."""
    return connection.execute(select(instructions.c.id).where(*_unheard(now_ms)).limit(1)).first() is not None


def give_up(connection: Connection, now_ms: int) -> list[Kept]:
    """Count as unknown what was sent to an agent that has gone since, and is past its time; return it.

    A report that comes later counts.
    """
    return [
        kept
        for state, code in ((InstructionState.SENT, UNHEARD), (InstructionState.TAKEN, "unknown"))
        for kept in settle(
            connection,
            (*_unheard(now_ms), instructions.c.state == state.value),
            Settling(Passage.UNHEARD, code, GIVEN_UP, now_ms),
        )
    ]


def _unheard(now_ms: int) -> tuple[ColumnElement[bool], ...]:
    is_away = or_(agents.c.carrier.is_(None), agents.c.last_seen_ms < now_ms - HEARD_MS)
    return (
        in_state_before(Passage.UNHEARD),
        instructions.c.expires_ms <= now_ms,
        instructions.c.agent_id.in_(select(agents.c.id).where(is_away)),
    )
