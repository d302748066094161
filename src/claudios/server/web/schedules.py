"""Schedules of a project: sessions that start at given times, by themselves or by hand."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import uuid4

from fastapi import Query
from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints
from sqlalchemy import Connection

from claudios.protocol.errors import InputInvalid, NotFound
from claudios.protocol.fields import Model, SessionId
from claudios.protocol.messages import PermissionMode
from claudios.server.instructions.accept import START_TTL_MS, Accepted
from claudios.server.scheduling import cron, runs
from claudios.server.store import agents, audit, schedules
from claudios.server.store.audit import Action
from claudios.server.store.budgets import zone_of
from claudios.server.store.projects import Role
from claudios.server.store.schedules import Missed, Plan, Run, Schedule
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import Caller, SignedIn, require_role
from claudios.server.web.fields import Body, Line, Name, PathId, Prose, TimeZone
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import Directory, Setting, WithDataPath, asker

router = api_router("schedules")

DUE_SHOWN = 5
MAX_PROMPT_CHARACTERS = 10_000
"""All schedules of a project are shown together."""
MAX_WAIT_MINUTES = START_TTL_MS // runs.MINUTE_MS
PROJECT = "/projects/{project_id}/schedules"


def _readable(expression: str) -> str:
    cron.words(expression)
    return " ".join(expression.split()).upper()


Expression = Annotated[
    str, StringConstraints(min_length=1, max_length=cron.MAX_CHARACTERS), Line, AfterValidator(_readable)
]
"""Minute, hour, day, month and weekday, as cron has them."""


class SchedulePlan(Body):
    """What is started, where and when.

    Runs that were due while no server was there are `missed`: skipped, or made up for by one. A start waits
    `wait_minutes` for its agent. With `ends_when_done` the session ends once Claude is through with the prompt and
    nobody has gone on with it.
    """

    name: Name
    agent_id: Annotated[str, StringConstraints(max_length=64)]
    expression: Expression
    time_zone: TimeZone
    prompt: Annotated[Prose, StringConstraints(max_length=MAX_PROMPT_CHARACTERS)]
    directory: Directory | None = None
    model: Setting | None = None
    permission_mode: PermissionMode = PermissionMode.DEFAULT
    missed: Missed = Missed.SKIP
    wait_minutes: Annotated[StrictInt, Field(ge=1, le=MAX_WAIT_MINUTES)] = 60
    ends_when_done: StrictBool = True


class RunRequest(Body):
    """`id` becomes the session's, and makes it safe to send twice; without one the server chooses."""

    id: SessionId | None = None


class DueTimes(Model):
    """A cron expression in English, and when it is due next, in milliseconds; or the `problem` with it."""

    words: str | None = None
    next_ms: tuple[int, ...] = ()
    problem: str | None = None


@router.get("/schedules/due", operation_id="preview_due_times")
async def preview_due_times(
    parts: WithParts,
    caller: SignedIn,
    expression: Annotated[str, Query(max_length=cron.MAX_CHARACTERS)],
    time_zone: Annotated[str, Query(max_length=64)] = "UTC",
) -> DueTimes:
    """Say in words what a cron expression means, and when it is due next; or, while it is typed, what is wrong."""
    try:
        zone = zone_of(time_zone)
    except (KeyError, ValueError, OSError):
        return DueTimes(problem="There is no such time zone. Write one such as Europe/Zurich.")
    try:
        found = await asyncio.to_thread(cron.following, expression, zone, parts.now_ms(), DUE_SHOWN)
    except InputInvalid as unreadable:
        return DueTimes(problem=unreadable.message)
    return DueTimes(words=cron.words(expression), next_ms=tuple(found))


@router.get(PROJECT, operation_id="list_schedules")
async def list_schedules(project_id: PathId, parts: WithParts, caller: SignedIn) -> list[Schedule]:
    """List the project's schedules by name."""

    def read(connection: Connection) -> list[Schedule]:
        require_role(connection, caller, project_id, Role.VIEWER)
        return schedules.of_project(connection, project_id)

    return await parts.store.read(read)


@router.post(PROJECT, operation_id="create_schedule", status_code=201)
async def create_schedule(project_id: PathId, body: SchedulePlan, parts: WithParts, caller: SignedIn) -> Schedule:
    """Have sessions started at given times, in your name."""
    now = parts.now_ms()
    next_ms = await _next_ms(body.expression, body.time_zone, now)

    def create(connection: Connection) -> Schedule:
        require_role(connection, caller, project_id, Role.OPERATOR)
        plan = _plan(connection, project_id, body)
        made = schedules.create(connection, project_id, plan, caller.user_id, next_ms, now)
        _audit(connection, caller, Action.SCHEDULE_CREATED, made, now)
        return made

    return await parts.store.write(create)


@router.get(f"{PROJECT}/{{schedule_id}}", operation_id="get_schedule")
async def get_schedule(project_id: PathId, schedule_id: PathId, parts: WithParts, caller: SignedIn) -> Schedule:
    """Return a schedule."""
    return await parts.store.read(lambda connection: _seen(connection, caller, project_id, schedule_id, Role.VIEWER))


