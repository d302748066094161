"""What was asked of a session, as its log tells: its starts, its prompts, and whether somebody wanted it to end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from claudios.protocol.messages import InstructionKind, SessionState
from claudios.server.instructions.lifecycle import InstructionState
from claudios.server.store.instructions import VIEWS, Instruction, view
from claudios.server.store.tables import instructions, members, sessions


@dataclass(frozen=True, slots=True)
class Began:
    """A start of a session, in its agent's log."""

    id: str
    iseq: int
    body: str


def newest_starts(connection: Connection, session_id: str) -> list[Began]:
    """Return the two newest starts of a session, the newest first."""
    found = connection.execute(
        select(instructions.c.id, instructions.c.iseq, instructions.c.body)
        .where(instructions.c.session_id == session_id, instructions.c.kind == InstructionKind.START_SESSION.value)
        .order_by(instructions.c.iseq.desc())
        .limit(2)
    )
    return [Began(row.id, row.iseq, row.body) for row in found]


def start_is_settled(connection: Connection, session_id: str) -> bool:
    """Say whether the newest start of the session has been reported (or expired), so that its agent knows it or not."""
    state = connection.execute(
        select(instructions.c.state)
        .where(instructions.c.session_id == session_id, instructions.c.kind == InstructionKind.START_SESSION.value)
        .order_by(instructions.c.iseq.desc())
        .limit(1)
    ).scalar()
    return state is None or InstructionState(state) not in (
        InstructionState.QUEUED,
        InstructionState.SENT,
        InstructionState.TAKEN,
    )


def is_stop_asked(connection: Connection, session_id: str, after: int) -> bool:
    """Say whether somebody asked for the session's end, later than the `iseq`."""
    asked = select(instructions.c.id).where(
        instructions.c.session_id == session_id,
        instructions.c.kind == InstructionKind.TERMINATE_SESSION.value,
        instructions.c.iseq > after,
    )
    return connection.execute(asked.limit(1)).first() is not None


def newest_prompt(connection: Connection, session_id: str) -> Instruction | None:
    """Return the prompt that was issued last to a session, be it with its start."""
    row = connection.execute(
        VIEWS.where(instructions.c.session_id == session_id, instructions.c.text.is_not(None))
        .order_by(instructions.c.iseq.desc())
        .limit(1)
    ).first()
    return None if row is None else view(row)


def prompts_between(
    connection: Connection, session_id: str, states: Collection[InstructionState], after: int, before: int | None = None
) -> list[Instruction]:
    """Return a session's prompts in these states, with an `iseq` after the one and before the other, in order."""
    wanted = VIEWS.where(
        instructions.c.session_id == session_id,
        instructions.c.kind == InstructionKind.COMMAND.value,
        instructions.c.text.is_not(None),
        instructions.c.state.in_([state.value for state in states]),
        instructions.c.iseq > after,
    )
    if before is not None:
        wanted = wanted.where(instructions.c.iseq < before)
    return [view(row) for row in connection.execute(wanted.order_by(instructions.c.iseq))]


def with_lost_prompts(connection: Connection) -> list[str]:
    """Return the living sessions that resume by themselves and have prompts that were lost and not tried again yet."""
    found = connection.execute(
        select(sessions.c.id)
        .distinct()
        .join(instructions, instructions.c.session_id == sessions.c.id)
        .where(
            sessions.c.resume == "automatic",
            sessions.c.state != SessionState.ENDED.value,
            instructions.c.state == InstructionState.SESSION_LOST.value,
            instructions.c.text.is_not(None),
            instructions.c.input_id.is_(None),
        )
    )
    return list(found.scalars())


def visible(connection: Connection, user_id: str, beginning: str, limit: int) -> list[Instruction]:
    """Return the instructions of the person's projects whose id begins so, newest first."""
    found = connection.execute(
        VIEWS.join(sessions, sessions.c.id == instructions.c.session_id)
        .join(members, (members.c.project_id == sessions.c.project_id) & (members.c.user_id == user_id))
        .where(instructions.c.id.startswith(beginning, autoescape=True))
        .order_by(instructions.c.created_ms.desc(), instructions.c.id)
        .limit(limit)
    )
    return [view(row) for row in found]
