"""Instructions: an ordered log for each agent, and what became of every entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, or_, select, update

from claudios.protocol.fields import Model
from claudios.protocol.messages import InstructionKind, Outcome
from claudios.server.instructions.lifecycle import Event, InstructionState, Issued, Passage, before
from claudios.server.instructions.lifecycle import after as follow
from claudios.server.store.tables import agents, instructions, users

NOT_TAKEN = (InstructionState.QUEUED.value, InstructionState.SENT.value)
"""The states of what its agent has not taken into its journal."""
_AFTER = (
    select(
        instructions.c.iseq,
        instructions.c.id,
        instructions.c.kind,
        instructions.c.body,
        instructions.c.issued_ms,
        case((instructions.c.state.in_(NOT_TAKEN), instructions.c.expires_ms), else_=instructions.c.issued_ms).label(
            "expires_ms"
        ),
        (instructions.c.state != InstructionState.QUEUED.value).label("is_sent"),
    )
    .where(instructions.c.agent_id == bindparam("agent"), instructions.c.iseq > bindparam("after"))
    .order_by(instructions.c.iseq)
    .limit(bindparam("most"))
)
VIEWS = select(instructions, users.c.username).join_from(
    instructions, users, users.c.id == instructions.c.created_by, isouter=True
)
_ONE = VIEWS.where(instructions.c.id == bindparam("which"))
_KEPT = (
    VIEWS.add_columns(agents.c.project_id)
    .join(agents, agents.c.id == instructions.c.agent_id)
    .where(instructions.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(instructions.c.iseq)
)


def in_state_before(event: Event) -> ColumnElement[bool]:
    """Return the condition that `event` changes something about an instruction."""
    return instructions.c.state.in_([state.value for state in before(event)])


_CLAIM = (
    update(instructions)
    .where(
        instructions.c.agent_id == bindparam("agent"),
        instructions.c.iseq > bindparam("after"),
        instructions.c.iseq <= bindparam("last"),
        in_state_before(Passage.SENT),
    )
    .values(state=InstructionState.SENT.value)
    .returning(instructions.c.id)
)
_KEEP_SIGNATURE = (
    update(instructions).where(instructions.c.id == bindparam("which")).values(signature=bindparam("proof"))
)
_MARK_TAKEN = (
    update(instructions)
    .where(
        instructions.c.agent_id == bindparam("agent"),
        instructions.c.iseq <= bindparam("newest"),
        in_state_before(Passage.TAKEN),
    )
    .values(state=InstructionState.TAKEN.value)
    .returning(instructions.c.id)
)
_MOVE_CURSOR = (
    update(agents)
    .where(agents.c.id == bindparam("agent"), agents.c.received < bindparam("newest"))
    .values(received=bindparam("newest"))
)
UNHEARD = "unheard"
"""The code of what was sent to an agent that is not heard of any more."""
_REPORT = (
    update(instructions)
    .where(
        instructions.c.id == bindparam("which"),
        instructions.c.agent_id == bindparam("agent"),
        in_state_before(Outcome.DONE),  # the states before every outcome are the same
    )
    .values(state=bindparam("outcome"), code=bindparam("why"), message=bindparam("words"), done_ms=bindparam("now"))
)
# What an agent had and lost with its journal comes to it again as expired: that does not tell what it did before.
_REPORT_EXPIRED = _REPORT.where(
    or_(instructions.c.state != InstructionState.UNKNOWN.value, instructions.c.code == UNHEARD)
)


class Instruction(Model):
    """An instruction as people see it. `input_id` is the uuid that Claude knows its prompt by, and its images."""

    id: str
    kind: InstructionKind
    session_id: str | None
    state: InstructionState
    code: str | None
    message: str | None
    text: str | None
    images: int
    input_id: str
    created_by: str | None
    created_ms: int
    done_ms: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An instruction whose state changed, with what its consequences need."""

    project_id: str
    session_id: str | None
    iseq: int
    body: str
    view: Instruction


