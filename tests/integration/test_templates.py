"""Templates, recent directories and notifications as people ask for them: over HTTP, and on the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import CompletionItem
from click.testing import CliRunner, Result

from claudios.cli.commands.notifications import notifications
from claudios.cli.commands.run import run as start
from claudios.cli.commands.templates import templates
from claudios.cli.completing import CHANNEL, DIRECTORY, TEMPLATE, Completed
from claudios.protocol.messages import StartSession
from claudios.server.serving import Serving
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import SyntheticAgent, new_agent, take

pytestmark = pytest.mark.integration

Run = Callable[..., Any]


@pytest.fixture
async def home(server: Serving, people: People) -> tuple[Person, SyntheticAgent]:
    """A person and their agent, which is away."""
    owner = await people.owner()
    return owner, await new_agent(owner, server.url)


@pytest.fixture
async def run(home: tuple[Person, SyntheticAgent], server: Serving, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as the owner."""
    token = await home[0].ask("POST", "/tokens", {"name": "test"})
    monkeypatch.setenv("CLAUDIOS_SERVER", server.url)
    monkeypatch.setenv("CLAUDIOS_TOKEN", token["token"])

    async def invoke(command: click.Command, *arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, command, arguments)

    return invoke


async def completed(kind: Completed, beginning: str, **given: object) -> list[str]:
    context = click.Context(click.Command("x"))
    context.params.update(given)
    option = click.Option(["--x"])
    found: list[CompletionItem] = await asyncio.to_thread(kind.shell_complete, context, option, beginning)
    return [item.value for item in found]


async def test_a_session_is_started_as_its_template_says_and_what_was_typed_wins(
    home: tuple[Person, SyntheticAgent], run: Run
) -> None:
    owner, agent = home
    made = await run(
        templates, "create", "Fix", "--prompt", "Fix {issue} in {the file}.", "--agent", agent.agent_id,
        "--dir", "/work", "--model", "opus", "--permission-mode", "plan", "--effort", "high",
    )  # fmt: skip
    assert "Created the template Fix.\n" in made.output
    assert "issue, the file" in (await run(templates)).output
    begun = await run(
        start, "-d", "--json", "--template", "fix", "--set", "issue=#17", "--set", "the file={x}", "--model", "haiku"
    )
    session = json.loads(begun.stdout)
    assert (session["directory"], session["permission_mode"]) == ("/work", "plan")
    async with agent.socket() as link:
        await link.say(agent.hello())
        (given,) = await take(link, agent)
    body = StartSession.model_validate_json(given.body)
    assert (body.model, body.effort, body.directory) == ("haiku", "high", "/work")
    assert "Fix #17 in {x}." in (body.inputs[0].line or "")
    assert (await owner.ask("GET", f"/agents/{agent.agent_id}/recent-directories"))[0]["directory"] == "/work"

    assert "Removed the template Fix.\n" in (await run(templates, "rm", "FIX")).output
    assert (await owner.ask("GET", "/templates")) == []
    actions = [entry["action"] for entry in await owner.ask("GET", "/audit")]
    assert actions[:2] == ["template_removed", "template_created"]


async def test_what_is_missing_is_said_with_its_remedy(home: tuple[Person, SyntheticAgent], run: Run) -> None:
    await run(templates, "create", "Fix", "--prompt", "Fix {issue} in {the file}.")
    await run(templates, "create", "Bare")
    for arguments, told in (
        (("--template", "Fix"), "add --set issue=… --set 'the file'=…"),
        (("--template", "Fix", "--set", "issue=  ", "--set", "the file=a"), "add --set issue=…"),
        (("--template", "Fix", "--set", "isue=1"), "no place 'isue'. Its places: issue, the file."),
        (("--template", "Bare"), "has no prompt. Say what Claude is to do."),
        (("--set", "issue=1", "do it"), "name one with --template, and give no PROMPT"),
        (("--template", "Fix", "--set", "issue=1", "do it"), "give no PROMPT"),
        (("--set", "issue", "do it"), "Write it like --set issue=17."),
        ((), "--template NAME"),
    ):
        refused = await run(start, "-d", *arguments)
        assert refused.exit_code == 2
        assert told in " ".join(refused.output.split())


