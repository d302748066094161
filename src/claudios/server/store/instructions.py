"""Instructions: an ordered log for each agent, and what became of every entry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, func, insert, or_, select, update

from claudios.protocol.errors import NotFound, TooMany
from claudios.protocol.messages import InstructionKind, Model, Outcome, SessionState
from claudios.server.instructions.lifecycle import Event, InstructionState, Issued, Passage, before
from claudios.server.instructions.lifecycle import after as follow
from claudios.server.store.tables import agents, instructions, members, sessions, users

_NEXT = (
    update(agents)
    .where(agents.c.id == bindparam("agent"), agents.c.removed_ms.is_(None))
    .values(iseq=agents.c.iseq + bindparam("count"))
    .returning(agents.c.iseq, agents.c.received, agents.c.carrier)
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
        (instructions.c.state != InstructionState.QUEUED.value).label("is_sent"),
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
_WAITING = select(func.count()).where(
    instructions.c.agent_id == bindparam("agent"), instructions.c.state.in_(_NOT_TAKEN)
)
_ITS_PROJECT = select(agents.c.project_id).where(agents.c.id == bindparam("agent")).scalar_subquery()
_WAITING_IN_PROJECT = select(func.count()).where(
    instructions.c.state.in_(_NOT_TAKEN),
    instructions.c.agent_id.in_(select(agents.c.id).where(agents.c.project_id == _ITS_PROJECT)),
)
_KEPT = (
    _VIEWS.add_columns(agents.c.project_id)
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


MAX_WAITING = 1_000
"""Instructions that may wait for one agent; each may hold a long prompt."""
MAX_WAITING_IN_PROJECT = 5_000
"""Instructions that may wait for all agents of a project together."""
FREELY_WAITING = 100
"""So many may wait for an agent whatever waits for the others: they are not counted each time."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An instruction to be issued. `text` is what a person wrote, shown to people.

    `input_id` is what Claude knows it by, where that is not the instruction's own id.
    """

    id: str
    kind: InstructionKind
    session_id: str
    body: str
    expires_ms: int
    text: str | None = None
    input_id: str | None = None


class Instruction(Model):
    """An instruction as people see it. `input_id` is the uuid that Claude knows its prompt by."""

    id: str
    kind: InstructionKind
    session_id: str | None
    state: InstructionState
    code: str | None
    message: str | None
    text: str | None
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


def issue(
    connection: Connection,
    agent_id: str,
    drafts: Sequence[Draft],
    created_by: str | None,
    now_ms: int,
    *,
    is_limited: bool = True,
) -> tuple[Issued, ...]:
    """Append `drafts` to the agent's log: as `sent` while a link holds it, else as `queued`.

    Raises NotFound when the agent is gone, and, where `is_limited`, TooMany when MAX_WAITING wait for it already, or
    MAX_WAITING_IN_PROJECT for the agents of its project.
    """
    row = connection.execute(_NEXT, {"agent": agent_id, "count": len(drafts)}).first()
    if row is None:
        raise NotFound
    if is_limited and row.iseq - row.received > FREELY_WAITING:
        _require_room(connection, agent_id, row.iseq - row.received, len(drafts))
    is_sent = row.carrier is not None
    state = InstructionState.SENT if is_sent else InstructionState.QUEUED
    issued = [
        Issued(row.iseq - len(drafts) + place, draft.id, draft.kind, draft.body, now_ms, draft.expires_ms, is_sent)
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
                "state": state.value,
                "text": draft.text,
                "input_id": draft.input_id,
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


def settle_waiting_commands(connection: Connection, session_id: str, settling: Settling) -> list[Kept]:
    """Let something happen to those commands of a session that wait for its agent; return them."""
    which = (instructions.c.session_id == session_id, instructions.c.kind == InstructionKind.COMMAND.value)
    return settle(connection, which, settling)


def rewrite(connection: Connection, instruction_id: str, body: str, text: str | None) -> None:
    """Put another body and text into one that no link has; the caller has made sure, in this transaction."""
    connection.execute(update(instructions).where(instructions.c.id == instruction_id).values(body=body, text=text))


def not_received(connection: Connection, session_id: str) -> list[Kept]:
    """Return the instructions of a session that are not in its agent's journal."""
    found = connection.execute(
        select(instructions.c.id)
        .join(agents, agents.c.id == instructions.c.agent_id)
        .where(instructions.c.session_id == session_id, instructions.c.iseq > agents.c.received)
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
    return None if row is None else _view(row)


def of_session(connection: Connection, session_id: str, limit: int, before_id: str | None = None) -> list[Instruction]:
    """Return a session's newest instructions, of those before `before_id` where it is given; oldest of them first."""
    wanted = _VIEWS.where(instructions.c.session_id == session_id)
    if before_id is not None:
        place = select(instructions.c.iseq).where(
            instructions.c.id == before_id, instructions.c.session_id == session_id
        )
        wanted = wanted.where(instructions.c.iseq < place.scalar_subquery())
    found = connection.execute(wanted.order_by(instructions.c.iseq.desc()).limit(limit))
    return [_view(row) for row in found][::-1]


def newest_prompt(connection: Connection, session_id: str) -> Instruction | None:
    """Return the prompt that was issued last to a session, be it with its start."""
    row = connection.execute(
        _VIEWS.where(instructions.c.session_id == session_id, instructions.c.text.is_not(None))
        .order_by(instructions.c.iseq.desc())
        .limit(1)
    ).first()
    return None if row is None else _view(row)


def visible(connection: Connection, user_id: str, beginning: str, limit: int) -> list[Instruction]:
    """Return the instructions of the person's projects whose id begins so, newest first."""
    found = connection.execute(
        _VIEWS.join(sessions, sessions.c.id == instructions.c.session_id)
        .join(members, (members.c.project_id == sessions.c.project_id) & (members.c.user_id == user_id))
        .where(instructions.c.id.startswith(beginning, autoescape=True))
        .order_by(instructions.c.created_ms.desc(), instructions.c.id)
        .limit(limit)
    )
    return [_view(row) for row in found]


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


def is_stop_asked(connection: Connection, session_id: str, after: int) -> bool:
    """Say whether somebody asked for the session's end, later than the `iseq`."""
    asked = select(instructions.c.id).where(
        instructions.c.session_id == session_id,
        instructions.c.kind == InstructionKind.TERMINATE_SESSION.value,
        instructions.c.iseq > after,
    )
    return connection.execute(asked.limit(1)).first() is not None


def prompts_between(
    connection: Connection, session_id: str, states: Collection[InstructionState], after: int, before: int | None = None
) -> list[Instruction]:
    """Return a session's prompts in these states, with an `iseq` after the one and before the other, in order."""
    wanted = _VIEWS.where(
        instructions.c.session_id == session_id,
        instructions.c.kind == InstructionKind.COMMAND.value,
        instructions.c.text.is_not(None),
        instructions.c.state.in_([state.value for state in states]),
        instructions.c.iseq > after,
    )
    if before is not None:
        wanted = wanted.where(instructions.c.iseq < before)
    return [_view(row) for row in connection.execute(wanted.order_by(instructions.c.iseq))]


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
        input_id=row.input_id or row.id,
        created_by=row.username,
        created_ms=row.created_ms,
        done_ms=row.done_ms,
    )


def _require_room(connection: Connection, agent_id: str, beyond: int, more: int) -> None:
    """Raise TooMany where `more` cannot wait for an agent which has `beyond` and fewer that it has not received."""
    for limit, counting, whom in (
        (MAX_WAITING, _WAITING, "this agent"),
        (MAX_WAITING_IN_PROJECT, _WAITING_IN_PROJECT, "the agents of this project"),
    ):
        may_be_full = beyond > limit or counting is _WAITING_IN_PROJECT
        if may_be_full and connection.execute(counting, {"agent": agent_id}).scalar_one() + more > limit:
            raise TooMany(
                f"{limit} instructions wait for {whom} already. "
                "Start it, withdraw some (`claudios queue SESSION` lists them), or let them expire."
            )


def _kept(connection: Connection, ids: Sequence[str]) -> list[Kept]:
    if not ids:
        return []
    found = connection.execute(_KEPT, {"ids": list(ids)})
    return [Kept(row.project_id, row.session_id, row.iseq, row.body, _view(row)) for row in found]
