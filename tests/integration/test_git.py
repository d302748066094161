"""Git on a session's machine, and worktrees of sessions, asked of a real agent with the real Claude CLI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from claudios.cli.commands.git import diff, worktree
from claudios.server.serving import Serving
from tests.helpers.git import commit, git, home_with_identity, repository
from tests.helpers.patience import patience
from tests.helpers.server import People, Person
from tests.integration.test_viewer_real_claude import running_agent

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Here:
    """A running agent, and a repository in which sessions may work."""

    owner: Person
    project_id: str
    agent_id: str
    work: Path

    async def start(self, **wanted: Any) -> dict[str, Any]:
        body = {"agent_id": self.agent_id, "directory": str(self.work), **wanted}
        started: dict[str, Any] = await self.owner.ask("POST", f"/projects/{self.project_id}/sessions", body)
        return started

    async def until(self, session_id: str, **wanted: object) -> dict[str, Any]:
        """Return a session once it is as `wanted`; `branch` is its worktree's."""
        async with patience(f"the session to be {wanted}"):
            while True:
                session: dict[str, Any] = await self.owner.ask("GET", f"/sessions/{session_id}")
                shown = {**session, "branch": (session["worktree"] or {}).get("branch")}
                if all(shown[name] == value for name, value in wanted.items()):
                    return session


@pytest.fixture
async def here(
    server: Serving,
    people: People,
    tmp_path: Path,
    claude_cli: Path,
    claude_environment: Mapping[str, str],
) -> AsyncIterator[Here]:
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "real"})
    made = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "here"})
    work = repository(tmp_path / "work", a__txt="one\n")
    home_with_identity(Path(claude_environment["HOME"]))
    allowed = {**claude_environment, "ALLOWED_DIRECTORIES": str(work), "DEFAULT_DIRECTORY": str(work)}
    async with running_agent(server.url, made["token"], tmp_path, claude_cli, allowed, "websocket"):
        async with patience("the agent"):
            while not (await owner.ask("GET", f"/agents/{made['agent']['id']}"))["online"]:
                pass
        yield Here(owner, project["id"], made["agent"]["id"], work)


async def test_a_sessions_repository_is_told_with_what_differs_in_it(here: Here) -> None:
    session = await here.start()
    at = f"/sessions/{session['id']}/git"
    (here.work / "a.txt").write_text("two\n")
    (here.work / "new.txt").touch()
    state = await here.owner.ask("GET", at)
    assert (state["branch"], state["changed"], state["untracked"], state["worktree"]) == ("main", 1, 1, None)
    found = await here.owner.ask("GET", f"{at}/diff")
    assert [(file["path"], file["status"]) for file in found["files"]] == [
        ("a.txt", "modified"),
        ("new.txt", "untracked"),
    ]
    assert found["files"][0]["patch"] == "@@ -1 +1 @@\n-one\n+two"
    alone = await here.owner.ask("GET", f"{at}/diff?path=new.txt")
    assert [file["path"] for file in alone["files"]] == ["new.txt"]
    refused = await here.owner.ask("POST", f"{at}/worktree/merge", {}, expect=409)
    assert "no worktree of its own" in refused["error"]["message"]


async def test_a_directory_beyond_the_policy_is_not_looked_at(here: Here, tmp_path: Path) -> None:
    outside = repository(tmp_path / "outside")
    session = await here.start(directory=str(outside))
    refused = await here.owner.ask("GET", f"/sessions/{session['id']}/git", expect=403)
    assert refused["error"]["code"] == "policy_forbids"
    apart = await here.start(directory=str(outside), worktree=True)
    ended = await here.until(apart["id"], state="ended")
    assert "does not allow sessions in" in ended["detail"]


