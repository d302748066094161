"""Issuing: what is asked of an agent is appended to its log, as long as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, bindparam, func, insert, select, update

from claudios.protocol.codec import MAX_MESSAGE_BYTES
from claudios.protocol.errors import InputInvalid, NotFound, TooMany
from claudios.protocol.messages import InstructionKind
from claudios.server.instructions.lifecycle import InstructionState, Issued
from claudios.server.store.instructions import NOT_TAKEN
from claudios.server.store.tables import agents, instructions

_NEXT = (
    update(agents)
    .where(agents.c.id == bindparam("agent"), agents.c.removed_ms.is_(None))
    .values(iseq=agents.c.iseq + bindparam("count"))
    .returning(agents.c.iseq, agents.c.received, agents.c.carrier)
)
_INSERT = insert(instructions)
_WAITING = select(func.count()).where(
    instructions.c.agent_id == bindparam("agent"), instructions.c.state.in_(NOT_TAKEN)
)
_ITS_PROJECT = select(agents.c.project_id).where(agents.c.id == bindparam("agent")).scalar_subquery()
_WAITING_IN_PROJECT = select(func.count()).where(
    instructions.c.state.in_(NOT_TAKEN),
    instructions.c.agent_id.in_(select(agents.c.id).where(agents.c.project_id == _ITS_PROJECT)),
)

MAX_WAITING = 1_000
"""Instructions that may wait for one agent; each may hold a long prompt."""
MAX_WAITING_IN_PROJECT = 5_000
"""Instructions that may wait for all agents of a project together."""
MAX_BODY_BYTES = MAX_MESSAGE_BYTES - 4 * 1024
"""How large a body may be in its message: that also holds the ids, times and the signature of the instruction."""
FREELY_WAITING = 100
"""So many may wait for an agent whatever waits for the others: they are not counted each time."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An instruction to be issued. `text` is what a person wrote, shown to people, `images` how many go with it.

    `input_id` is what Claude knows it by, where that is not the instruction's own id.
    """

    id: str
    kind: InstructionKind
    session_id: str
    body: str
    expires_ms: int
    text: str | None = None
    input_id: str | None = None
    images: int = 0


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

    Raises NotFound when the agent is gone, InputInvalid for a body that no message can hold, and, where `is_limited`,
    TooMany when MAX_WAITING wait for the agent already, or MAX_WAITING_IN_PROJECT for the agents of its project.
    """
    if any(in_message(draft.body) > MAX_BODY_BYTES for draft in drafts):
        raise InputInvalid("This is too much for one message to the agent. Send less at once.")
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
                "images": draft.images,
                "input_id": draft.input_id,
                "created_by": created_by,
                "created_ms": now_ms,
            }
            for draft, entry in zip(drafts, issued, strict=True)
        ],
    )
    return tuple(issued)


def in_message(body: str) -> int:
    """Return how many bytes a body takes in its message, where it is a string of JSON."""
    return len(orjson.dumps(body))


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
