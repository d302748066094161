"""Paths below a session's directory, asked of the agent over both carriers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from claudios.server.serving import Serving
from tests.helpers.server import People
from tests.integration.test_viewer_real_claude import running_agent

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("transport", ["websocket", "poll"])
async def test_paths_are_asked_of_the_machine_and_it_says_when_it_is_away(
    server: Serving,
    people: People,
    tmp_path: Path,
    claude_cli: Path,
    claude_environment: Mapping[str, str],
    transport: str,
) -> None:
    """L-16."""
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "real"})
    made = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "here"})
    work = tmp_path / "work"
    (work / "src").mkdir(parents=True)
    (work / "src/main.py").touch()
    (tmp_path / "secret.py").touch()
    sessions = f"/projects/{project['id']}/sessions"
    session = await owner.ask("POST", sessions, {"agent_id": made["agent"]["id"], "directory": str(work)})
    paths = f"/sessions/{session['id']}/paths"

    away = await owner.ask("GET", paths)
    assert (away["paths"], "is offline" in away["problem"]) == ([], True)
    async with running_agent(server.url, made["token"], tmp_path, claude_cli, claude_environment, transport):
        found = await owner.ask("GET", f"{paths}?beginning=main")
        while found["problem"] and "is offline" in found["problem"]:
            found = await owner.ask("GET", f"{paths}?beginning=main")
        assert found == {"paths": ["src/main.py"], "is_cut": False, "problem": None}
        assert (await owner.ask("GET", paths))["paths"] == ["src/"]
        assert (await owner.ask("GET", f"{paths}?beginning=../secret"))["paths"] == []
        await owner.ask("GET", f"{paths}?beginning={'x' * 257}", expect=422)
    away = await owner.ask("GET", paths)
    assert away["problem"]
