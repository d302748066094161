"""Search over HTTP and on the command line: whole ways from an agent's output to what a person is shown."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, event, func, select, update

from claudios.cli.commands.export import export
from claudios.cli.commands.search import search
from claudios.protocol.messages import Ack, Outcome, Report, Reported, Welcome
from claudios.server.serving import Serving
from claudios.server.store.indexing import PIECE_ITEMS
from claudios.server.store.tables import item_texts, sessions
from claudios.server.web.records import ITEMS_AT_ONCE
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import Link, Output, SyntheticAgent, new_agent, take
from tests.unit.server.projections.transcripts import out, said, text, tool_result, tool_use

pytestmark = pytest.mark.integration

HOSTILE = "\x1b]0;owned\x07<script>alert(1)</script> needle & \u202egnp"


@dataclass
class Speaking:
    """A running session whose agent says what a test has it say."""

    serving: Serving
    owner: Person
    agent: SyntheticAgent
    link: Link
    session_id: str
    output: Output
    boot: int

    async def say(self, *messages: dict[str, Any]) -> None:
        """Have Claude say it, and wait until it can be found."""
        await self.link.say(self.output.batch(self.boot, *(out(each) for each in messages)))
        await self.link.expect(Ack)
        data = self.serving.application.data_path
        await data.projector.settle(self.session_id)
        await data.follower.catch_up()

    async def ran(self, command: click.Command, *arguments: str) -> str:
        """Run a command as the owner; return what it printed."""
        token = (await self.owner.ask("POST", "/tokens", {"name": "test"}))["token"]
        environment = {"CLAUDIOS_SERVER": self.serving.url, "CLAUDIOS_TOKEN": token}
        done = await asyncio.to_thread(CliRunner(env=environment).invoke, command, list(arguments))
        assert done.exit_code == 0, done.output
        return done.output

    async def find(self, q: str, person: Person | None = None, **query: Any) -> Any:
        return await (person or self.owner).ask("GET", f"/search?{urlencode({'q': q, **query})}")


@pytest.fixture
async def speaking(server: Serving, people: People) -> AsyncIterator[Speaking]:
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    wanted = {"agent_id": agent.agent_id, "title": "Mend the <b>parser</b>"}
    session = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted)
    async with agent.socket() as link:
        await link.say(agent.hello())
        welcome = await link.expect(Welcome)
        (start,) = await take(link, agent)
        await link.say(Report(instruction_id=start.id, outcome=Outcome.DONE))
        await link.expect(Reported)
        yield Speaking(server, owner, agent, link, session["id"], agent.output(session["id"]), welcome.boot)


async def test_a_hit_says_where_it_is_and_why(speaking: Speaking) -> None:
    await speaking.say(
        said(text("Nothing of it.")),
        said(text("The function parseHttpRequest takes\nretry_after into account.")),
        said(tool_use("t1", "Bash", command="grep -rn parseHttpRequest src")),
        tool_result("t1", "src/http.py:12: def parseHttpRequest(raw):"),
    )
    found = await speaking.find("httprequest")
    assert {(hit["kind"], hit["session_id"]) for hit in found["hits"]} == {
        ("message", speaking.session_id),
        ("tool", speaking.session_id),
    }
    (hit,) = (await speaking.find('"takes retry_after"'))["hits"]
    assert [piece["text"] for piece in hit["excerpt"] if piece["is_hit"]] == ["takes retry_after"]
    assert "".join(piece["text"] for piece in hit["excerpt"]).startswith("The function parseHttpRequest takes")
    page = await speaking.owner.ask("GET", f"/sessions/{speaking.session_id}/items")
    (item,) = [each for each in page["items"] if each["no"] == hit["no"]]
    assert item["body"]["text"].startswith("The function")
    (title,) = (await speaking.find("mend parser"))["hits"]
    assert (title["no"], title["kind"], title["session_title"]) == (0, "title", "Mend the <b>parser</b>")


async def test_pages_hold_each_hit_once_in_either_order(speaking: Speaking) -> None:
    await speaking.say(*(said(text(f"needle {n}"), message=f"m{n}") for n in range(25)))
    for order in ("best", "newest"):
        seen: list[int] = []
        after: dict[str, Any] = {}
        while True:
            found = await speaking.find("needle", order=order, limit=10, **after)
            seen += [hit["no"] for hit in found["hits"]]
            if found["next"] is None:
                break
            after = {"after": found["next"]}
        assert len(seen) == len(set(seen)) == 25
        assert order == "best" or seen == sorted(seen, reverse=True)


async def test_what_fits_better_comes_first(speaking: Speaking) -> None:
    await speaking.say(
        said(text("The exit code of the worker was 3."), message="a"),
        said(text("exit somewhere " + "filler " * 100 + " and a barcode"), message="b"),
        said(text("decoded exits"), message="c"),
    )
    hits = (await speaking.find("exit code"))["hits"]
    assert "exit code of the worker" in "".join(piece["text"] for piece in hits[0]["excerpt"])


async def test_members_alone_find_and_no_longer_than_they_are(speaking: Speaking, people: People) -> None:
    await speaking.say(said(text("the secret needle")))
    stranger = await people.stranger()
    viewer = await people.member(speaking.agent.project_id, "viewer")
    assert (await speaking.find("needle", stranger))["hits"] == []
    project = {"project_id": speaking.agent.project_id}
    assert (await speaking.find("needle", stranger, **project)) == (await speaking.find("nowhere", stranger))
    assert len((await speaking.find("needle", viewer))["hits"]) == 1
    member = f"/projects/{speaking.agent.project_id}/members/{viewer.user['id']}"
    await speaking.owner.ask("DELETE", member)
    assert (await speaking.find("needle", viewer))["hits"] == []


@pytest.mark.parametrize(
    "query", [{"q": "ab"}, {"q": " "}, {"q": "a b c"}, {"q": "x" * 300}, {"q": "abc", "after": "7"}]
)
async def test_what_cannot_be_searched_for_is_refused_with_what_to_do(
    speaking: Speaking, query: dict[str, str]
) -> None:
    answer = await speaking.owner.http.get("/api/v1/search", params=query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "input_invalid")


async def test_the_command_line_shows_hits_and_nothing_that_commands_a_terminal(speaking: Speaking) -> None:
    await speaking.say(said(text(HOSTILE)))
    shown = await speaking.ran(search, "needle")
    assert speaking.session_id[:8] in shown
    assert "needle &" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    (hit,) = json.loads(
        await speaking.ran(
            search, "needle", "--json", "--project", speaking.agent.project_id, "--state", "running", "--newest"
        )
    )
    assert hit["session_id"] == speaking.session_id
    assert "Nothing was found." in await speaking.ran(search, "needle", "--since", "2999-01-01")


async def test_a_session_is_deleted_with_its_words_a_piece_at_a_time(speaking: Speaking) -> None:
    """While all of a large session's went in one statement, no output of any other was stored."""
    await speaking.say(*(said(text(f"needle {n}"), message=f"m{n}") for n in range(3 * PIECE_ITEMS)))
    path, left = f"/sessions/{speaking.session_id}", [3 * PIECE_ITEMS + 1]  # its title is one more
    await speaking.owner.ask("DELETE", path, expect=409)
    assert len((await speaking.find("needle", limit=10))["hits"]) == 10

    def count(connection: Connection) -> None:
        left.append(connection.execute(select(func.count()).select_from(item_texts)).scalar_one())

    writing = speaking.serving.application.parts.store.engines[0]
    with writing.begin() as connection:
        connection.execute(update(sessions).values(state="ended"))
    event.listen(writing, "commit", count)
    try:
        await speaking.owner.ask("DELETE", path)
    finally:
        event.remove(writing, "commit", count)
    assert left[-1] == 0
    assert max(before - after for before, after in itertools.pairwise(left)) <= PIECE_ITEMS


@pytest.mark.parametrize(("form", "ending"), [("markdown", "md"), ("html", "html"), ("jsonl", "jsonl")])
async def test_a_transcript_is_taken_away_whole(speaking: Speaking, form: str, ending: str, tmp_path: Path) -> None:
    await speaking.say(*(said(text(f"sentence {n} of it"), message=f"m{n}") for n in range(ITEMS_AT_ONCE + 20)))
    path = f"/api/v1/sessions/{speaking.session_id}/transcript?format={form}"
    answer = await speaking.owner.http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{speaking.session_id}.{ending}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [n for n in range(ITEMS_AT_ONCE + 20) if f"sentence {n} of it" not in answer.text] == []
    file = tmp_path / "taken"
    await speaking.ran(export, speaking.session_id, "--format", form, "--output", str(file))
    assert file.stat().st_mode & 0o077 == 0
    assert f"sentence {ITEMS_AT_ONCE + 19} of it" in file.read_text()
