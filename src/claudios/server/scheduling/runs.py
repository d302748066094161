"""What schedules start, and end: every function here is the inside of one transaction.

A run is issued, noted and followed by the next due time in one transaction that looks again whether it is due. So
neither a crash nor a second replica runs a due time twice, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import uuid4

from sqlalchemy import Connection

from claudios.protocol.errors import ClaudiosError, Conflict, Forbidden, InputInvalid, NotFound
from claudios.protocol.messages import Mode
from claudios.server.instructions import accept, starting
from claudios.server.instructions.accept import Accepted, Asker
from claudios.server.instructions.caretaker import Duty
from claudios.server.scheduling import cron
from claudios.server.store import agents, projects, schedules, sessions
from claudios.server.store.budgets import zone_of
from claudios.server.store.projects import Role
from claudios.server.store.schedules import Missed, NewRun, Run, RunOutcome, Schedule
from claudios.server.store.sessions import NewSession, Session

MINUTE_MS = 60_000
LATE_MS = 5 * MINUTE_MS
"""A run that is later than this was missed."""
MOST_MISSED = 1_000
"""So many times are counted that were missed together; more are told as so many."""
SWEEP_SECONDS = 2.0

MISSED = "No server was there to start it."
NOBODY = "Whoever it ran for has no account any more. An operator who resumes it makes it run for them."
NO_RIGHT = "{} may not start sessions in this project any more. An operator who resumes it makes it run for them."
NO_AGENT = "Its agent was removed. Choose another one for it."
NEVER = "It is never due again, or its time zone is unknown to this server. Change it."


@dataclass(frozen=True, slots=True)
class _Settled:
    """How a due time is settled: whether a session starts, which further times that covers, and what is due next."""

    is_to_start: bool
    missed: int
    next_ms: int


class _Stopped(Exception):
    """A schedule that runs no more by itself, and why."""


def run_due(connection: Connection, schedule_id: str, now_ms: int) -> Accepted[int]:
    """Settle the oldest due time of a schedule; return how many sessions that started."""
    found = schedules.is_due(connection, schedule_id, now_ms)
    if found is None:
        return Accepted(0, "")
    schedule, user_id = found
    assert schedule.next_ms is not None
    run = NewRun(f"due {schedule.next_ms}", schedule.next_ms, RunOutcome.STARTED)
    is_settled = schedules.known(connection, schedule_id, run.key) is not None  # the clock was put back meanwhile
    try:
        settled = _settled(schedule, schedule.next_ms, now_ms)
        asker = _require_right(connection, schedule, user_id)
    except _Stopped as stopped:
        why = str(stopped)
        if not is_settled:
            schedules.note(connection, schedule_id, replace(run, outcome=RunOutcome.REFUSED, problem=why), now_ms)
        schedules.pause(connection, schedule_id, why)
        return Accepted(0, "")
    schedules.set_next(connection, schedule_id, settled.next_ms)
    if is_settled:
        return Accepted(0, "")
    run = replace(run, missed=settled.missed)
    if not settled.is_to_start:
        skipped = replace(run, outcome=RunOutcome.SKIPPED, problem=MISSED)
        schedules.note(connection, schedule_id, skipped, now_ms)
        return Accepted(0, "")
    try:
        with connection.begin_nested():
            started = _start(connection, schedule, str(uuid4()), asker, now_ms)
    except ClaudiosError as refused:
        problem = replace(run, outcome=RunOutcome.REFUSED, problem=refused.message)
        schedules.note(connection, schedule_id, problem, now_ms)
        return Accepted(0, "")
    schedules.note(connection, schedule_id, replace(run, session_id=started.answer.id), now_ms)
    return Accepted(1, started.agent_id, started.issued, started.told)


def run_by_hand(connection: Connection, schedule: Schedule, run_id: str, asker: Asker, now_ms: int) -> Accepted[Run]:
    """Start a session of a schedule now, in the name of who asks; the same id again changes nothing.

    Raises Conflict for a taken id and for an agent that is gone, and what a start raises.
    """
    key = f"hand {run_id}"
    known = schedules.known(connection, schedule.id, key)
    if known is not None:
        return Accepted(known, schedule.agent_id)
    if sessions.place(connection, run_id) is not None:
        raise Conflict("This id is taken by a session. Choose another.")
    require_agent(connection, schedule)
    started = _start(connection, schedule, run_id, asker, now_ms)
    run = NewRun(key, None, RunOutcome.STARTED, session_id=run_id, started_by=asker.user_id)
    noted = schedules.note(connection, schedule.id, run, now_ms)
    return Accepted(noted, started.agent_id, started.issued, started.told)


def end_done(connection: Connection, session_id: str, now_ms: int) -> Accepted[int]:
    """End a session that was to end once Claude is through; return how many instructions that took."""
    place = sessions.place(connection, session_id)
    if place is None or not schedules.done(connection, now_ms, session_id):
        return Accepted(0, "")
    ended = accept.terminate(connection, place, Asker(), now_ms)
    return Accepted(1, place.agent_id, ended.issued, ended.told)


def to_end(connection: Connection, now_ms: int) -> list[str]:
    """Return the sessions that are to end, since Claude is through with what its schedule asked."""
    return schedules.done(connection, now_ms)


def require_agent(connection: Connection, schedule: Schedule) -> None:
    """Raise Conflict where the agent of a schedule was removed."""
    try:
        agents.project_of(connection, schedule.agent_id)
    except NotFound as gone:
        raise Conflict(NO_AGENT) from gone


def next_ms(schedule: Schedule, now_ms: int) -> int:
    """Return when a schedule is due next. Raises Conflict where it never is."""
    try:
        return cron.next_ms(schedule.expression, zone_of(schedule.time_zone), now_ms)
    except (InputInvalid, KeyError, ValueError, OSError) as unknown:
        raise Conflict(NEVER) from unknown


def _settled(schedule: Schedule, due_ms: int, now_ms: int) -> _Settled:
    """Say what becomes of a due time: late ones are settled all together. Raises _Stopped."""
    try:
        zone = zone_of(schedule.time_zone)
        if now_ms - due_ms <= LATE_MS:
            return _Settled(True, 0, cron.next_ms(schedule.expression, zone, due_ms))
        is_to_start = schedule.missed is Missed.ONCE
        next_ms = cron.next_ms(schedule.expression, zone, now_ms if is_to_start else now_ms - LATE_MS - 1)
        missed = cron.count(schedule.expression, zone, due_ms, next_ms, MOST_MISSED)
    except (InputInvalid, KeyError, ValueError, OSError) as unknown:
        raise _Stopped(NEVER) from unknown
    return _Settled(is_to_start, missed, next_ms)


def _require_right(connection: Connection, schedule: Schedule, user_id: str | None) -> Asker:
    """Return in whose name a schedule runs. Raises _Stopped where that person may not start sessions, or on what."""
    if user_id is None:
        raise _Stopped(NOBODY)
    try:
        projects.require_role(connection, user_id, schedule.project_id, Role.OPERATOR)
    except (NotFound, Forbidden) as refused:
        raise _Stopped(NO_RIGHT.format(schedule.runs_as)) from refused
    try:
        require_agent(connection, schedule)
    except Conflict as gone:
        raise _Stopped(gone.message) from gone
    return Asker(user_id, schedule.runs_as)


def _start(connection: Connection, schedule: Schedule, session_id: str, asker: Asker, now_ms: int) -> Accepted[Session]:
    new = NewSession(
        id=session_id,
        project_id=schedule.project_id,
        agent_id=schedule.agent_id,
        title=schedule.name,
        mode=Mode.CHAT,
        directory=schedule.directory,
        model=schedule.model,
        permission_mode=schedule.permission_mode,
        schedule_id=schedule.id,
        ends_when_done=schedule.ends_when_done,
    )
    wait_ms = schedule.wait_minutes * MINUTE_MS
    return starting.start(connection, new, schedule.prompt, asker, now_ms, ttl_ms=wait_ms)


DUTIES = (Duty(schedules.due, run_due, "schedule"), Duty(to_end, end_done))
