"""Schedules and the history of their runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from claudios.protocol.errors import NotFound, TooMany
from claudios.protocol.fields import Model
from claudios.protocol.ids import new_id
from claudios.protocol.messages import EndReason, InstructionKind, PermissionMode, SessionState
from claudios.server.scheduling import cron
from claudios.server.store import plan_limits
from claudios.server.store.tables import (
    agents,
    instructions,
    requests,
    schedule_runs,
    schedules,
    sessions,
    users,
    waiting_prompts,
)

MAX_SCHEDULES = 100
"""How many a project may have."""
KEPT_RUNS = 200
"""How many runs of each are kept in its history."""
SETTLE_MS = 60_000
"""How long Claude has nothing to do before a session that ends when it is done is ended."""


class Missed(StrEnum):
    """What becomes of runs that were due while no server was there: nothing, or one run for all of them."""

    SKIP = "skip"
    ONCE = "once"


class RunOutcome(StrEnum):
    """What became of a run: a session was started, it was missed and skipped, or the start was refused."""

    STARTED = "started"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a schedule starts, where and when. `wait_minutes`: so long a start waits for its agent."""

    agent_id: str
    name: str
    expression: str
    time_zone: str
    directory: str | None
    prompt: str
    model: str | None
    permission_mode: PermissionMode
    missed: Missed
    wait_minutes: int
    ends_when_done: bool


class Schedule(Model):
    """A schedule as people see it; `words` are its expression in English. It starts sessions in the name of `runs_as`.

    `next_ms` is null while it is paused; `stopped` says why it was paused by itself. A start waits `wait_minutes` for
    its agent. A session that `ends_when_done` ends once Claude is through with the prompt and nobody has gone on.
    """

    id: str
    project_id: str
    agent_id: str
    agent_name: str
    name: str
    expression: str
    words: str
    time_zone: str
    directory: str | None
    prompt: str
    model: str | None
    permission_mode: PermissionMode
    missed: Missed
    wait_minutes: int
    ends_when_done: bool
    runs_as: str | None
    created_ms: int
    next_ms: int | None
    stopped: str | None


class Run(Model):
    """One run: when it was due (null: by hand, of `started_by`), when it was decided on, and what became of it.

    `missed` further times were due before `at_ms` and are settled with it. The session is null once it is deleted.
    """

    no: int
    due_ms: int | None
    at_ms: int
    outcome: RunOutcome
    problem: str | None
    missed: int
    started_by: str | None
    session_id: str | None
    session_title: str | None
    session_state: SessionState | None
    session_reason: EndReason | None
    session_detail: str | None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be noted; `key` is what no two runs of a schedule share."""

    key: str
    due_ms: int | None
    outcome: RunOutcome
    problem: str | None = None
    missed: int = 0
    session_id: str | None = None
    started_by: str | None = None


_VIEW = (
    select(schedules, agents.c.name.label("agent_name"), users.c.username)
    .join(agents, agents.c.id == schedules.c.agent_id)
    .join(users, users.c.id == schedules.c.runs_as, isouter=True)
)
_RUNS = (
    select(
        schedule_runs,
        users.c.username,
        sessions.c.title,
        sessions.c.state,
        sessions.c.reason,
        sessions.c.detail,
    )
    .join(users, users.c.id == schedule_runs.c.started_by, isouter=True)
    .join(sessions, sessions.c.id == schedule_runs.c.session_id, isouter=True)
)


def create(connection: Connection, project_id: str, plan: Plan, runs_as: str, next_ms: int, now_ms: int) -> Schedule:
    """Make a schedule. Raises TooMany."""
    count = connection.execute(select(func.count()).where(schedules.c.project_id == project_id)).scalar_one()
    if count >= MAX_SCHEDULES:
        raise TooMany(f"This project has {MAX_SCHEDULES} schedules already. Remove one that is not needed.")
    schedule_id = new_id("sch")
    connection.execute(
        insert(schedules).values(
            id=schedule_id,
            project_id=project_id,
            created_ms=now_ms,
            runs_as=runs_as,
            next_ms=next_ms,
            **_columns(plan),
        )
    )
    return get(connection, project_id, schedule_id)


def change(connection: Connection, schedule_id: str, plan: Plan, runs_as: str, next_ms: int | None) -> None:
    """Put another plan into a schedule, which runs in this person's name from now on; `next_ms` None: paused."""
    connection.execute(
        update(schedules)
        .where(schedules.c.id == schedule_id)
        .values(runs_as=runs_as, next_ms=next_ms, stopped=None, **_columns(plan))
    )


