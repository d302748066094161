"""The real Claude CLI through the loss of its daemon, and of its whole machine: what was asked comes back, once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from claudios.server.serving import Serving
from tests.helpers.server import People, Person
from tests.helpers.viewers import Page, page

pytestmark = pytest.mark.integration


class Machine:
    """A machine with an agent, which a test can kill in part or as a whole."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = environment
        self._agent: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self._directory / "agent.log").open("ab") as log:
            self._agent = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "claudios.agent", env=self._environment, cwd=self._directory, stderr=log
            )

    async def kill_agent(self) -> None:
        assert self._agent is not None
        self._agent.kill()
        await self._agent.wait()

    async def lose_power(self) -> None:
        """Kill the agent and every shim, and with them what they run."""
        await self.kill_agent()
        for lock in self._directory.glob("state/**/shim.pid"):
            os.kill(int(lock.read_text()), signal.SIGKILL)

    async def stop(self) -> None:
        assert self._agent is not None
        if self._agent.returncode is None:
            self._agent.terminate()
        await self._agent.wait()


class Home:
    """An owner with a machine, and a page that is open."""

    def __init__(self, owner: Person, project_id: str, agent_id: str, machine: Machine, watching: Page) -> None:
        self.owner = owner
        self.machine = machine
        self.watching = watching
        self._project_id = project_id
        self._agent_id = agent_id

    async def session(self, work: Path, prompt: str | None, resume: str) -> str:
        wanted = {"agent_id": self._agent_id, "directory": str(work), "prompt": prompt, "resume": resume}
        session_id = str((await self.owner.ask("POST", f"/projects/{self._project_id}/sessions", wanted))["id"])
        await self.watching.subscribe(session_id)
        return session_id

    async def send(self, session_id: str, text: str) -> Any:
        return await self.owner.ask("POST", f"/sessions/{session_id}/commands", {"text": text})

    async def asked(self) -> Any:
        told = await self.watching.expect("request", matching=lambda said: said["request"]["state"] == "pending")
        return told["request"]

    async def allow(self, session_id: str, request: Any) -> None:
        await self.owner.ask("POST", f"/sessions/{session_id}/requests/{request['id']}/answer", {"behavior": "allow"})

    async def is_online(self, online: bool) -> None:
        await self.watching.expect("agent", matching=lambda said: said["agent"]["online"] is online)


@pytest.fixture
async def home(
    server: Serving, people: People, tmp_path: Path, claude_cli: Path, claude_environment: Mapping[str, str]
) -> AsyncIterator[Home]:
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "real"})
    made = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "here"})
    settings = {
        "SERVER_URL": server.url,
        "AGENT_TOKEN": made["token"],
        "CLAUDE_PATH": str(claude_cli),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": os.environ["PATH"],
    }
    machine = Machine(tmp_path, {**claude_environment, **settings})
    await machine.start()
    async with page(owner) as watching:
        await watching.say(type="overview", on=True)
        yield Home(owner, project["id"], made["agent"]["id"], machine, watching)
    await machine.stop()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    directory = tmp_path / "work"
    directory.mkdir()
    return directory


def texts(items: list[dict[str, Any]], kind: str) -> list[str]:
    return [item["body"]["text"] for item in items if item["kind"] == kind]


def turns(count: int) -> Any:
    return lambda items: [item["kind"] for item in items].count("turn") == count


async def test_what_claude_asks_survives_the_death_of_the_daemon_and_is_answered_once(home: Home, work: Path) -> None:
    session_id = await home.session(work, "[[bash echo x >> made]] [[say Done.]]", "manual")
    request = await home.asked()
    await home.machine.kill_agent()
    await home.is_online(False)
    assert [each["id"] for each in await home.owner.ask("GET", "/requests?state=pending")] == [request["id"]]
    await home.allow(session_id, request)
    await home.machine.start()
    items = await home.watching.until(session_id, turns(1))
    assert (work / "made").read_text() == "x\n"
    assert [item["body"]["state"] for item in items if item["kind"] == "request"] == ["answered"]


async def test_after_a_loss_of_power_the_turn_its_question_and_what_waited_come_back_once(
    home: Home, work: Path
) -> None:
    session_id = await home.session(work, "[[say Hello.]]", "automatic")
    await home.watching.until(session_id, turns(1))
    await home.send(session_id, "[[bash echo x >> made]] [[say Done.]]")
    before = await home.asked()
    await home.machine.lose_power()
    await home.is_online(False)
    waits = await home.send(session_id, "[[say Later.]]")
    assert waits["state"] == "queued"
    await home.machine.start()
    again = await home.asked()
    assert (again["id"] != before["id"], again["input"]) == (True, before["input"])
    await home.watching.until(session_id, lambda items: "[[say Later.]]" in texts(items, "user"))
    await home.allow(session_id, again)
    items = await home.watching.until(session_id, lambda items: turns(2)(items) and items[-1]["kind"] == "turn")
    assert "Resumed by itself after a crash or restart of the machine." in texts(items, "notice")
    assert [item["body"]["state"] for item in items if item["kind"] == "request"] == ["withdrawn", "answered"]
    assert texts(items, "message") == ["Hello.", "Done."]
    prompts = [(item["body"]["text"], item["body"]["state"]) for item in items if item["kind"] == "user"]
    assert prompts == [
        ("[[say Hello.]]", "done"),
        ("[[bash echo x >> made]] [[say Done.]]", None),  # cut off with its process
        ("[[bash echo x >> made]] [[say Done.]]", "done"),
        ("[[say Later.]]", "done"),  # Claude takes it up within the turn that goes on
    ]
    assert (work / "made").read_text() == "x\n"
    told = await home.owner.ask("GET", f"/sessions/{session_id}/instructions")
    assert [each["state"] for each in told if each["text"] == "[[say Later.]]"] == ["retried", "done"]
    session = await home.owner.ask("GET", f"/sessions/{session_id}")
    assert (session["epoch"], session["state"], session["directory"]) == (2, "running", str(work))
    assert (await home.owner.ask("GET", f"/sessions/{session_id}/verify"))["verified"] is True


async def test_a_session_that_loses_power_before_its_first_prompt_takes_one_afterwards(home: Home, work: Path) -> None:
    """Claude does not resume what it never had on disk: the session ended at once, for good."""
    session_id = await home.session(work, None, "automatic")
    await home.watching.expect("session", matching=lambda said: said["session"]["state"] == "running")
    await home.machine.lose_power()
    await home.is_online(False)
    await home.machine.start()
    await home.watching.expect(
        "session", matching=lambda said: (said["session"]["epoch"], said["session"]["state"]) == (2, "running")
    )
    await home.send(session_id, "[[say Hello.]]")
    items = await home.watching.until(session_id, turns(1))
    assert texts(items, "message") == ["Hello."]
