"""Instructions: an ordered log for each agent, and what became of every entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, insert, select, update

from claudios.protocol.errors import NotFound
from claudios.protocol.messages import InstructionKind, Model, Outcome
from claudios.server.instructions.lifecycle import Event, InstructionState, Issued, Passage, before
from claudios.server.store.tables import agents, instructions, users

_NEXT = (
    update(agents)
    .where(agents.c.id == bindparam("agent"), agents.c.removed_ms.is_(None))
    .values(iseq=agents.c.iseq + bindparam("count"))
    .returning(agents.c.iseq)
)
_NOT_TAKEN = (InstructionState.QUEUED.value, InstructionState.SENT.value)
_AFTER = (
    select(
        instructions.c.iseq,
        instructions.c.id,
        instructions.c.kind,
        instructions.c.body,
        instructions.c.issued_ms,
        case((instructions.c.state.in_(_NOT_TAKEN), instructions.c.expires_ms), else_=instructions.c.issued_ms).label(
            "expires_ms"
        ),
    )
    .where(instructions.c.agent_id == bindparam("agent"), instructions.c.iseq > bindparam("after"))
    .order_by(instructions.c.iseq)
    .limit(bindparam("most"))
)
_INSERT = insert(instructions)
_VIEWS = select(instructions, users.c.username).join_from(
    instructions, users, users.c.id == instructions.c.created_by, isouter=True
)
_ONE = _VIEWS.where(instructions.c.id == bindparam("which"))


def _in_state_before(event: Event) -> ColumnElement[bool]:
    return instructions.c.state.in_([state.value for state in before(event)])


_MARK_SENT = (
    update(instructions)
    .where(instructions.c.id == bindparam("which"), _in_state_before(Passage.SENT))
    .values(state=InstructionState.SENT.value, signature=bindparam("proof"))
)
_MARK_TAKEN = (
    update(instructions)
    .where(
        instructions.c.agent_id == bindparam("agent"),
        instructions.c.iseq <= bindparam("newest"),
        _in_state_before(Passage.TAKEN),
    )
    .values(state=InstructionState.TAKEN.value)
)
_MOVE_CURSOR = (
    update(agents)
    .where(agents.c.id == bindparam("agent"), agents.c.received < bindparam("newest"))
    .values(received=bindparam("newest"))
)
_REPORT = (
    update(instructions)
    .where(
        instructions.c.id == bindparam("which"),
        instructions.c.agent_id == bindparam("agent"),
        _in_state_before(Outcome.DONE),  # the states before every outcome are the same
    )
    .values(state=bindparam("outcome"), code=bindparam("why"), message=bindparam("words"), done_ms=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An instruction to be issued. `text` is what a person wrote, shown to people."""

    id: str
    kind: InstructionKind
    session_id: str
    body: str
    expires_ms: int
    text: str | None = None


class Instruction(Model):
    """An instruction as people see it."""

    id: str
    kind: InstructionKind
    session_id: str | None
    state: InstructionState
    code: str | None
    message: str | None
    text: str | None
    created_by: str | None
    created_ms: int
    done_ms: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An instruction whose state changed, with what its consequences need."""

    project_id: str
    session_id: str | None
    body: str
    view: Instruction


def issue(
    connection: Connection, agent_id: str, drafts: Sequence[Draft], created_by: str | None, now_ms: int
) -> tuple[Issued, ...]:
    """Append `drafts` to the agent's log. Raises NotFound when the agent is gone."""
    newest = connection.execute(_NEXT, {"agent": agent_id, "count": len(drafts)}).scalar()
    if newest is None:
        raise NotFound
    issued = [
        Issued(newest - len(drafts) + place, draft.id, draft.kind, draft.body, now_ms, draft.expires_ms)
        for place, draft in enumerate(drafts, 1)
    ]
    connection.execute(
        _INSERT,
        [
            {
                "id": draft.id,
                "agent_id": agent_id,
                "iseq": entry.iseq,
                "kind": draft.kind.value,
                "session_id": draft.session_id,
                "body": draft.body,
                "issued_ms": now_ms,
                "expires_ms": draft.expires_ms,
                "signature": b"",  # made when it is sent, with the key the agent then holds
                "state": InstructionState.QUEUED.value,
                "text": draft.text,
                "created_by": created_by,
                "created_ms": now_ms,
            }
            for draft, entry in zip(drafts, issued, strict=True)
        ],
    )
    return tuple(issued)