def pause(connection: Connection, schedule_id: str, stopped: str | None = None) -> None:
    """Let a schedule run no more by itself; `stopped` says why nobody did that."""
    connection.execute(update(schedules).where(schedules.c.id == schedule_id).values(next_ms=None, stopped=stopped))


def resume(connection: Connection, schedule_id: str, runs_as: str, next_ms: int) -> None:
    """Let a schedule run again, in this person's name."""
    connection.execute(
        update(schedules).where(schedules.c.id == schedule_id).values(next_ms=next_ms, stopped=None, runs_as=runs_as)
    )


def remove(connection: Connection, schedule_id: str) -> None:
    """Delete a schedule with its history; its sessions stay, and end as they were to."""
    connection.execute(delete(schedules).where(schedules.c.id == schedule_id))


def get(connection: Connection, project_id: str, schedule_id: str) -> Schedule:
    """Return a schedule of a project. Raises NotFound."""
    wanted = _VIEW.where(schedules.c.id == schedule_id, schedules.c.project_id == project_id)
    row = connection.execute(wanted).first()
    if row is None:
        raise NotFound
    return _schedule(row)


def of_project(connection: Connection, project_id: str) -> list[Schedule]:
    """Return a project's schedules by name."""
    found = _VIEW.where(schedules.c.project_id == project_id).order_by(func.lower(schedules.c.name), schedules.c.id)
    return [_schedule(row) for row in connection.execute(found)]


def due(connection: Connection, now_ms: int) -> list[str]:
    """Return the schedules that are due, the longest first."""
    found = select(schedules.c.id).where(schedules.c.next_ms <= now_ms).order_by(schedules.c.next_ms)
    return list(connection.execute(found).scalars())


def is_due(connection: Connection, schedule_id: str, now_ms: int) -> tuple[Schedule, str | None] | None:
    """Return a schedule and in whose name it runs, where it is due still; None where it is not."""
    row = connection.execute(_VIEW.where(schedules.c.id == schedule_id, schedules.c.next_ms <= now_ms)).first()
    return None if row is None else (_schedule(row), row.runs_as)


def set_next(connection: Connection, schedule_id: str, next_ms: int) -> None:
    """Say when a schedule is due next."""
    connection.execute(update(schedules).where(schedules.c.id == schedule_id).values(next_ms=next_ms))


def note(connection: Connection, schedule_id: str, run: NewRun, now_ms: int) -> Run:
    """Put a run into the history, out of which the oldest go. A second one with its key violates a constraint."""
    no = connection.execute(
        update(schedules)
        .where(schedules.c.id == schedule_id)
        .values(runs=schedules.c.runs + 1)
        .returning(schedules.c.runs)
    ).scalar_one()
    connection.execute(
        insert(schedule_runs).values(
            schedule_id=schedule_id,
            no=no,
            dedupe_key=run.key,
            due_ms=run.due_ms,
            at_ms=now_ms,
            outcome=run.outcome.value,
            problem=run.problem,
            missed=run.missed,
            session_id=run.session_id,
            started_by=run.started_by,
        )
    )
    connection.execute(
        delete(schedule_runs).where(schedule_runs.c.schedule_id == schedule_id, schedule_runs.c.no <= no - KEPT_RUNS)
    )
    return _run(connection.execute(_RUNS.where(*_numbered(schedule_id, no))).one())


def known(connection: Connection, schedule_id: str, key: str) -> Run | None:
    """Return the run that has this key."""
    wanted = _RUNS.where(schedule_runs.c.schedule_id == schedule_id, schedule_runs.c.dedupe_key == key)
    row = connection.execute(wanted).first()
    return None if row is None else _run(row)


