"""What follows from an instruction's end: the inside of a transaction."""

from __future__ import annotations

import orjson
from sqlalchemy import Connection

from claudios.protocol.messages import EndReason, InstructionKind, Report, SessionState
from claudios.server.bus.topics import Changed
from claudios.server.instructions.lifecycle import InstructionState
from claudios.server.projections.life import Life
from claudios.server.store import announcements, changes, expiry, instructions, lives, reopening, requests, sessions
from claudios.server.store.instructions import Kept

_NOT_DELIVERED = frozenset(
    {InstructionState.REFUSED, InstructionState.FAILED, InstructionState.EXPIRED, InstructionState.WITHDRAWN}
)


def settle(connection: Connection, agent_id: str, report: Report, now_ms: int) -> list[Changed]:
    """Keep an agent's report and draw its consequences. A report that is known already changes nothing."""
    kept = instructions.report(
        connection, agent_id, report.instruction_id, report.outcome, report.code, report.message, now_ms
    )
    return [] if kept is None else consequences(connection, kept, now_ms)


def expire(connection: Connection, now_ms: int) -> list[Changed]:
    """End what waited too long for its agent, and draw the consequences."""
    return [change for kept in expiry.expire(connection, now_ms) for change in consequences(connection, kept, now_ms)]


def give_up(connection: Connection, now_ms: int) -> list[Changed]:
    """Count as unknown what an agent that has gone was sent, once it is past its time, and draw the consequences."""
    return [change for kept in expiry.give_up(connection, now_ms) for change in consequences(connection, kept, now_ms)]


def consequences(connection: Connection, kept: Kept, now_ms: int) -> list[Changed]:
    """Return what people are told: a session that did not start has failed, an answer that never arrived is open."""
    told = [changes.instruction(kept.project_id, kept.view)]
    is_start = kept.view.kind is InstructionKind.START_SESSION
    if kept.session_id is None:
        return told
    if kept.view.state is InstructionState.DONE:
        return [*told, *_revived(connection, kept, now_ms)] if is_start else told
    if is_start:
        epoch = orjson.loads(kept.body)["epoch"]
        reason = EndReason.TERMINATED if kept.view.state is InstructionState.WITHDRAWN else EndReason.FAILED
        ended = Life(epoch, SessionState.ENDED, reason, kept.view.message or kept.view.state.value)
        told += lives.witness(connection, kept.session_id, ended, now_ms)
    elif kept.view.state in _NOT_DELIVERED:
        told += _reopened(connection, kept, now_ms)
    return told


def _revived(connection: Connection, kept: Kept, now_ms: int) -> list[Changed]:
    """Let a session that was given up with its start go on: its agent is back, and tells soon how the session is."""
    session_id, epoch = kept.session_id, orjson.loads(kept.body)["epoch"]
    assert session_id is not None
    if not reopening.revive(connection, session_id, epoch, expiry.GIVEN_UP, now_ms):
        return []
    announcements.end_was_none(connection, session_id, epoch, now_ms)
    told = changes.session(connection, session_id)
    return [] if told is None else [told]


def _reopened(connection: Connection, kept: Kept, now_ms: int) -> list[Changed]:
    """Let people answer again when their answer could not be delivered to a session that still waits for it."""
    found = None if kept.session_id is None else sessions.place(connection, kept.session_id)
    if found is None or found.state is SessionState.ENDED:
        return []
    reopened = requests.reopen(connection, kept.view.id)
    if reopened is None:
        return []
    session_id, request = reopened
    announcements.asked(connection, session_id, request, now_ms, after=kept.view.id)
    about = (
        changes.request(connection, kept.project_id, session_id, request.request_id),
        changes.session(connection, session_id),
    )
    return [change for change in about if change is not None]
