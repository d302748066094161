"""Schedules on a whole server, whose clock the test sets: over HTTP, and on the command line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
import pytest
from click.testing import CliRunner, Result

from claudios.cli.commands.schedules import schedules
from claudios.protocol.messages import Ack, Bye, Outcome, Report, Reported, SessionState, SessionStatus
from claudios.server.app import Application
from claudios.server.serving import Serving
from tests.helpers.server import People, Person, StartServer
from tests.helpers.synthetic_agent import SyntheticAgent, event, new_agent, take
from tests.unit.server.projections.transcripts import out, result, state, system

pytestmark = pytest.mark.integration

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
START_MS = int(datetime.fromisoformat("2026-11-30T11:20+00:00").timestamp()) * 1000
NOON_MS = START_MS + 40 * 60_000
Invoke = Callable[..., Any]


class Clock:
    """The server's clock, which goes on by itself: one that stands still is found to be set."""

    def __init__(self) -> None:
        self.set(START_MS)

    def __call__(self) -> int:
        return self._ahead_ms + time.monotonic_ns() // 1_000_000

    def set(self, ms: int) -> None:
        self._ahead_ms = ms - time.monotonic_ns() // 1_000_000


@dataclass(frozen=True)
class World:
    """A server with a person and an agent."""

    clock: Clock
    serving: Serving
    people: People
    owner: Person
    agent: SyntheticAgent

    @property
    def path(self) -> str:
        return f"/projects/{self.agent.project_id}/schedules"

    def plan(self, **changes: object) -> dict[str, object]:
        hourly = {
            "name": "Hourly",
            "agent_id": self.agent.agent_id,
            "expression": "0 * * * *",
            "time_zone": "Europe/Zurich",
            "prompt": "look around",
        }
        return {**hourly, **changes}

    async def create(self, **changes: object) -> dict[str, Any]:
        made: dict[str, Any] = await self.owner.ask("POST", self.path, self.plan(**changes))
        return made

    async def runs(self, schedule: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.owner.ask("GET", f"{self.path}/{schedule['id']}/runs")
        return found


@pytest.fixture
async def world(start_server: StartServer) -> AsyncIterator[World]:
    clock = Clock()
    serving = await start_server(lambda config: Application(config, now_ms=clock))
    people = People(serving)
    owner = await people.owner()
    yield World(clock, serving, people, owner, await new_agent(owner, serving.url))
    await people.close()


async def test_a_session_starts_when_it_is_due_by_the_servers_clock(world: World) -> None:
    schedule = await world.create(directory="/work", permission_mode="plan", model="haiku")
    assert (schedule["next_ms"], schedule["words"]) == (NOON_MS, "At the start of every hour")
    async with world.agent.link() as link:
        world.clock.set(NOON_MS)
        await link.expect(Bye)  # it notices that its clock was set
    async with world.agent.link() as link:
        (start,) = await take(link, world.agent)
    body = orjson.loads(start.body)
    assert (body["directory"], body["permission_mode"], body["model"]) == ("/work", "plan", "haiku")
    assert orjson.loads(body["inputs"][0]["line"])["message"]["content"] == "look around"
    session = await world.owner.ask("GET", f"/sessions/{body['session_id']}")
    assert (session["schedule_id"], session["schedule_name"]) == (schedule["id"], "Hourly")
    assert (session["title"], session["created_by"]) == ("Hourly", world.owner.user["username"])
    (run,) = await world.runs(schedule)
    assert (run["due_ms"], run["outcome"], run["session_id"]) == (NOON_MS, "started", session["id"])
    assert start.expires_ms == run["at_ms"] + HOUR_MS
    now = await world.owner.ask("GET", f"{world.path}/{schedule['id']}")
    assert now["next_ms"] == NOON_MS + HOUR_MS


async def test_a_session_ends_a_minute_after_claude_is_through(world: World) -> None:
    schedule = await world.create()
    async with world.agent.link() as link:
        run = await world.owner.ask("POST", f"{world.path}/{schedule['id']}/runs", {})
        (start,) = await take(link, world.agent)
        await link.say(Report(instruction_id=start.id, outcome=Outcome.DONE))
        await link.expect(Reported)
        output = world.agent.output(run["session_id"])
        told = (event("started", pid=1), out(system("init"), state("running"), result(), state("idle")))
        await link.say(output.batch(link.boot, *told))
        await link.expect(Ack)
        await world.owner.ask("GET", f"/sessions/{run['session_id']}/items")  # shows what is folded, and so has it kept
        assert (await world.owner.ask("GET", f"/sessions/{run['session_id']}"))["activity"] == "idle"
        world.clock.set(START_MS + 2 * MINUTE_MS)
        await link.expect(Bye)
    goes_on = SessionStatus(session_id=run["session_id"], epoch=1, state=SessionState.RUNNING)
    async with world.agent.link(goes_on) as link:
        (end,) = await take(link, world.agent)
    assert (end.kind, orjson.loads(end.body)["session_id"]) == ("terminate_session", run["session_id"])


async def test_it_is_paused_resumed_changed_and_removed(world: World) -> None:
    schedule = await world.create()
    one = f"{world.path}/{schedule['id']}"
    for _ in range(2):
        assert (await world.owner.ask("POST", f"{one}/pause", {}))["next_ms"] is None
    changed = await world.owner.ask("PUT", one, world.plan(name="Daily", expression=" 30  2 * * mon-fri "))
    assert (changed["name"], changed["expression"], changed["next_ms"]) == ("Daily", "30 2 * * MON-FRI", None)
    for _ in range(2):
        assert (await world.owner.ask("POST", f"{one}/resume", {}))["next_ms"] == NOON_MS + 13 * HOUR_MS + HOUR_MS // 2
    await world.owner.ask("DELETE", one)
    await world.owner.ask("GET", one, expect=404)
    done = [entry["action"] for entry in await world.owner.ask("GET", "/audit")][:5]
    assert done == [
        "schedule_removed",
        "schedule_resumed",
        "schedule_changed",
        "schedule_paused",
        "schedule_created",
    ]


async def test_whoever_changes_or_resumes_it_answers_for_what_it_starts(world: World) -> None:
    schedule = await world.create()
    one = f"{world.path}/{schedule['id']}"
    other = await world.people.member(world.agent.project_id, "operator")
    assert schedule["runs_as"] == world.owner.user["username"]
    changed = await other.ask("PUT", one, world.plan(prompt="another thing"))
    assert changed["runs_as"] == other.user["username"]
    await world.owner.ask("POST", f"{one}/pause", {})
    assert (await world.owner.ask("POST", f"{one}/resume", {}))["runs_as"] == world.owner.user["username"]
    run = await other.ask("POST", f"{one}/runs", {})
    assert run["started_by"] == other.user["username"]
    session = await world.owner.ask("GET", f"/sessions/{run['session_id']}")
    assert session["created_by"] == other.user["username"]


async def test_a_run_by_hand_that_is_asked_for_twice_is_one(world: World) -> None:
    schedule = await world.create()
    wanted = {"id": str(uuid4())}
    answers = [await world.owner.ask("POST", f"{world.path}/{schedule['id']}/runs", wanted) for _ in range(2)]
    assert answers[0] == answers[1]
    assert [run["due_ms"] for run in await world.runs(schedule)] == [None]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expression": "61 * * * *"}, "expression"),
        ({"expression": "0 0 */31 * MON#5"}, "expression"),
        ({"expression": "* * * * * *"}, "expression"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 10_001}, "prompt"),
        ({"wait_minutes": 1441}, "wait_minutes"),
        ({"missed": "twice"}, "missed"),
    ],
)
async def test_a_plan_that_makes_no_sense_names_what_is_wrong(
    world: World, change: dict[str, object], field: str
) -> None:
    refused = await world.owner.ask("POST", world.path, world.plan(**change), expect=422)
    assert refused["error"]["field"] == field


