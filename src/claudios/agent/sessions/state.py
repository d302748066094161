"""The life of a session as a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claudios.protocol.messages import EndReason, SessionState


@dataclass(frozen=True, slots=True)
class Launched:
    """Its shim is being started."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Claude has printed something for the first time."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Its process is gone, or never came to be. `exit_code` is 128 + n after signal n, as a shell has it."""

    reason: EndReason
    detail: str | None = None
    exit_code: int | None = None


Event = Launched | Answered | Ended

TRANSITIONS: Mapping[SessionState, Mapping[type[Event], SessionState]] = {
    SessionState.QUEUED: {Launched: SessionState.STARTING, Ended: SessionState.ENDED},
    SessionState.STARTING: {Answered: SessionState.RUNNING, Ended: SessionState.ENDED},
    SessionState.RUNNING: {Ended: SessionState.ENDED},
    SessionState.ENDED: {},
}


def follow(state: SessionState, event: Event) -> SessionState | None:
    """Return the state after `event`, or None when it changes nothing in `state`."""
    return TRANSITIONS[state].get(type(event))