def after(connection: Connection, agent_id: str, iseq: int, most: int) -> list[Issued]:
    """Return up to `most` instructions after `iseq`, in order.

    What an agent took before it lost its journal comes as expired: it keeps the log whole and is not run twice.
    """
    found = connection.execute(_AFTER, {"agent": agent_id, "after": iseq, "most": most})
    return [
        Issued(row.iseq, row.id, InstructionKind(row.kind), row.body, row.issued_ms, row.expires_ms) for row in found
    ]


def behind(connection: Connection, cursors: dict[str, int]) -> list[str]:
    """Return those agents that have instructions after the `iseq` given for them."""
    found = connection.execute(select(agents.c.id, agents.c.iseq).where(agents.c.id.in_(list(cursors))))
    return [row.id for row in found if row.iseq > cursors[row.id]]


def mark_sent(connection: Connection, signatures: Sequence[tuple[str, str]]) -> None:
    """Keep that these instructions (id, signature in hex) went out."""
    connection.execute(
        _MARK_SENT,
        [{"which": instruction_id, "proof": bytes.fromhex(signature)} for instruction_id, signature in signatures],
    )


def mark_taken(connection: Connection, agent_id: str, iseq: int) -> None:
    """Keep that everything up to `iseq` is in the agent's journal."""
    connection.execute(_MARK_TAKEN, {"agent": agent_id, "newest": iseq})
    connection.execute(_MOVE_CURSOR, {"agent": agent_id, "newest": iseq})


def forget(connection: Connection, agent_id: str, received: int, now_ms: int) -> list[Kept]:
    """Close what the agent took but, by the cursor of its journal, no longer knows of; return it."""
    lost = connection.execute(
        select(instructions.c.id).where(
            instructions.c.agent_id == agent_id,
            instructions.c.iseq > received,
            instructions.c.state == InstructionState.TAKEN.value,
        )
    )
    ids = list(lost.scalars())
    if not ids:
        return []
    connection.execute(
        update(instructions)
        .where(instructions.c.id.in_(ids))
        .values(
            state=InstructionState.UNKNOWN.value,
            code="unknown",
            message="The agent lost its journal. Look at the session before you repeat this.",
            done_ms=now_ms,
        )
    )
    return _kept(connection, ids)


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
        _REPORT,
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


def expire(connection: Connection, now_ms: int) -> list[Kept]:
    """Expire what is still queued past its time; return it."""
    due = connection.execute(
        select(instructions.c.id).where(instructions.c.expires_ms <= now_ms, _in_state_before(Passage.OVERDUE))
    )
    ids = list(due.scalars())
    if not ids:
        return []
    connection.execute(
        update(instructions)
        .where(instructions.c.id.in_(ids))
        .values(
            state=InstructionState.EXPIRED.value,
            code="expired",
            message="The agent did not come online in time.",
            done_ms=now_ms,
        )
    )
    return _kept(connection, ids)


def next_expiry(connection: Connection) -> int | None:
    """Return when the next queued instruction expires."""
    return connection.execute(
        select(instructions.c.expires_ms)
        .where(_in_state_before(Passage.OVERDUE))
        .order_by(instructions.c.expires_ms)
        .limit(1)
    ).scalar()


def get(connection: Connection, instruction_id: str) -> Instruction | None:
    """Return one instruction."""
    row = connection.execute(_ONE, {"which": instruction_id}).first()
    return None if row is None else _view(row)


def of_session(connection: Connection, session_id: str, limit: int) -> list[Instruction]:
    """Return a session's newest instructions, oldest of them first."""
    found = connection.execute(
        _VIEWS.where(instructions.c.session_id == session_id).order_by(instructions.c.iseq.desc()).limit(limit)
    )
    return [_view(row) for row in found][::-1]


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


def _view(row: Row[*tuple[Any, ...]]) -> Instruction:
    return Instruction(
        id=row.id,
        kind=InstructionKind(row.kind),
        session_id=row.session_id,
        state=InstructionState(row.state),
        code=row.code,
        message=row.message,
        text=row.text,
        created_by=row.username,
        created_ms=row.created_ms,
        done_ms=row.done_ms,
    )


def _kept(connection: Connection, ids: Iterable[str]) -> list[Kept]:
    found = connection.execute(
        _VIEWS.add_columns(agents.c.project_id)
        .join(agents, agents.c.id == instructions.c.agent_id)
        .where(instructions.c.id.in_(list(ids)))
        .order_by(instructions.c.iseq)
    )
    return [Kept(row.project_id, row.session_id, row.body, _view(row)) for row in found]
