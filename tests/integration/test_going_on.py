"""The real Claude CLI, signed in as to a plan, on a scripted model that refuses it for a limit: it goes on later.

The CLI takes what it says from the headers of the answers, so all it reports here it reports by itself. With an API
key it says nothing of limits, which is why a stub of a plan's token stands in its environment.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from claudios.server.app import Application
from claudios.server.config import Config
from claudios.server.serving import Serving
from claudios.server.store.plan_limits import AFTER_MS, SPREAD_MS
from tests.helpers.server import People, Person, StartServer
from tests.helpers.viewers import Page, page

pytestmark = pytest.mark.integration

TWO_HOURS = 7_200


class Clock:
    """The server's clock: the real one, and as much later as a test wants."""

    def __init__(self) -> None:
        self.later_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.later_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(start_server: StartServer, clock: Clock) -> Serving:
    def build(config: Config) -> Application:
        return Application(config, now_ms=clock.now_ms)

    return await start_server(build)


@pytest.fixture
def claude_environment(claude_environment: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in claude_environment.items() if name != "ANTHROPIC_API_KEY"}
    return {**kept, "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-stub"}


@asynccontextmanager
async def running_agent(environment: Mapping[str, str], directory: Path) -> AsyncIterator[None]:
    with (directory / "agent.log").open("ab") as log:
        agent = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "claudios.agent", env=environment, cwd=directory, stderr=log
        )
    try:
        yield
    finally:
        agent.terminate()
        await agent.wait()


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def project_id(owner: Person) -> str:
    return str((await owner.ask("POST", "/projects", {"name": "real"}))["id"])


@pytest.fixture
async def machine(owner: Person, project_id: str) -> Any:
    return await owner.ask("POST", f"/projects/{project_id}/agents", {"name": "here"})


@pytest.fixture
def environment(
    server: Serving, machine: Any, tmp_path: Path, claude_cli: Path, claude_environment: Mapping[str, str]
) -> Mapping[str, str]:
    return {
        **claude_environment,
        "SERVER_URL": server.url,
        "AGENT_TOKEN": machine["token"],
        "CLAUDE_PATH": str(claude_cli),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": os.environ["PATH"],
    }


def header(status: str, used: float, resets: int) -> str:
    name = "anthropic-ratelimit-unified"
    return (
        f"[[header {name}-status={status} {name}-reset={resets} {name}-representative-claim=five_hour "
        f"{name}-5h-utilization={used} {name}-5h-reset={resets} "
        f"{name}-7d-utilization=0.15 {name}-7d-reset={resets + 9}]]"
    )


def refused_once(resets: int, then: str) -> str:
    """Return a prompt that is refused for the limit, and done when it is asked for again."""
    return f"{header('rejected', 1, resets)}+[[http 429 times=1]] [[say {then}]]"


def messages(items: list[dict[str, Any]]) -> list[str]:
    return [item["body"]["text"] for item in items if item["kind"] == "message"]


def prompts(items: list[dict[str, Any]]) -> list[str]:
    return [item["body"]["text"] for item in items if item["kind"] == "user"]


def turns(count: int) -> Any:
    return lambda items: [item["kind"] for item in items].count("turn") == count


async def start(owner: Person, project_id: str, machine: Any, watching: Page, prompt: str, limit_prompt: str) -> str:
    wanted = {"agent_id": machine["agent"]["id"], "prompt": prompt, "limit_prompt": limit_prompt}
    session_id = str((await owner.ask("POST", f"/projects/{project_id}/sessions", wanted))["id"])
    await watching.subscribe(session_id)
    return session_id


async def wait_for_stop(watching: Page, session_id: str) -> Any:
    told = await watching.expect(
        "session",
        matching=lambda said: said["session"]["id"] == session_id and said["session"]["stopped_by"] is not None,
    )
    return told["session"]["stopped_by"]


async def test_what_a_limit_stopped_goes_on_after_the_reset_and_the_machine_shows_the_limits(
    server: Serving,
    clock: Clock,
    owner: Person,
    project_id: str,
    machine: Any,
    environment: Mapping[str, str],
    tmp_path: Path,
) -> None:
    resets = int(time.time()) + TWO_HOURS
    async with running_agent(environment, tmp_path), page(owner) as watching:
        await watching.say(type="overview", on=True)
        session_id = await start(
            owner, project_id, machine, watching, f"{header('allowed', 0.31, resets)}+[[say Begun.]]", "Continue."
        )
        await watching.until(session_id, turns(1))
        told = await watching.expect("agent", matching=lambda said: said["agent"]["limits"] is not None)
        limits = told["agent"]["limits"]
        assert [(each["kind"], each["used"], each["resets_ms"]) for each in limits["windows"]] == [
            ("five_hour", 0.31, resets * 1000),
            ("seven_day", 0.15, (resets + 9) * 1000),
        ]
        assert limits["standing"] == "free"

        await owner.ask("POST", f"/sessions/{session_id}/commands", {"text": refused_once(resets, "Went on.")})
        stop = await wait_for_stop(watching, session_id)
        assert (stop["kind"], stop["resets_ms"]) == ("five_hour", resets * 1000)
        assert resets * 1000 + AFTER_MS <= stop["goes_on_ms"] < resets * 1000 + AFTER_MS + SPREAD_MS
        (agent,) = await owner.ask("GET", "/agents")
        assert (agent["limits"]["standing"], agent["limits"]["windows"][0]["used"]) == ("reached", 1)

        data = server.application.data_path
        await data.continuer.look()
        assert len(await owner.ask("GET", f"/sessions/{session_id}/instructions")) == 2
        clock.later_ms = stop["goes_on_ms"] - clock.now_ms() + 1_000
        await asyncio.gather(data.continuer.look(), data.continuer.look())
        items = await watching.until(session_id, turns(3))
        await data.continuer.look()
    assert messages(items) == ["Begun.", "You've hit your 5-hour limit · resets " + stop_words(items), "Went on."]
    assert prompts(items)[-1] == "Continue."
    asked = await owner.ask("GET", f"/sessions/{session_id}/instructions")
    assert [each["text"] for each in asked].count("Continue.") == 1
    assert (await owner.ask("GET", f"/sessions/{session_id}"))["stopped_by"] is None


def stop_words(items: list[dict[str, Any]]) -> str:
    """Return when it resets in the CLI's words, which depend on where the test runs."""
    return next(text for text in messages(items) if "resets" in text).partition("resets ")[2]


async def test_a_session_whose_machine_was_stopped_meanwhile_is_resumed_and_goes_on(
    server: Serving,
    clock: Clock,
    owner: Person,
    project_id: str,
    machine: Any,
    environment: Mapping[str, str],
    tmp_path: Path,
) -> None:
    resets = int(time.time()) + TWO_HOURS
    async with page(owner) as watching:
        await watching.say(type="overview", on=True)
        async with running_agent(environment, tmp_path):
            session_id = await start(
                owner, project_id, machine, watching, refused_once(resets, "Went on."), "Please go on."
            )
            stop = await wait_for_stop(watching, session_id)
        await watching.expect("session", matching=lambda said: said["session"]["state"] == "ended")
        clock.later_ms = stop["goes_on_ms"] - clock.now_ms() + 1_000
        await server.application.data_path.continuer.look()
        async with running_agent(environment, tmp_path):
            items = await watching.until(session_id, lambda items: "Went on." in messages(items))
            await watching.until(session_id, turns(2))
    assert "Please go on." in prompts(items)
    session = await owner.ask("GET", f"/sessions/{session_id}")
    assert (session["epoch"], session["stopped_by"]) == (2, None)
