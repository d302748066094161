"""The life of an instruction, as a table.

    queued ─▶ sent ─▶ taken ─▶ done | refused | failed | expired | session_lost | unknown ─▶ retried | dropped
       └────▶ withdrawn

`queued`: committed here, and not yet any link's; so long it can be edited and withdrawn. `sent`: a link's, committed
before the link gets it. `taken`: in the agent's journal. The agent's report ends it from any state before, because a
cursor may be lost where a report is not. The server's own clock expires `queued`, and makes `unknown` what went to an
agent that is not heard of any more; the agent's word overrides both, since it alone knows what happened on the machine.
What did not get done a person settles: `retried` by another instruction, or `dropped`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from claudios.protocol.messages import InstructionKind, Outcome


class InstructionState(StrEnum):
    """Where an instruction is."""

    QUEUED = "queued"
    SENT = "sent"
    TAKEN = "taken"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    SESSION_LOST = "session_lost"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    RETRIED = "retried"
    DROPPED = "dropped"


class Passage(StrEnum):
    """What happens to an instruction besides the agent's report. No value is an Outcome's: the two share tables."""

    SENT = "sent"
    TAKEN = "taken"
    OVERDUE = "overdue"
    UNHEARD = "unheard"
    WITHDRAWN = "withdrawn"
    RETRIED = "retried"
    DROPPED = "dropped"


Event = Passage | Outcome

_REPORTED: Mapping[Event, InstructionState] = {outcome: InstructionState(outcome.value) for outcome in Outcome}
_SETTLED: Mapping[Event, InstructionState] = {
    Passage.RETRIED: InstructionState.RETRIED,
    Passage.DROPPED: InstructionState.DROPPED,
}

TRANSITIONS: Mapping[InstructionState, Mapping[Event, InstructionState]] = {
    InstructionState.QUEUED: {
        Passage.SENT: InstructionState.SENT,
        Passage.TAKEN: InstructionState.TAKEN,
        Passage.OVERDUE: InstructionState.EXPIRED,
        Passage.WITHDRAWN: InstructionState.WITHDRAWN,
        **_REPORTED,
    },
    InstructionState.SENT: {
        Passage.TAKEN: InstructionState.TAKEN,
        Passage.UNHEARD: InstructionState.UNKNOWN,
        **_REPORTED,
    },
    InstructionState.TAKEN: {Passage.UNHEARD: InstructionState.UNKNOWN, **_REPORTED},
    InstructionState.EXPIRED: {**_REPORTED, **_SETTLED},
    InstructionState.DONE: {},
    InstructionState.REFUSED: _SETTLED,
    InstructionState.FAILED: _SETTLED,
    InstructionState.SESSION_LOST: _SETTLED,
    InstructionState.UNKNOWN: {**_REPORTED, **_SETTLED},
    InstructionState.WITHDRAWN: {},
    InstructionState.RETRIED: {},
    InstructionState.DROPPED: {},
}

OPEN = frozenset({InstructionState.QUEUED, InstructionState.SENT, InstructionState.TAKEN})
"""The states in which its outcome is still due."""

UNDONE = frozenset(state for state, row in TRANSITIONS.items() if Passage.DROPPED in row)
"""The states in which a person may retry or drop it."""


def after(state: InstructionState, event: Event) -> InstructionState | None:
    """Return the state that `event` leads to, or None when it changes nothing there."""
    following = TRANSITIONS[state].get(event)
    return None if following == state else following


def before(event: Event) -> tuple[InstructionState, ...]:
    """Return the states in which `event` changes something."""
    return tuple(state for state in InstructionState if after(state, event) is not None)


@dataclass(frozen=True, slots=True)
class Issued:
    """An instruction in its agent's log, as it will be signed: `body` is JSON text, `iseq` its place in the log.

    `is_sent` says that it is committed as `sent`: only then may a link have it.
    """

    iseq: int
    id: str
    kind: InstructionKind
    body: str
    issued_ms: int
    expires_ms: int
    is_sent: bool
