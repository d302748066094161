"""The life of a session as the server sees it, from two witnesses: the log itself, and the agent's status.

queued ─▶ starting ─▶ running ─▶ ended, only forwards within an epoch. The log is the better witness of how a session
ended, so its reason replaces `lost`, which an agent says when it no longer knows.
"""

from __future__ import annotations

from dataclasses import dataclass

from claudios.protocol.messages import EndReason, SessionState

_RANK = {SessionState.QUEUED: 0, SessionState.STARTING: 1, SessionState.RUNNING: 2, SessionState.ENDED: 3}


@dataclass(frozen=True, slots=True)
class Life:
    """How far a session is: `epoch` counts its processes, `reason` to `exit_code` tell how it ended."""

    epoch: int
    state: SessionState
    reason: EndReason | None = None
    detail: str | None = None
    exit_code: int | None = None


def replaces(seen: Life, known: Life) -> bool:
    """Say whether what a witness saw is news."""
    if seen.epoch != known.epoch:
        return False
    if seen.state is SessionState.ENDED and known.state is SessionState.ENDED:
        return known.reason is EndReason.LOST and seen.reason not in (None, EndReason.LOST)
    return _RANK[seen.state] > _RANK[known.state]
