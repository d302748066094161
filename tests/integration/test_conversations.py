"""Conversations that were held with the real Claude CLI outside of ClaudiOS: listed, imported and gone on with."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from claudios.cli.commands.importing import import_
from claudios.server.serving import Serving
from tests.helpers.model import ScriptedModel
from tests.helpers.patience import patience
from tests.helpers.server import People, Person
from tests.integration.test_viewer_real_claude import running_agent

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Here:
    """A running agent, and the Claude of its machine, which people use without it as well."""

    owner: Person
    project_id: str
    agent_id: str
    work: Path
    claude: Path
    environment: Mapping[str, str]

    @property
    def at(self) -> str:
        return f"/agents/{self.agent_id}/conversations"

    async def hold(self, *prompts: str, directory: Path | None = None) -> str:
        """Hold a conversation outside of ClaudiOS, prompt by prompt; return Claude's id of it."""
        conversation = str(uuid4())
        for place, prompt in enumerate(prompts):
            which = ["--resume", conversation] if place else ["--session-id", conversation]
            argv = [str(self.claude), "-p", prompt, *which]
            await asyncio.to_thread(
                subprocess.run, argv, cwd=directory or self.work, env=dict(self.environment), check=True,
                capture_output=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        return conversation

    def kept(self, conversation: str) -> Path:
        (path,) = Path(self.environment["CLAUDE_CONFIG_DIR"]).glob(f"projects/*/{conversation}.jsonl")
        return path

    async def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.owner.ask("GET", self.at))["conversations"]
        return found

    async def items(self, session_id: str) -> list[dict[str, Any]]:
        page = await self.owner.ask("GET", f"/sessions/{session_id}/items")
        items: list[dict[str, Any]] = page["items"]
        return items

    async def until_said(self, session_id: str, text: str) -> list[dict[str, Any]]:
        async with patience(f"Claude to say {text!r}"):
            while True:
                items = await self.items(session_id)
                if any(item["kind"] == "message" and item["body"]["text"] == text for item in items):
                    return items

    async def until(self, session_id: str, **wanted: object) -> dict[str, Any]:
        async with patience(f"the session to be {wanted}"):
            while True:
                session: dict[str, Any] = await self.owner.ask("GET", f"/sessions/{session_id}")
                if all(session[name] == value for name, value in wanted.items()):
                    return session


@pytest.fixture
async def here(
    server: Serving, people: People, tmp_path: Path, claude_cli: Path, claude_environment: Mapping[str, str]
) -> AsyncIterator[Here]:
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "real"})
    made = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "here"})
    work = tmp_path / "work"
    work.mkdir()
    allowed = {**claude_environment, "ALLOWED_DIRECTORIES": str(work), "DEFAULT_DIRECTORY": str(work)}
    async with running_agent(server.url, made["token"], tmp_path, claude_cli, allowed, "websocket"):
        async with patience("the agent"):
            while not (await owner.ask("GET", f"/agents/{made['agent']['id']}"))["online"]:
                pass
        yield Here(owner, project["id"], made["agent"]["id"], work, claude_cli, claude_environment)


