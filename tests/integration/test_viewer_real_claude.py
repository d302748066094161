"""A page, the server, the real agent and the real Claude CLI on the scripted model, over both carriers."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from claudios.server.serving import Serving
from tests.helpers.server import People, Person
from tests.helpers.viewers import Page, page

pytestmark = pytest.mark.integration


@asynccontextmanager
async def running_agent(
    url: str, token: str, directory: Path, cli: Path, environment: Mapping[str, str], transport: str
) -> AsyncIterator[None]:
    """Run the agent as its users do, configured by its environment."""
    settings = {
        "SERVER_URL": url,
        "AGENT_TOKEN": token,
        "TRANSPORT": transport,
        "CLAUDE_PATH": str(cli),
        "XDG_STATE_HOME": str(directory / "state"),
        "PATH": os.environ["PATH"],
    }
    log = (directory / "agent.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "claudios.agent", env={**environment, **settings}, cwd=directory, stdout=log, stderr=log
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
        log.close()


def kinds(items: list[dict[str, Any]]) -> list[str]:
    return [item["kind"] for item in items]


async def until_turn(watching: Page, session_id: str, count: int) -> list[dict[str, Any]]:
    return await watching.until(session_id, lambda items: kinds(items).count("turn") == count)


@pytest.mark.parametrize("transport", ["websocket", "poll"])
async def test_a_session_is_started_steered_and_read_from_a_page(
    server: Serving,
    people: People,
    tmp_path: Path,
    claude_cli: Path,
    claude_environment: Mapping[str, str],
    transport: str,
) -> None:
    owner: Person = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "real"})
    made = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "here"})
    work = tmp_path / "work"
    work.mkdir()
    async with (
        running_agent(server.url, made["token"], tmp_path, claude_cli, claude_environment, transport),
        page(owner) as watching,
    ):
        session = await owner.ask(
            "POST",
            f"/projects/{project['id']}/sessions",
            {"agent_id": made["agent"]["id"], "directory": str(work), "prompt": "[[bash touch made]] [[say Done.]]"},
        )
        session_id = session["id"]
        await watching.subscribe(session_id)
        request = (await watching.expect("request"))["request"]
        assert (request["kind"], request["input"]["command"]) == ("permission", "touch made")
        await owner.ask("POST", f"/sessions/{session_id}/requests/{request['id']}/answer", {"behavior": "allow"})
        items = await until_turn(watching, session_id, 1)
        assert (work / "made").exists()
        assert kinds(items) == ["notice", "user", "tool", "request", "message", "turn"]
        assert items[3]["body"]["answered_by"] == owner.user["username"]
        assert items[4]["body"]["text"] == "Done."

        await owner.ask("POST", f"/sessions/{session_id}/commands", {"text": "[[text 400 rate=100]]"})
        await watching.until(session_id, lambda items: items[-1]["body"].get("streaming"))
        await owner.ask("POST", f"/sessions/{session_id}/interrupt")
        items = await until_turn(watching, session_id, 2)
        assert items[-1]["body"]["terminal_reason"].startswith("aborted")

        await owner.ask("POST", f"/sessions/{session_id}/terminate")
        ended = await watching.expect("session", matching=lambda message: message["session"]["state"] == "ended")
        assert ended["session"]["reason"] == "terminated"
        stored = await owner.ask("GET", f"/sessions/{session_id}/items")
        await watching.until(session_id, lambda items: len(items) == len(stored["items"]))
        assert [item["body"] for item in watching.transcript(session_id)] == [item["body"] for item in stored["items"]]
        assert "raw" not in kinds(stored["items"])

        resumed = await owner.ask("POST", f"/sessions/{session_id}/resume", {"prompt": "[[say Back.]]"})
        assert resumed["epoch"] == 2
        items = await until_turn(watching, session_id, 3)
        assert items[-2]["body"]["text"] == "Back."
        assert (await owner.ask("GET", f"/sessions/{session_id}/verify"))["verified"] is True