def runs(connection: Connection, schedule_id: str) -> list[Run]:
    """Return the history of a schedule, newest first."""
    found = _RUNS.where(schedule_runs.c.schedule_id == schedule_id).order_by(schedule_runs.c.no.desc())
    return [_run(row) for row in connection.execute(found)]


def done(connection: Connection, now_ms: int, session_id: str | None = None) -> list[str]:
    """Return the sessions of schedules that are to end: Claude is through, and nobody has asked for anything more."""
    which = () if session_id is None else (sessions.c.id == session_id,)
    asked = exists().where(
        instructions.c.session_id == sessions.c.id,
        instructions.c.kind != InstructionKind.START_SESSION.value,
        ~_belongs_to_the_prompt(now_ms),
    )
    found = select(sessions.c.id).where(
        *which,
        sessions.c.ends_when_done,
        sessions.c.schedule_id.is_not(None),
        sessions.c.state != literal_column("'ended'"),  # as the index has it
        sessions.c.state == SessionState.RUNNING.value,
        sessions.c.activity == "idle",
        sessions.c.turns > 0,
        sessions.c.epoch == 1,
        sessions.c.since_ms <= now_ms - SETTLE_MS,
        sessions.c.folded_seq >= sessions.c.last_seq,
        ~asked,
        ~plan_limits.is_waited_for(),
        ~exists().where(waiting_prompts.c.session_id == sessions.c.id),
        ~exists().where(requests.c.session_id == sessions.c.id, requests.c.state == "pending"),
    )
    return list(connection.execute(found).scalars())


def _belongs_to_the_prompt(now_ms: int) -> ColumnElement[bool]:
    """Hold of a command that is no new wish: an answer to what Claude asked, or what the server said by itself.

    Claude has had it for as long as it is given to take it up.
    """
    is_answer = exists().where(
        requests.c.session_id == instructions.c.session_id, requests.c.instruction_id == instructions.c.id
    )
    return and_(
        instructions.c.kind == InstructionKind.COMMAND.value,
        func.coalesce(instructions.c.done_ms, now_ms) <= now_ms - SETTLE_MS,
        or_(instructions.c.created_by.is_(None), is_answer),
    )


def _numbered(schedule_id: str, no: int) -> tuple[Any, ...]:
    return schedule_runs.c.schedule_id == schedule_id, schedule_runs.c.no == no


def _columns(plan: Plan) -> dict[str, object]:
    return {
        "agent_id": plan.agent_id,
        "name": plan.name,
        "expression": plan.expression,
        "time_zone": plan.time_zone,
        "directory": plan.directory,
        "prompt": plan.prompt,
        "model": plan.model,
        "permission_mode": plan.permission_mode.value,
        "missed": plan.missed.value,
        "wait_minutes": plan.wait_minutes,
        "ends_when_done": plan.ends_when_done,
    }


def _schedule(row: Row[*tuple[Any, ...]]) -> Schedule:
    return Schedule(
        id=row.id,
        project_id=row.project_id,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        name=row.name,
        expression=row.expression,
        words=cron.words(row.expression),
        time_zone=row.time_zone,
        directory=row.directory,
        prompt=row.prompt,
        model=row.model,
        permission_mode=PermissionMode(row.permission_mode),
        missed=Missed(row.missed),
        wait_minutes=row.wait_minutes,
        ends_when_done=row.ends_when_done,
        runs_as=row.username,
        created_ms=row.created_ms,
        next_ms=row.next_ms,
        stopped=row.stopped,
    )


def _run(row: Row[*tuple[Any, ...]]) -> Run:
    return Run(
        no=row.no,
        due_ms=row.due_ms,
        at_ms=row.at_ms,
        outcome=RunOutcome(row.outcome),
        problem=row.problem,
        missed=row.missed,
        started_by=row.username,
        session_id=row.session_id,
        session_title=row.title,
        session_state=None if row.state is None else SessionState(row.state),
        session_reason=EndReason(row.reason) if row.reason else None,
        session_detail=row.detail,
    )