@router.put(f"{PROJECT}/{{schedule_id}}", operation_id="change_schedule")
async def change_schedule(
    project_id: PathId, schedule_id: PathId, body: SchedulePlan, parts: WithParts, caller: SignedIn
) -> Schedule:
    """Put another plan into a schedule, which runs in your name from now on. A paused one stays paused."""
    now = parts.now_ms()
    next_ms = await _next_ms(body.expression, body.time_zone, now)

    def change(connection: Connection) -> Schedule:
        before = _seen(connection, caller, project_id, schedule_id, Role.OPERATOR)
        plan = _plan(connection, project_id, body)
        is_paused = before.next_ms is None
        schedules.change(connection, schedule_id, plan, caller.user_id, None if is_paused else next_ms)
        changed = schedules.get(connection, project_id, schedule_id)
        _audit(connection, caller, Action.SCHEDULE_CHANGED, changed, now)
        return changed

    return await parts.store.write(change)


@router.delete(f"{PROJECT}/{{schedule_id}}", operation_id="remove_schedule")
async def remove_schedule(project_id: PathId, schedule_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Remove a schedule with its history; its sessions stay."""
    now = parts.now_ms()

    def remove(connection: Connection) -> None:
        gone = _seen(connection, caller, project_id, schedule_id, Role.OPERATOR)
        schedules.remove(connection, schedule_id)
        _audit(connection, caller, Action.SCHEDULE_REMOVED, gone, now)

    await parts.store.write(remove)
    return Nothing()


@router.post(f"{PROJECT}/{{schedule_id}}/pause", operation_id="pause_schedule")
async def pause_schedule(project_id: PathId, schedule_id: PathId, parts: WithParts, caller: SignedIn) -> Schedule:
    """Let a schedule start nothing by itself."""
    now = parts.now_ms()

    def pause(connection: Connection) -> Schedule:
        before = _seen(connection, caller, project_id, schedule_id, Role.OPERATOR)
        if before.next_ms is None:
            return before
        schedules.pause(connection, schedule_id)
        _audit(connection, caller, Action.SCHEDULE_PAUSED, before, now)
        return schedules.get(connection, project_id, schedule_id)

    return await parts.store.write(pause)


@router.post(f"{PROJECT}/{{schedule_id}}/resume", operation_id="resume_schedule")
async def resume_schedule(project_id: PathId, schedule_id: PathId, parts: WithParts, caller: SignedIn) -> Schedule:
    """Let a paused schedule run again, in your name, from its next due time on."""
    now = parts.now_ms()

    def resume(connection: Connection) -> Schedule:
        before = _seen(connection, caller, project_id, schedule_id, Role.OPERATOR)
        if before.next_ms is not None:
            return before
        runs.require_agent(connection, before)
        next_ms = runs.next_ms(before, now)
        schedules.resume(connection, schedule_id, caller.user_id, next_ms)
        _audit(connection, caller, Action.SCHEDULE_RESUMED, before, now)
        return schedules.get(connection, project_id, schedule_id)

    return await parts.store.write(resume)


@router.post(f"{PROJECT}/{{schedule_id}}/runs", operation_id="run_schedule", status_code=201)
async def run_schedule(
    project_id: PathId,
    schedule_id: PathId,
    body: RunRequest,
    parts: WithParts,
    data: WithDataPath,
    caller: SignedIn,
) -> Run:
    """Start a session of a schedule now, in your name, also while it is paused."""
    now, run_id = parts.now_ms(), body.id or str(uuid4())

    def run(connection: Connection) -> Accepted[Run]:
        schedule = _seen(connection, caller, project_id, schedule_id, Role.OPERATOR)
        return runs.run_by_hand(connection, schedule, run_id, asker(caller), now)

    return await data.mailbox.accept(run)


@router.get(f"{PROJECT}/{{schedule_id}}/runs", operation_id="list_runs")
async def list_runs(project_id: PathId, schedule_id: PathId, parts: WithParts, caller: SignedIn) -> list[Run]:
    """List the newest runs of a schedule, newest first, and what became of them."""

    def read(connection: Connection) -> list[Run]:
        _seen(connection, caller, project_id, schedule_id, Role.VIEWER)
        return schedules.runs(connection, schedule_id)

    return await parts.store.read(read)


async def _next_ms(expression: str, time_zone: str, now_ms: int) -> int:
    return await asyncio.to_thread(cron.next_ms, expression, zone_of(time_zone), now_ms)


def _plan(connection: Connection, project_id: str, body: SchedulePlan) -> Plan:
    """Return what is to be started. Raises NotFound for an agent of another project, or none."""
    if agents.project_of(connection, body.agent_id) != project_id:
        raise NotFound
    return Plan(**body.model_dump())


def _seen(connection: Connection, caller: Caller, project_id: str, schedule_id: str, needed: Role) -> Schedule:
    """Return a schedule of a project in which the caller has this role. Raises NotFound, Forbidden."""
    require_role(connection, caller, project_id, needed)
    return schedules.get(connection, project_id, schedule_id)


def _audit(connection: Connection, caller: Caller, action: Action, schedule: Schedule, now_ms: int) -> None:
    audit.write(
        connection,
        now_ms=now_ms,
        actor=caller.username,
        action=action,
        target=schedule.name,
        detail=f"{schedule.expression} ({schedule.time_zone}) on {schedule.agent_name}",
        project_id=schedule.project_id,
    )