def spoken(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return what people and Claude said, in order."""
    return [(item["kind"], item["body"]["text"]) for item in items if item["kind"] in ("user", "message")]


async def test_a_conversation_is_listed_imported_and_gone_on_with_in_its_context(
    here: Here, model: ScriptedModel
) -> None:
    """L-23, I-20"""
    conversation = await here.hold("[[bash echo marmalade]] [[say It is done.]]", "[[say And this too.]]")
    (found,) = await here.listed()
    assert (found["id"], found["directory"], found["is_running"]) == (conversation, str(here.work), False)
    assert found["title"] == "[[bash echo marmalade]] [[say It is done.]]"
    before = here.kept(conversation).read_bytes()

    session = await here.owner.ask("POST", f"{here.at}/{conversation}/import", {"prompt": "[[say Here I am.]]"})
    assert (session["imported_from"], session["directory"]) == (conversation, str(here.work))
    assert session["title"] == found["title"]
    items = await here.until_said(session["id"], "Here I am.")
    assert spoken(items) == [
        ("user", "[[bash echo marmalade]] [[say It is done.]]"),
        ("message", "It is done."),
        ("user", "[[say And this too.]]"),
        ("message", "And this too."),
        ("user", "[[say Here I am.]]"),
        ("message", "Here I am."),
    ]
    (tool,) = [item for item in items if item["kind"] == "tool"]
    assert (tool["body"]["input"]["command"], tool["body"]["state"]) == ("echo marmalade", "done")
    assert "marmalade" in tool["body"]["result"]
    assert [item["body"]["code"] for item in items if item["kind"] == "notice"] == ["imported", "started"]
    assert not [item for item in items if item["kind"] == "raw"]
    asked = [request for request in model.requests() if request.get("session") == session["id"]]
    assert int(str(asked[0]["n"])) > 3, "Claude knows what was said before"
    assert here.kept(conversation).read_bytes() == before, "the conversation itself stays as it is"
    assert here.kept(session["id"]).exists()


async def test_it_costs_nothing_what_was_said_before_is_found_and_the_record_holds(here: Here) -> None:
    conversation = await here.hold("[[say A walrus in the attic.]]")
    session = await here.owner.ask("POST", f"{here.at}/{conversation}/import", {})
    idle = await here.until(session["id"], state="running")
    await here.until_said(session["id"], "A walrus in the attic.")
    assert (idle["cost_usd"], idle["input_tokens"]) == (None, 0)
    raw = (await here.owner.http.get(f"/api/v1/sessions/{session['id']}/log?stream=transcript")).content
    kept = here.kept(conversation).read_bytes().splitlines(keepends=True)
    lines = raw.splitlines(keepends=True)
    assert lines == [line for line in kept if line in lines], "as they are, in order"
    assert {json.loads(line)["type"] for line in lines} == {"user", "assistant", "attachment"}
    async with patience("the words to be found"):
        while not (await here.owner.ask("GET", "/search?q=walrus"))["hits"]:
            pass
    await here.owner.ask("POST", f"/sessions/{session['id']}/terminate", {}, expect=201)
    await here.until(session["id"], state="ended")
    async with patience("the record to be closed"):
        while (await here.owner.ask("GET", f"/sessions/{session['id']}/verify"))["verified"] is not True:
            pass


async def test_imported_twice_it_is_one_session_and_is_not_listed_any_more(here: Here) -> None:
    conversation = await here.hold("[[say Once.]]")
    at = f"{here.at}/{conversation}/import"
    first, second = await asyncio.gather(here.owner.ask("POST", at, {}), here.owner.ask("POST", at, {}))
    assert first["id"] == second["id"]
    assert (await here.owner.ask("POST", at, {}))["id"] == first["id"]
    assert await here.listed() == []
    actions = [line["action"] for line in await here.owner.ask("GET", "/audit")]
    assert actions.count("conversation_imported") == 1


async def test_sessions_of_its_own_and_what_the_policy_forbids_are_not_listed_nor_imported(
    here: Here, tmp_path: Path
) -> None:
    body = {"agent_id": here.agent_id, "prompt": "[[say Ours.]]"}
    own = await here.owner.ask("POST", f"/projects/{here.project_id}/sessions", body)
    await here.until_said(own["id"], "Ours.")
    beyond = tmp_path / "beyond"
    beyond.mkdir()
    elsewhere = await here.hold("[[say Secret.]]", directory=beyond)
    assert await here.listed() == []
    for conversation in (own["id"], elsewhere, str(uuid4())):
        refused = await here.owner.ask("POST", f"{here.at}/{conversation}/import", {}, expect=404)
        assert "not on the machine" in refused["error"]["message"]


async def test_who_only_looks_on_sees_no_conversations_and_a_stranger_no_machine(here: Here, people: People) -> None:
    conversation = await here.hold("[[say Mine.]]")
    for person, status in (
        (await people.member(here.project_id, "viewer"), 403),
        (await people.stranger(), 404),
    ):
        await person.ask("GET", here.at, expect=status)
        await person.ask("POST", f"{here.at}/{conversation}/import", {}, expect=status)


async def test_conversations_are_imported_from_a_terminal(
    here: Here, server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await here.owner.ask("POST", "/tokens", {"name": "test"})
    monkeypatch.setenv("CLAUDIOS_SERVER", server.url)
    monkeypatch.setenv("CLAUDIOS_TOKEN", token["token"])

    async def run(*arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, import_, arguments)
        return f"{result.output}{result.exception or ''}"

    conversation = await here.hold("[[say From a terminal.]]")
    listed = await run("here")
    assert (conversation[:8] in listed, "[[say From a terminal.]]" in listed) == (True, True)
    assert "goes on as" in await run("here", conversation[:8], "--title", "Taken along")
    (session,) = await here.owner.ask("GET", "/sessions")
    assert (session["title"], session["imported_from"]) == ("Taken along", conversation)
    assert "No conversations" in await run()
    assert "There is no conversation" in await run("here", "abcdef")
