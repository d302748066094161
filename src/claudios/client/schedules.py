"""Schedules, as a program asks for them. Each method raises what those of `api.Client` do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claudios.client.http import Http, segment
from claudios.client.reading import read, read_all


@dataclass(frozen=True, slots=True)
class Schedule:
    """Sessions that are started at given times; `next_ms` is None while it is paused, `stopped` why by itself."""

    id: str
    project_id: str
    agent_id: str
    agent_name: str
    name: str
    expression: str
    words: str
    time_zone: str
    prompt: str
    permission_mode: str
    missed: str
    wait_minutes: int
    ends_when_done: bool
    created_ms: int
    directory: str | None = None
    model: str | None = None
    runs_as: str | None = None
    next_ms: int | None = None
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a schedule: due at `due_ms` (None: by hand), decided on at `at_ms`, and what became of it."""

    no: int
    at_ms: int
    outcome: str
    missed: int
    due_ms: int | None = None
    problem: str | None = None
    started_by: str | None = None
    session_id: str | None = None
    session_title: str | None = None
    session_state: str | None = None
    session_reason: str | None = None
    session_detail: str | None = None


class Schedules:
    """The schedules of one server, as one user."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def of_project(self, project_id: str) -> tuple[Schedule, ...]:
        """Return a project's schedules by name."""
        return read_all(Schedule, self._http.ask("GET", _all(project_id)))

    def create(self, project_id: str, plan: Mapping[str, object]) -> Schedule:
        """Have sessions started at given times; `plan` is as the API has it."""
        return read(Schedule, self._http.ask("POST", _all(project_id), plan))

    def pause(self, schedule: Schedule) -> Schedule:
        """Let a schedule start nothing by itself."""
        return read(Schedule, self._http.ask("POST", f"{_one(schedule)}/pause", {}))

    def resume(self, schedule: Schedule) -> Schedule:
        """Let a paused schedule run again."""
        return read(Schedule, self._http.ask("POST", f"{_one(schedule)}/resume", {}))

    def run(self, schedule: Schedule, run_id: str) -> Run:
        """Start a session of a schedule now, under this id."""
        return read(Run, self._http.ask("POST", f"{_one(schedule)}/runs", {"id": run_id}))

    def runs(self, schedule: Schedule) -> tuple[Run, ...]:
        """Return the newest runs of a schedule, newest first."""
        return read_all(Run, self._http.ask("GET", f"{_one(schedule)}/runs"))

    def remove(self, schedule: Schedule) -> None:
        """Remove a schedule with its history; its sessions stay."""
        self._http.ask("DELETE", _one(schedule))


def _all(project_id: str) -> str:
    return f"/projects/{segment(project_id)}/schedules"


def _one(schedule: Schedule) -> str:
    return f"{_all(schedule.project_id)}/{segment(schedule.id)}"