async def test_a_directory_is_kept_as_it_is_meant_where_it_is_typed(
    home: tuple[Person, SyntheticAgent], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name, typed in (("here", "."), ("below", "work/../src"), ("home", "~/src"), ("whole", "/srv")):
        assert (await run(templates, "create", name, "--dir", typed)).exit_code == 0
    kept = {each["name"]: each["directory"] for each in await home[0].ask("GET", "/templates")}
    src = str(tmp_path / "src")
    assert kept == {"here": str(tmp_path), "below": src, "home": src, "whole": "/srv"}


async def test_the_shell_completes_templates_channels_and_directories(
    home: tuple[Person, SyntheticAgent], run: Run
) -> None:
    owner, agent = home
    await run(templates, "create", "Fix", "--prompt", "Fix it.")
    await owner.ask("POST", "/notifications/ntfy", {"address": "https://ntfy.example.org/topic"})
    for directory in ("/srv/a", "/srv/b", "/tmp/c"):
        wanted = {"agent_id": agent.agent_id, "directory": directory}
        await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted)
    assert await completed(TEMPLATE, "F") == ["Fix"]
    assert await completed(CHANNEL, "topic") == ["topic on ntfy.example.org"]
    assert sorted(await completed(DIRECTORY, "/srv")) == ["/srv/a", "/srv/b"]
    assert await completed(DIRECTORY, "/tmp", agent=agent.agent_id) == ["/tmp/c"]
    assert await completed(DIRECTORY, "/", agent="nobody") == []


async def test_a_template_is_of_those_who_may_start(home: tuple[Person, SyntheticAgent], people: People) -> None:
    owner, agent = home
    path = f"/projects/{agent.project_id}/templates"
    made = await owner.ask("POST", path, {"name": "Fix", "prompt": "Fix {it}."})
    operator = await people.member(agent.project_id, "operator")
    viewer = await people.member(agent.project_id, "viewer")
    stranger = await people.stranger()
    assert [each["id"] for each in await operator.ask("GET", "/templates")] == [made["id"]]
    for nobody in (viewer, stranger):
        assert await nobody.ask("GET", f"/templates?project_id={agent.project_id}") == []
    changed = await operator.ask("PUT", f"{path}/{made['id']}", {"name": "Mend"})
    assert (changed["name"], changed["prompt"], changed["placeholders"]) == ("Mend", None, [])
    await owner.ask("POST", path, {"name": "mend"}, expect=409)
    for wrong in ({"name": "x", "prompt": "y" * 10_001}, {"name": "x", "directory": "a\nb"}, {"name": ""}):
        await owner.ask("POST", path, wrong, expect=422)
    there = await owner.ask("POST", path, {"name": "x", "agent_id": "agt_22222222222222222222"}, expect=422)
    assert there["error"]["field"] == "agent_id"


async def test_notifications_are_listed_tested_and_muted(home: tuple[Person, SyntheticAgent], run: Run) -> None:
    owner, agent = home
    assert "You are told nowhere yet" in (await run(notifications, "channels")).output
    await owner.ask("POST", "/notifications/ntfy", {"address": "https://ntfy.example.org/topic"})
    assert "topic on ntfy.example.org   ntfy" in (await run(notifications, "channels")).output
    assert "is on its way to topic on" in (await run(notifications, "test", "topic on ntfy.example.org")).output
    assert "topic on ntfy.example.org" in (await run(notifications)).output
    chosen = await owner.ask("GET", "/notifications/settings")
    await owner.ask("PUT", "/notifications/settings", {**chosen, "delay_seconds": 77})
    await run(notifications, "mute", agent.project_id)
    await run(notifications, "mute", agent.project_id)
    now = await owner.ask("GET", "/notifications/settings")
    assert (now["delay_seconds"], now["muted_projects"]) == (77, [agent.project_id])
    assert agent.project_id in (await run(notifications, "mute")).output
    await run(notifications, "unmute", agent.project_id)
    assert (await owner.ask("GET", "/notifications/settings"))["muted_projects"] == []
    assert "No project is muted." in (await run(notifications, "mute")).output
