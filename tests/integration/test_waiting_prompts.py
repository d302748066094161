"""Prompts that wait until Claude has nothing to do: changed as long as they wait, sent in order, each once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import orjson
import pytest

from claudios.protocol.frame import Stream
from claudios.protocol.messages import Ack, Outcome, Report, Reported
from claudios.server.serving import Serving
from claudios.server.store import prompts
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import Link, Output, SyntheticAgent, event, line, new_agent, take
from tests.helpers.viewers import page

pytestmark = pytest.mark.integration


class Session:
    """A session whose Claude the test plays."""

    def __init__(self, owner: Person, session_id: str, agent: SyntheticAgent, output: Output) -> None:
        self.owner = owner
        self.id = session_id
        self.agent = agent
        self.output = output

    async def say(self, link: Link, *payloads: bytes | tuple[Stream, bytes]) -> None:
        await link.say(self.output.batch(link.boot, *payloads))
        await link.expect(Ack, lambda ack: ack.seq == self.output.seq)

    async def wait_with(self, text: str, prompt_id: str | None = None, expect: int = 201) -> Any:
        wanted = {"id": prompt_id or str(uuid4()), "text": text}
        return await self.owner.ask("POST", f"/sessions/{self.id}/prompts", wanted, expect=expect)

    async def next_prompt(self, link: Link) -> str:
        """Take the next prompt as its agent does, and be through with it as Claude is."""
        (command,) = await take(link, self.agent)
        given = orjson.loads(command.body)["input"]["line"]
        await link.say(Report(instruction_id=command.id, outcome=Outcome.DONE))
        await link.expect(Reported)
        await self.say(link, (Stream.STDIN, given.encode() + b"\n"), state("running"), lifecycle(command.id, "started"))
        return str(orjson.loads(given)["message"]["content"])


def state(name: str) -> bytes:
    return line({"type": "system", "subtype": "session_state_changed", "state": name})


def lifecycle(uuid: str, name: str) -> bytes:
    return line({"type": "command_lifecycle", "command_uuid": uuid, "state": name})


def result() -> bytes:
    return line({"type": "result", "subtype": "success", "is_error": False})


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def session(server: Serving, owner: Person) -> Session:
    """A session in whose beginning Claude works."""
    agent = await new_agent(owner, server.url)
    wanted = {"agent_id": agent.agent_id}
    found: str = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    made = Session(owner, found, agent, agent.output(found))
    async with agent.link() as link, page(owner) as watching:
        await take(link, agent)
        await watching.subscribe(found)
        await made.say(link, event("started", pid=1), state("running"))
        await watching.expect("session", matching=lambda told: told["session"]["activity"] == "working")
    return made


async def test_what_waits_is_sent_one_by_one_each_time_claude_has_nothing_to_do(session: Session) -> None:
    for text in ("one", "two"):
        await session.wait_with(text)
    async with session.agent.link() as link:
        await session.say(link, result(), state("idle"))
        assert await session.next_prompt(link) == "one"
        waiting = await session.owner.ask("GET", f"/sessions/{session.id}/prompts")
        assert [prompt["text"] for prompt in waiting["prompts"]] == ["two"]
        await session.say(link, result(), state("idle"))
        assert await session.next_prompt(link) == "two"


async def test_a_prompt_whose_wake_up_was_lost_is_sent_by_the_sweep(session: Session, server: Serving) -> None:
    """It waited for half a minute: a server that is killed after a commit, or a replica, tells this one nothing."""
    server.application.data_path.releaser._news = ()  # deaf from here on
    async with session.agent.link() as link, page(session.owner) as watching:
        await watching.subscribe(session.id)
        await session.say(link, result(), state("idle"))
        await watching.expect("session", matching=lambda told: told["session"]["activity"] == "idle")
        await server.application.parts.store.write(
            lambda connection: prompts.add(connection, session.id, str(uuid4()), "unheard", None, 1)
        )
        async with asyncio.timeout(10):
            assert await session.next_prompt(link) == "unheard"


async def test_a_prompt_is_sent_at_once_where_claude_has_nothing_to_do(session: Session) -> None:
    async with session.agent.link() as link, page(session.owner) as watching:
        await watching.subscribe(session.id)
        await session.say(link, result(), state("idle"))
        await watching.expect("session", matching=lambda told: told["session"]["activity"] == "idle")
        assert (await session.wait_with("at once"))["prompts"] == []
        second = await session.wait_with("behind it")
        assert [prompt["text"] for prompt in second["prompts"]] == ["behind it"]
        assert await session.next_prompt(link) == "at once"


async def test_what_waits_is_edited_reordered_withdrawn_and_seen_by_every_page(session: Session) -> None:
    path = f"/sessions/{session.id}/prompts"
    first, second, third = (str(uuid4()) for _ in range(3))
    async with page(session.owner) as watching:
        await watching.subscribe(session.id)
        for prompt_id, text in ((first, "one"), (second, "two"), (third, "three")):
            await session.wait_with(text, prompt_id)
        await session.owner.ask("PATCH", f"{path}/{second}", {"text": "zwei", "instead_of": "two"})
        await session.owner.ask("PATCH", f"{path}/{second}", {"text": "deux", "instead_of": "two"}, expect=409)
        await session.owner.ask("PUT", path, {"ids": [third, second, first]})
        await session.owner.ask("PUT", path, {"ids": [third, second]}, expect=409)
        await session.owner.ask("DELETE", f"{path}/{first}")
        await session.owner.ask("DELETE", f"{path}/{first}", expect=404)
        told = await watching.expect("queue", matching=lambda said: said["queue"]["version"] >= 6)
    assert [prompt["text"] for prompt in told["queue"]["prompts"]] == ["three", "zwei"]


async def test_a_prompt_is_sent_now_whatever_claude_does_and_once(session: Session) -> None:
    path = f"/sessions/{session.id}/prompts"
    first, second = str(uuid4()), str(uuid4())
    await session.wait_with("later", first)
    await session.wait_with("now", second)
    async with session.agent.link() as link:
        await session.owner.ask("POST", f"{path}/{second}/send", {}, expect=201)
        await session.owner.ask("POST", f"{path}/{second}/send", {}, expect=409)
        assert (await session.wait_with("now", second))["prompts"][0]["id"] == first  # the page tried twice
        assert await session.next_prompt(link) == "now"
    await session.wait_with("something else", second, expect=409)


async def test_a_session_that_has_ended_keeps_what_waits_until_it_is_resumed(session: Session) -> None:
    await session.wait_with("go on")
    async with session.agent.link() as link, page(session.owner) as watching:
        await watching.subscribe(session.id)
        await session.say(link, event("ended", exit_code=0, reason="exited"))
        await watching.expect("session", matching=lambda told: told["session"]["state"] == "ended")
        await session.wait_with("too late", expect=409)
        await session.owner.ask("POST", f"/sessions/{session.id}/resume", {}, expect=201)
        await take(link, session.agent)
        session.output.epoch = 2
        await session.say(link, event("started", pid=2), line({"type": "keep_alive"}))
        assert await session.next_prompt(link) == "go on"


async def test_who_may_only_read_changes_nothing(people: People, session: Session) -> None:
    reader = await people.member(session.agent.project_id, "viewer")
    assert (await reader.ask("GET", f"/sessions/{session.id}/prompts"))["prompts"] == []
    wanted = {"id": str(uuid4()), "text": "hello"}
    await reader.ask("POST", f"/sessions/{session.id}/prompts", wanted, expect=403)


async def test_an_id_that_waits_as_a_prompt_is_taken_and_the_server_lives_on(session: Session) -> None:
    prompt_id = str(uuid4())
    await session.wait_with("wait", prompt_id)
    wanted = {"id": prompt_id, "text": "wait"}
    await session.owner.ask("POST", f"/sessions/{session.id}/commands", wanted, expect=409)
    start = {"id": prompt_id, "agent_id": session.agent.agent_id}
    await session.owner.ask("POST", f"/projects/{session.agent.project_id}/sessions", start, expect=409)
    async with session.agent.link() as link:
        await session.say(link, result(), state("idle"))
        assert await session.next_prompt(link) == "wait"


async def test_a_prompt_that_is_put_twice_waits_once(session: Session) -> None:
    prompt_id = str(uuid4())
    first = await session.wait_with("wait", prompt_id)
    again = await session.wait_with("wait", prompt_id)
    assert again == first
    assert [prompt["id"] for prompt in again["prompts"]] == [prompt_id]
    await session.wait_with("another text", str(uuid4()))
    async with session.agent.link() as link:
        await session.say(link, result(), state("idle"))
        assert await session.next_prompt(link) == "wait"
        await session.say(link, result(), state("idle"))
        assert await session.next_prompt(link) == "another text"


async def test_what_waits_stays_within_its_bounds_when_it_is_edited(session: Session) -> None:
    first, second, third = (str(uuid4()) for _ in range(3))
    for prompt_id, text in ((first, "a" * 499_999), (second, "b" * 499_999), (third, "c")):
        await session.wait_with(text, prompt_id)
    longer = {"text": "d" * 400_000, "instead_of": "c"}
    await session.owner.ask("PATCH", f"/sessions/{session.id}/prompts/{third}", longer, expect=429)
    shorter = {"text": "d" * 400_000, "instead_of": "a" * 499_999}
    await session.owner.ask("PATCH", f"/sessions/{session.id}/prompts/{first}", shorter)


async def test_a_first_prompt_that_waited_gives_the_session_its_title(session: Session) -> None:
    await session.wait_with("Mend the tests\nand more")
    async with session.agent.link() as link:
        await session.say(link, result(), state("idle"))
        await session.next_prompt(link)
    assert (await session.owner.ask("GET", f"/sessions/{session.id}"))["title"] == "Mend the tests"


async def test_a_prompt_added_again_after_its_session_has_ended_is_known(session: Session) -> None:
    prompt_id = str(uuid4())
    added = await session.wait_with("later", prompt_id)
    async with session.agent.link() as link, page(session.owner) as watching:
        await watching.subscribe(session.id)
        await session.say(link, event("ended", exit_code=0, reason="exited"))
        await watching.expect("session", matching=lambda told: told["session"]["state"] == "ended")
    assert await session.wait_with("later", prompt_id) == added


async def test_what_waits_is_sent_though_no_log_tells_of_the_prompt_before_a_loss(session: Session) -> None:
    async with session.agent.link() as link, page(session.owner) as watching:
        await watching.subscribe(session.id)
        wanted = {"text": "lost with the disk"}
        await session.owner.ask("POST", f"/sessions/{session.id}/commands", wanted, expect=201)
        (lost,) = await take(link, session.agent)
        await link.say(Report(instruction_id=lost.id, outcome=Outcome.DONE))
        await link.expect(Reported)
        await session.wait_with("go on")
        await session.say(link, event("ended", exit_code=None, reason="lost"))
        await watching.expect("session", matching=lambda told: told["session"]["state"] == "ended")
        await session.owner.ask("POST", f"/sessions/{session.id}/resume", {}, expect=201)
        await take(link, session.agent)
        session.output.epoch = 2
        await session.say(link, event("started", pid=2), state("idle"))
        assert await session.next_prompt(link) == "go on"