@dataclass(frozen=True, slots=True)
class Settling:
    """What becomes of instructions, and how that is told."""

    event: Event
    code: str | None
    message: str | None
    at_ms: int


def after(connection: Connection, agent_id: str, iseq: int, most: int) -> list[Issued]:
    """Return up to `most` instructions after `iseq`, in order.

    What an agent took before it lost its journal comes as expired: it keeps the log whole and is not run twice.
    """
    found = connection.execute(_AFTER, {"agent": agent_id, "after": iseq, "most": most})
    return [
        Issued(row.iseq, row.id, InstructionKind(row.kind), row.body, row.issued_ms, row.expires_ms, row.is_sent)
        for row in found
    ]


def claim(connection: Connection, agent_id: str, iseq: int, most: int) -> tuple[list[Issued], list[Kept]]:
    """Make up to `most` instructions after `iseq` a link's, who may then have them; return them, and what changed."""
    last = iseq + most
    claimed = list(connection.execute(_CLAIM, {"agent": agent_id, "after": iseq, "last": last}).scalars())
    return after(connection, agent_id, iseq, most), _kept(connection, claimed)


def behind(connection: Connection, cursors: dict[str, int]) -> list[str]:
    """Return those agents that have instructions after the `iseq` given for them."""
    found = connection.execute(select(agents.c.id, agents.c.iseq).where(agents.c.id.in_(list(cursors))))
    return [row.id for row in found if row.iseq > cursors[row.id]]


def keep_signatures(connection: Connection, signatures: Sequence[tuple[str, str]]) -> None:
    """Keep by what signature (id, in hex) these instructions went out."""
    connection.execute(
        _KEEP_SIGNATURE,
        [{"which": instruction_id, "proof": bytes.fromhex(signature)} for instruction_id, signature in signatures],
    )


def mark_taken(connection: Connection, agent_id: str, iseq: int) -> list[Kept]:
    """Keep that everything up to `iseq` is in the agent's journal; return what people see of it."""
    taken = list(connection.execute(_MARK_TAKEN, {"agent": agent_id, "newest": iseq}).scalars())
    connection.execute(_MOVE_CURSOR, {"agent": agent_id, "newest": iseq})
    return _kept(connection, taken)


def forget(connection: Connection, agent_id: str, received: int, now_ms: int) -> list[Kept]:
    """Close what the agent took but, by the cursor of its journal, no longer knows of; return it."""
    lost = (
        instructions.c.agent_id == agent_id,
        instructions.c.iseq > received,
        instructions.c.state == InstructionState.TAKEN.value,
    )
    words = "The agent lost its journal. Look at the session before you repeat this."
    return settle(connection, lost, Settling(Outcome.UNKNOWN, "unknown", words, now_ms))


def report(
    connection: Connection,
    agent_id: str,
    instruction_id: str,
    outcome: Outcome,
    code: str | None,
    message: str | None,
    now_ms: int,
) -> Kept | None:
    """Keep an agent's report. Return the instruction when that changed it, None when it was known or is not its own."""
    changed = connection.execute(
        _REPORT_EXPIRED if outcome is Outcome.EXPIRED else _REPORT,
        {
            "which": instruction_id,
            "agent": agent_id,
            "outcome": outcome.value,
            "why": code and code.replace("\0", " "),
            "words": message and message.replace("\0", " "),
            "now": now_ms,
        },
    )
    return _kept(connection, [instruction_id])[0] if changed.rowcount else None


def settle_one(connection: Connection, instruction_id: str, settling: Settling) -> Kept | None:
    """Let something happen to one instruction; None when it is in no state for that, which only one caller can win."""
    return next(iter(settle(connection, (instructions.c.id == instruction_id,), settling)), None)


def settle(connection: Connection, which: Sequence[ColumnElement[bool]], settling: Settling) -> list[Kept]:
    """Let something happen to all of `which` that are in a state for it; return them, in order."""
    state = next(following for origin in InstructionState if (following := follow(origin, settling.event)) is not None)
    settled = connection.execute(
        update(instructions)
        .where(*which, in_state_before(settling.event))
        .values(state=state.value, code=settling.code, message=settling.message, done_ms=settling.at_ms)
        .returning(instructions.c.id)
    )
    return _kept(connection, list(settled.scalars()))


