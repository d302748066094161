"""Usage and budgets as people ask for them: over HTTP, as CSV, and on the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from claudios.cli.commands.usage import budget, usage
from claudios.protocol.messages import Ack, Outcome, Report, Reported, Welcome
from claudios.server.serving import Serving
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import SyntheticAgent, new_agent, take
from tests.unit.server.projections.transcripts import out, result, system

pytestmark = pytest.mark.integration

MODEL = "claude-opus-5-5"
Run = Callable[..., Any]


@pytest.fixture
async def session(server: Serving, people: People) -> tuple[Person, SyntheticAgent, str]:
    """A session in which a turn that cost half a dollar has just ended."""
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    wanted = {"agent_id": agent.agent_id, "prompt": "count"}
    made = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted)
    async with agent.socket() as link:
        await link.say(agent.hello())
        await link.expect(Welcome)
        (start,) = await take(link, agent)
        await link.say(Report(instruction_id=start.id, outcome=Outcome.DONE))
        await link.expect(Reported)
        await link.say(agent.output(made["id"]).batch(1, out(system("init", model=MODEL), result())))
        await link.expect(Ack)
    await owner.ask("GET", f"/sessions/{made['id']}/items")  # shows what is folded, and so has it kept
    return owner, agent, made["id"]


@pytest.fixture
async def run(session: tuple[Person, SyntheticAgent, str], server: Serving, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as the owner."""
    token = await session[0].ask("POST", "/tokens", {"name": "test"})
    monkeypatch.setenv("CLAUDIOS_SERVER", server.url)
    monkeypatch.setenv("CLAUDIOS_TOKEN", token["token"])

    async def invoke(command: click.Command, *arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, command, arguments, catch_exceptions=False)

    return invoke


async def test_usage_is_summed_up_by_what_one_asks_for(session: tuple[Person, SyntheticAgent, str]) -> None:
    owner, agent, _ = session
    for by, name in (("project", None), ("agent", None), ("model", MODEL), ("person", owner.user["username"])):
        found = await owner.ask("GET", f"/usage?by={by}&project_id={agent.project_id}&time_zone=Europe/Zurich")
        (row,) = found["rows"]
        assert name in (None, row["name"])
        assert (row["turns"], row["input_tokens"], row["cost_usd"]) == (1, 100, 0.5)
    days = (await owner.ask("GET", "/usage"))["rows"]
    assert (len(days), sum(day["cost_usd"] for day in days)) == (30, 0.5)


async def test_costs_are_listed_for_a_month_at_the_most(
    session: tuple[Person, SyntheticAgent, str], server: Serving
) -> None:
    owner, _, session_id = session
    month_ago = server.application.parts.now_ms() - 31 * 24 * 60 * 60 * 1000
    listed = await owner.ask("GET", f"/costs?since_ms={month_ago + 60_000}")
    assert listed == [{"session_id": session_id, "cost_usd": 0.5}]
    refused = await owner.ask("GET", f"/costs?since_ms={month_ago - 1}", expect=422)
    assert (refused["error"]["field"], "/usage" in refused["error"]["message"]) == ("since_ms", True)


@pytest.mark.parametrize(
    "asked",
    [
        "time_zone=Nowhere/Land",
        "time_zone=../etc/passwd",
        "since=2026-11-02&until=2026-11-01",
        "since=2020-01-01",
        "until=0001-01-01",
    ],
)
async def test_days_and_zones_that_make_no_sense_are_refused(people: People, asked: str) -> None:
    owner = await people.owner()
    refused = await owner.ask("GET", f"/usage?{asked}", expect=422)
    assert refused["error"]["field"] in ("time_zone", "since")


async def test_a_table_for_a_spreadsheet_holds_no_formula(session: tuple[Person, SyntheticAgent, str]) -> None:
    owner, agent, _ = session
    await owner.ask("PATCH", f"/projects/{agent.project_id}", {"name": '=HYPERLINK("x"), y'})
    answer = await owner.http.get("/api/v1/usage.csv?by=project")
    assert answer.headers["content-type"].startswith("text/csv")
    header, line = answer.text.splitlines()
    assert header == (
        "project,id,turns,duration_ms,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd"
    )
    assert line == f'"\'=HYPERLINK(""x""), y",{agent.project_id},1,112,100,9,20,0,0.5'


async def test_a_stranger_sees_nothing_of_what_others_use(
    session: tuple[Person, SyntheticAgent, str], people: People
) -> None:
    _, agent, _ = session
    other = await new_agent(await people.owner(), people.serving.url)
    stranger = await people.member(other.project_id, "owner")
    assert (await stranger.ask("GET", "/usage"))["total"]["turns"] == 0
    await stranger.ask("GET", f"/usage?project_id={agent.project_id}", expect=404)


async def test_a_budget_that_is_used_up_refuses_a_prompt_and_says_what_to_do(
    session: tuple[Person, SyntheticAgent, str],
) -> None:
    owner, agent, session_id = session
    budgets = f"/projects/{agent.project_id}/budgets"
    stands = await owner.ask("PUT", budgets, {"day_usd": 0.6, "time_zone": "Europe/Zurich"})
    assert (stands["day"]["standing"], stands["month"]) == ("near", None)
    await owner.ask("POST", f"/sessions/{session_id}/commands", {"text": "go on"})
    await owner.ask("PUT", budgets, {"month_usd": 0.5})
    refused = await owner.ask("POST", f"/sessions/{session_id}/commands", {"text": "and on"}, expect=402)
    assert refused["error"]["code"] == "budget_spent"
    assert "$0.50, is used up. Ask an owner to raise it" in refused["error"]["message"]
    wanted = {"agent_id": agent.agent_id, "prompt": "begin"}
    await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted, expect=402)
    await owner.ask("PUT", budgets, {"time_zone": "Mars/Olympus"}, expect=422)
    assert (await owner.ask("GET", "/audit"))[0]["action"] == "budget_changed"


async def test_the_command_line_shows_usage_and_sets_budgets(
    session: tuple[Person, SyntheticAgent, str], run: Run
) -> None:
    _, _, session_id = session
    shown = await run(usage, "--by", "model", "--since", "7d")
    assert [line.split()[0] for line in shown.output.splitlines()] == ["MODEL", MODEL, "TOTAL"]
    assert "$0.50" in shown.output
    assert (await run(usage, "--by", "model", "--csv")).output.splitlines()[1].startswith(f"{MODEL},{MODEL},1,112,")
    assert '"cost_usd": 0.5' in (await run(usage, "--by", "person", "--json")).output
    assert (await run(usage, "--since", "yesterday")).exit_code == 2
    assert "used up: no new turn begins" in (await run(budget, "--day", "0.5", "--month", "none")).output
    assert "none" in (await run(budget, "--day", "none")).output
    assert "nearly used up" in (await run(budget, session_id, "0.6")).output
    assert (await run(budget, session_id, "--day", "3")).exit_code == 2
