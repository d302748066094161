"""What became of an epoch whose shim is gone: read from its log, or written there when nobody else could."""

from __future__ import annotations

import logging
import signal
from collections.abc import Mapping
from dataclasses import dataclass

from claudios.agent.output.spool import Spool
from claudios.agent.sessions.state import Ended
from claudios.protocol.messages import EndReason
from claudios.shim.processes import marked, signal_all

SWEEPS = 20
LOST = "The process that held the session died."
IMPORTED = "imported"
"""The event before what was said outside of the session; the log of its first process follows that."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """How the newest epoch in a spool ended, and the ids of the inputs that the spool tells of.

    What the server has is unlinked, so an input that is not among them may have been taken too: who asked for it hears
    `session_lost` or `unknown` then, and whoever sends it again uses its id (I-12).
    """

    epoch: int
    end: Ended
    taken: frozenset[str]


def recover(spool: Spool) -> Aftermath | None:
    """Return how the newest epoch ended, ending it as lost where its shim could not; None when it has not begun.

    That is so where there is not one frame, or what was said before the session alone.
    Call it only while no shim lives. The program died with its shim; what it has left behind is killed here.
    """
    tail = spool.recover()
    if tail is None or (tail.events and tail.events[-1].get("event") == IMPORTED):
        return None
    end = _end_in(tail.events)
    if end is None:
        _sweep(marker(spool.session_id, tail.epoch))
        close_log(spool, tail.epoch, EndReason.LOST)
        end = Ended(EndReason.LOST, LOST)
    return Aftermath(tail.epoch, end, tail.inputs)


def marker(session_id: str, epoch: int) -> str:
    """Return what every process of a session's epoch carries in its environment."""
    return f"{session_id}:{epoch}"


def close_log(spool: Spool, epoch: int, reason: EndReason, failure: str | None = None) -> None:
    """Write the end of an epoch that has no shim to do it; a full disk keeps it from the log, not from happening."""
    events: list[Mapping[str, object]] = [{"event": "failed", "message": failure}] if failure else []
    events.append({"event": "ended", "exit_code": None, "signal": None, "reason": reason.value})
    try:
        spool.append_events(epoch, events)
    except OSError as problem:
        _log.warning("The end of session %s is not in its log: %s", spool.session_id, problem)


def end_of(reason: object, detail: object, exit_code: object, number: object) -> Ended:
    """Return the end that a shim tells of, with the exit code a shell would show."""
    text = detail if isinstance(detail, str) else None
    if isinstance(number, int):
        return Ended(EndReason(str(reason)), text or f"It was ended by signal {number}.", 128 + number)
    return Ended(EndReason(str(reason)), text, exit_code if isinstance(exit_code, int) else None)


def _end_in(events: tuple[Mapping[str, object], ...]) -> Ended | None:
    if not events or events[-1].get("event") != "ended":
        return None
    ended, before = events[-1], events[-2] if len(events) > 1 else {}
    failure = before.get("message") if before.get("event") == "failed" else None
    return end_of(ended.get("reason"), failure, ended.get("exit_code"), ended.get("signal"))


def _sweep(carried: str) -> None:
    for _ in range(SWEEPS):
        left = marked(carried)
        if not left:
            return
        signal_all(left, signal.SIGKILL)