async def test_an_agent_of_another_project_is_not_found(world: World) -> None:
    aside = await world.owner.ask("POST", "/projects", {"name": "aside"})
    await world.owner.ask("POST", f"/projects/{aside['id']}/schedules", world.plan(), expect=404)


async def test_the_next_times_are_told_while_one_types(world: World) -> None:
    async def due(expression: str, zone: str = "UTC") -> Any:
        query = urlencode({"expression": expression, "time_zone": zone})
        return await world.owner.ask("GET", f"/schedules/due?{query}")

    told = await due("30 7 * * MON-FRI", "Europe/Zurich")
    assert (told["words"], told["problem"]) == ("At 07:30 on Monday through Friday", None)
    morning = NOON_MS + 18 * HOUR_MS + HOUR_MS // 2
    assert told["next_ms"] == [morning + n * 24 * HOUR_MS for n in (0, 1, 2, 3, 6)]
    assert "five fields" in (await due("30 7"))["problem"]
    assert "no such day" in (await due("0 0 */31 * MON#5"))["problem"]
    assert "time zone" in (await due("30 7 * * *", "Mars/Olympus"))["problem"]


@pytest.fixture
async def invoke(world: World, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs `claudios schedules` as the owner."""
    token = await world.owner.ask("POST", "/tokens", {"name": "test"})
    monkeypatch.setenv("CLAUDIOS_SERVER", world.serving.url)
    monkeypatch.setenv("CLAUDIOS_TOKEN", token["token"])

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, schedules, arguments, catch_exceptions=False)

    return run


async def test_the_command_line_does_all_of_it(world: World, invoke: Invoke) -> None:
    assert "There is no schedule yet." in (await invoke("ls")).output
    made = await invoke(
        "create", "Hourly", "--when", "0 * * * *", "--time-zone", "UTC", "--missed", "once", "look", "out"
    )
    assert "Hourly: At the start of every hour (UTC)." in made.output
    (schedule,) = await world.owner.ask("GET", world.path)
    assert (schedule["prompt"], schedule["missed"], schedule["ends_when_done"]) == ("look out", "once", True)
    assert "Hourly" in (await invoke()).output
    assert "is paused" in (await invoke("pause", "hourly")).output
    assert "paused" in (await invoke("ls")).output
    session_id = (await invoke("run", "Hourly")).output.strip()
    assert (await world.owner.ask("GET", f"/sessions/{session_id}"))["schedule_id"] == schedule["id"]
    assert "runs next at" in (await invoke("resume", "Hourly")).output
    told = (await invoke("history", "Hourly")).output
    assert "by hand" in told
    assert f"{session_id[:8]} queued" in told
    assert '"outcome": "started"' in (await invoke("history", "Hourly", "--json")).output
    assert "is removed" in (await invoke("rm", "Hourly", "--yes")).output
    assert await world.owner.ask("GET", world.path) == []