def settle_of_agent(connection: Connection, agent_id: str, state: InstructionState, settling: Settling) -> list[Kept]:
    """Let something happen to all instructions of an agent that are in one state; return them, in order."""
    return settle(connection, (instructions.c.agent_id == agent_id, instructions.c.state == state.value), settling)


def settle_waiting_commands(connection: Connection, session_id: str, settling: Settling) -> list[Kept]:
    """Let something happen to those commands of a session that wait for its agent; return them."""
    which = (instructions.c.session_id == session_id, instructions.c.kind == InstructionKind.COMMAND.value)
    return settle(connection, which, settling)


def rewrite(connection: Connection, instruction_id: str, body: str, text: str | None) -> None:
    """Put another body and text into one that no link has; the caller has made sure, in this transaction."""
    connection.execute(update(instructions).where(instructions.c.id == instruction_id).values(body=body, text=text))


def not_received(connection: Connection, session_id: str) -> list[Kept]:
    """Return the instructions of a session that its agent has still to take into its journal."""
    found = connection.execute(
        select(instructions.c.id)
        .join(agents, agents.c.id == instructions.c.agent_id)
        .where(
            instructions.c.session_id == session_id,
            instructions.c.iseq > agents.c.received,
            agents.c.removed_ms.is_(None),
        )
    )
    return _kept(connection, list(found.scalars()))


def orphan(connection: Connection, instruction_id: str, body: str) -> None:
    """Let an instruction outlive its session, without what it said: the agent's log must have no gap."""
    connection.execute(
        update(instructions)
        .where(instructions.c.id == instruction_id)
        .values(session_id=None, text=None, body=body, state=InstructionState.WITHDRAWN.value)
    )


def lock_queued(connection: Connection, instruction_id: str) -> Kept | None:
    """Return a queued instruction that, until the transaction ends, nobody else can change; None in other states."""
    held = connection.execute(
        update(instructions)
        .where(instructions.c.id == instruction_id, instructions.c.state == InstructionState.QUEUED.value)
        .values(state=InstructionState.QUEUED.value)
    )
    return _kept(connection, [instruction_id])[0] if held.rowcount else None


def get(connection: Connection, instruction_id: str) -> Instruction | None:
    """Return one instruction."""
    row = connection.execute(_ONE, {"which": instruction_id}).first()
    return None if row is None else view(row)


def of_session(connection: Connection, session_id: str, limit: int, before_id: str | None = None) -> list[Instruction]:
    """Return a session's newest instructions, of those before `before_id` where it is given; oldest of them first."""
    wanted = VIEWS.where(instructions.c.session_id == session_id)
    if before_id is not None:
        place = select(instructions.c.iseq).where(
            instructions.c.id == before_id, instructions.c.session_id == session_id
        )
        wanted = wanted.where(instructions.c.iseq < place.scalar_subquery())
    found = connection.execute(wanted.order_by(instructions.c.iseq.desc()).limit(limit))
    return [view(row) for row in found][::-1]


def view(row: Row[*tuple[Any, ...]]) -> Instruction:
    """Return an instruction as people see it, of a row of VIEWS."""
    return Instruction(
        id=row.id,
        kind=InstructionKind(row.kind),
        session_id=row.session_id,
        state=InstructionState(row.state),
        code=row.code,
        message=row.message,
        text=row.text,
        images=row.images,
        input_id=row.input_id or row.id,
        created_by=row.username,
        created_ms=row.created_ms,
        done_ms=row.done_ms,
    )


def _kept(connection: Connection, ids: Sequence[str]) -> list[Kept]:
    if not ids:
        return []
    found = connection.execute(_KEPT, {"ids": list(ids)})
    return [Kept(row.project_id, row.session_id, row.iseq, row.body, view(row)) for row in found]