async def test_a_session_works_in_a_worktree_of_its_own_which_is_merged_and_removed(here: Here) -> None:
    """I-19, L-22"""
    session = await here.start(worktree=True)
    assert session["worktree"] == {"repository": None, "branch": None, "base": None, "removed_ms": None}
    branch = f"claudios/{session['id'][:8]}"
    made = await here.until(session["id"], branch=branch, state="running")
    assert made["worktree"] == {"repository": str(here.work), "branch": branch, "base": "main", "removed_ms": None}
    top = Path(made["directory"])
    assert (top.name, (top / "a.txt").read_text()) == (f"work-{session['id'][:8]}", "one\n")
    at = f"/sessions/{session['id']}/git"
    state = await here.owner.ask("GET", at)
    assert (state["branch"], state["worktree"]["base"]) == (branch, "main")

    (top / "b.txt").write_text("new\n")
    commit(top, "Add b")
    (top / "loose.txt").touch()
    differs = await here.owner.ask("GET", f"{at}/diff?against=base")
    assert (differs["base_name"], [file["path"] for file in differs["files"]]) == ("main", ["b.txt", "loose.txt"])
    [listed] = (await here.owner.ask("GET", f"/agents/{here.agent_id}/worktrees"))["worktrees"]
    assert (listed["session_id"], listed["untracked"], listed["ahead"]) == (session["id"], 1, 1)

    refused = await here.owner.ask("POST", f"{at}/worktree/merge", {}, expect=409)
    assert "loose.txt" in refused["error"]["message"]
    refused = await here.owner.ask("POST", f"{at}/worktree/remove", {}, expect=409)
    assert "still runs" in refused["error"]["message"]
    await here.owner.ask("POST", f"/sessions/{session['id']}/terminate", {}, expect=201)
    await here.until(session["id"], state="ended")
    kept = await here.owner.ask("POST", f"{at}/worktree/remove", {})
    assert (kept["is_removed"], kept["loss"]["files"], kept["loss"]["commit_count"]) == (False, ["loose.txt"], 1)
    refused = await here.owner.ask("DELETE", f"/sessions/{session['id']}", expect=409)
    assert "still on its machine" in refused["error"]["message"]
    (top / "loose.txt").unlink()
    merged = await here.owner.ask("POST", f"{at}/worktree/merge", {})
    assert (merged["how"], (here.work / "b.txt").read_text()) == ("fast_forward", "new\n")
    assert (await here.owner.ask("POST", f"{at}/worktree/remove", {}))["is_removed"] is True
    assert not top.exists()
    gone = await here.owner.ask("GET", f"/sessions/{session['id']}")
    assert gone["worktree"]["removed_ms"] is not None
    refused = await here.owner.ask("POST", f"/sessions/{session['id']}/resume", {}, expect=409)
    assert "was removed" in refused["error"]["message"]
    await here.owner.ask("DELETE", f"/sessions/{session['id']}")
    actions = [line["action"] for line in await here.owner.ask("GET", "/audit")]
    assert actions[:3] == ["session_deleted", "worktree_removed", "worktree_merged"]


async def test_a_resumed_session_goes_on_in_its_worktree(here: Here) -> None:
    session = await here.start(worktree=True)
    made = await here.until(session["id"], branch=f"claudios/{session['id'][:8]}", state="running")
    await here.owner.ask("POST", f"/sessions/{session['id']}/terminate", {}, expect=201)
    await here.until(session["id"], state="ended")
    await here.owner.ask("POST", f"/sessions/{session['id']}/resume", {}, expect=201)
    again = await here.until(session["id"], state="running", epoch=2)
    assert again["directory"] == made["directory"]
    assert git(here.work, "worktree", "list").count("\n") == 1


async def test_a_plain_directory_gives_no_worktree_and_no_session(here: Here) -> None:
    plain = here.work / "plain"
    plain.mkdir()
    session = await here.start(worktree=True, directory=str(plain), id=str(uuid4()))
    ended = await here.until(session["id"], state="ended")
    assert "not in the repository's newest commit" in ended["detail"]


async def test_worktrees_are_used_from_a_terminal(here: Here, server: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    token = await here.owner.ask("POST", "/tokens", {"name": "test"})
    monkeypatch.setenv("CLAUDIOS_SERVER", server.url)
    monkeypatch.setenv("CLAUDIOS_TOKEN", token["token"])

    async def run(command: Any, *arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, command, arguments)
        return f"{result.output}{result.exception or ''}"

    session = await here.start(worktree=True)
    made = await here.until(session["id"], branch=f"claudios/{session['id'][:8]}", state="running")
    (Path(made["directory"]) / "a.txt").write_text("two\n")
    shown = await run(diff, session["id"])
    assert ("modified   a.txt  +1 -1" in shown, "-one\n+two\n" in shown) == (True, True)
    assert f"claudios/{session['id'][:8]}" in await run(worktree, "ls")
    assert "1 changed" in await run(worktree, "ls", "here")
    assert "would not be merged" in await run(worktree, "merge", session["id"])
    await here.owner.ask("POST", f"/sessions/{session['id']}/terminate", {}, expect=201)
    await here.until(session["id"], state="ended")
    assert "not committed: a.txt" in await run(worktree, "rm", session["id"])
    assert Path(made["directory"]).exists()
    assert "Removed, with its branch." in await run(worktree, "rm", "--force", session["id"])
    assert "No worktrees." in await run(worktree, "ls")
