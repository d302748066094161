"""The page's socket: transcripts by snapshot and patches, requests answered once, and what changes elsewhere."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import orjson
import pytest

from claudios.protocol.frame import Stream
from claudios.protocol.messages import Ack, Command, Instruction, Outcome, Report, Reported, parse_body
from claudios.server.serving import Serving, running
from tests.helpers.paused_read import paused_read
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import Link, Output, SyntheticAgent, event, line, new_agent, take
from tests.helpers.viewers import page

pytestmark = pytest.mark.integration


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(server: Serving, owner: Person) -> SyntheticAgent:
    return await new_agent(owner, server.url)


@pytest.fixture
async def session_id(owner: Person, agent: SyntheticAgent) -> str:
    wanted = {"agent_id": agent.agent_id, "prompt": "hello"}
    found: str = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    return found


async def send(link: Link, output: Output, *payloads: bytes | tuple[Stream, bytes]) -> None:
    """Send output in one batch and wait until it is stored."""
    await link.say(output.batch(link.boot, *payloads))
    await link.expect(Ack, lambda ack: ack.seq == output.seq)


def said(text: str, message: str = "m1") -> bytes:
    block = {"type": "text", "text": text}
    return line({"type": "assistant", "message": {"id": message, "content": [block]}, "parent_tool_use_id": None})


def delta(text: str) -> bytes:
    inner = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    return line({"type": "stream_event", "event": inner, "parent_tool_use_id": None})


BEGIN = line(
    {"type": "stream_event", "event": {"type": "message_start", "message": {"id": "m1"}}, "parent_tool_use_id": None}
) + line(
    {
        "type": "stream_event",
        "event": {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        "parent_tool_use_id": None,
    }
)


def asks(request_id: str, tool: str = "Bash", **wanted: object) -> bytes:
    suggestion = {"type": "setMode", "mode": "acceptEdits", "destination": "session"}
    request = {
        "subtype": "can_use_tool",
        "tool_name": tool,
        "input": wanted,
        "permission_suggestions": [suggestion],
        "tool_use_id": "toolu_1",
    }
    return line({"type": "control_request", "request_id": request_id, "request": request})


RESULT = line(
    {"type": "result", "subtype": "success", "is_error": False, "total_cost_usd": 0.5, "usage": {"output_tokens": 3}}
)


def texts(items: list[dict[str, Any]]) -> list[str]:
    return [item["body"]["text"] for item in items if item["kind"] == "message"]


async def test_a_transcript_streams_word_by_word_and_ends_as_it_is_stored(
    owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    output = agent.output(session_id)
    async with agent.link() as link, page(owner) as watching:
        answer = await watching.subscribe(session_id)
        assert (answer["items"], answer["position"], answer["session"]["title"]) == ([], 0, "hello")
        await send(link, output, event("started", pid=1), BEGIN)
        for word in ("Hel", "lo ", "you"):
            await send(link, output, delta(word))
        items = await watching.until(session_id, lambda items: texts(items) == ["Hello you"])
        assert items[-1]["body"]["streaming"] is True
        await send(link, output, said("Hello you!"), RESULT)
        items = await watching.until(session_id, lambda items: items[-1]["kind"] == "turn")
    stored = await owner.ask("GET", f"/sessions/{session_id}/items")
    assert stored["items"] == items
    assert stored["position"] == output.seq
    session = await owner.ask("GET", f"/sessions/{session_id}")
    assert (session["cost_usd"], session["output_tokens"], session["last_text"]) == (0.5, 3, "Hello you!")


@pytest.mark.fault("B2")
async def test_pages_that_come_and_go_while_output_flows_all_see_the_same(
    owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    output = agent.output(session_id)
    words = [f"{number} " for number in range(3000)]
    whole = "".join(words)

    async def watch(delay: int) -> list[dict[str, Any]]:
        async with page(owner) as watching:
            await watching.subscribe(session_id)
            await watching.until(session_id, lambda items: texts(items) and len(texts(items)[0]) > delay)
            for _ in range(20):
                await watching.say(type="unsubscribe", session_id=session_id)
                await watching.subscribe(session_id, watching.positions[session_id])
            return await watching.until(session_id, lambda items: texts(items) == [whole])

    async with agent.link() as link:
        await send(link, output, event("started", pid=1), BEGIN)
        watchers = [asyncio.create_task(watch(delay)) for delay in (0, 10, 400, 2000, 8000)]
        for start in range(0, len(words), 10):  # faster than the pages come and go
            await link.say(output.batch(link.boot, *map(delta, words[start : start + 10])))
            await asyncio.sleep(0)
        seen = await asyncio.gather(*watchers)
    first, *others = [[(item["no"], item["kind"], item["body"]) for item in items] for items in seen]
    assert all(other == first for other in others)


async def test_a_page_that_was_away_gets_only_what_changed_since(
    owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    output = agent.output(session_id)
    async with agent.link() as link:
        await send(link, output, event("started", pid=1), said("one"), said("two", "m2"))
        async with page(owner) as watching:
            position = (await watching.subscribe(session_id))["position"]
        await send(link, output, said("three", "m3"))
        async with page(owner) as watching:
            answer = await watching.subscribe(session_id, position)
    assert texts(answer["items"]) == ["three"]


@pytest.mark.fault("B1")
async def test_a_page_that_stops_reading_is_cut_and_catches_up_from_its_position(
    owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    output = agent.output(session_id)
    async with agent.link() as link, page(owner) as slow:
        await slow.subscribe(session_id)
        slow.socket.transport.pause_reading()
        for number in range(240):
            await send(link, output, said("x" * 60_000, f"m{number}"))
        slow.socket.transport.resume_reading()
        await slow.expect("lagged")
        await slow.subscribe(session_id, slow.positions[session_id])
        items = await slow.until(session_id, lambda items: len(texts(items)) == 240)
    assert [item["no"] for item in items] == list(range(items[0]["no"], items[0]["no"] + 240))


async def test_transcripts_come_in_pages(owner: Person, agent: SyntheticAgent, session_id: str) -> None:
    output = agent.output(session_id)
    async with agent.link() as link:
        await send(link, output, *[said(str(number), f"m{number}") for number in range(1, 451)])
    last = await owner.ask("GET", f"/sessions/{session_id}/items")
    assert [item["no"] for item in last["items"]] == list(range(251, 451))
    assert last["has_earlier"] is True
    first = await owner.ask("GET", f"/sessions/{session_id}/items?before=51&limit=100")
    assert ([item["no"] for item in first["items"]], first["has_earlier"]) == (list(range(1, 51)), False)
    middle = await owner.ask("GET", f"/sessions/{session_id}/items?after=10&limit=5")
    assert [item["no"] for item in middle["items"]] == [11, 12, 13, 14, 15]


async def test_a_projection_that_was_interrupted_goes_on_after_a_restart_of_the_server(
    owner: Person, agent: SyntheticAgent, session_id: str, server: Serving
) -> None:
    output = agent.output(session_id)
    async with agent.link() as link:
        await send(link, output, event("started", pid=1), BEGIN, delta("Hel"), delta("lo")[:-20])
    await owner.ask("GET", f"/sessions/{session_id}/items")  # keeps the fold in the middle of a line
    rest = delta("lo")[-20:]
    async with running(server.application.parts.config) as second:
        agent.url = second.url
        async with agent.link() as link:
            await send(link, output, rest, said("Hello"))
    stored = await owner.ask("GET", f"/sessions/{session_id}/items")
    assert (stored["position"], texts(stored["items"])) == (output.seq, ["Hello"])


class TestRequests:
    @pytest.fixture
    async def asked(self, owner: Person, agent: SyntheticAgent, session_id: str) -> str:
        """A session that waits for an answer to the request `r1`."""
        output = agent.output(session_id)
        async with agent.link() as link:
            await take(link, agent)
            await send(link, output, event("started", pid=1), asks("r1", command="rm x"))
        async with page(owner) as watching:
            answer = await watching.subscribe(session_id)
            if not answer["requests"]:
                await watching.expect("request")
        return session_id

    async def test_a_request_is_shown_to_those_who_may_see_it(self, people: People, owner: Person, asked: str) -> None:
        (request,) = await owner.ask("GET", "/requests?state=pending")
        assert (request["id"], request["kind"], request["input"]) == ("r1", "permission", {"command": "rm x"})
        assert request["suggestions"][0]["label"] == "Accept edits for this session"
        assert await (await people.stranger()).ask("GET", "/requests") == []

    async def test_the_first_answer_counts_and_the_second_is_told_whose_that_was(
        self, people: People, owner: Person, agent: SyntheticAgent, asked: str
    ) -> None:
        other = await people.member(agent.project_id, "operator")
        path = f"/api/v1/sessions/{asked}/requests/r1/answer"
        answers = await asyncio.gather(
            *[person.http.post(path, json={"behavior": "allow"}) for person in (owner, other) for _ in range(5)]
        )
        assert sorted(answer.status_code for answer in answers) == [200, *[409] * 9]
        winner = next(answer.json()["answered_by"] for answer in answers if answer.status_code == 200)
        assert all(winner in answer.json()["error"]["message"] for answer in answers if answer.status_code == 409)
        async with agent.link() as link:
            (command,) = await take(link, agent)
            body = parse_body(command.kind, command.body)
            assert isinstance(body, Command)
            response = orjson.loads(body.input.line)["response"]
            assert (response["request_id"], response["response"]) == ("r1", {"behavior": "allow"})
            await owner.ask("POST", f"/sessions/{asked}/commands", {"text": "next"})
            assert (await link.expect(Instruction)).iseq == command.iseq + 1  # and no second answer before it

    async def test_every_page_sees_who_answered(
        self, people: People, owner: Person, agent: SyntheticAgent, asked: str
    ) -> None:
        async with page(owner) as watching, page(owner) as overview:
            await watching.subscribe(asked)
            await overview.say(type="overview")
            await overview.say(type="ping")
            await overview.expect("pong")
            other = await people.member(agent.project_id, "operator")
            await other.ask("POST", f"/sessions/{asked}/requests/r1/answer", {"behavior": "deny", "message": "No."})
            for one in (watching, overview):
                told = await one.expect("request", matching=lambda message: message["request"]["state"] == "answered")
                assert (told["request"]["answer"], told["request"]["answered_by"]) == ("deny", other.user["username"])
            output = agent.output(asked)
            output.batch(0, event("started", pid=1), asks("r1", command="rm x"))  # what was sent already
            async with agent.link() as link:
                (command,) = await take(link, agent)
                body = parse_body(command.kind, command.body)
                assert isinstance(body, Command)
                await send(link, output, (Stream.STDIN, body.input.line.encode() + b"\n"))
                items = await watching.until(asked, lambda items: items[-1]["body"].get("answer"))
            assert (items[-1]["body"]["answer"], items[-1]["body"]["answered_by"]) == ("deny", other.user["username"])

    async def test_a_question_is_answered_with_its_own_questions_unchanged(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        questions = [{"question": "Which?", "options": [{"label": "Red"}]}]
        output = agent.output(session_id)
        async with agent.link() as link, page(owner) as watching:
            await watching.subscribe(session_id)
            await take(link, agent)
            await send(link, output, asks("q1", "AskUserQuestion", questions=questions))
            await watching.expect("request")
            await owner.ask(
                "POST",
                f"/sessions/{session_id}/requests/q1/answer",
                {"behavior": "allow", "answers": {"Which?": "Red"}},
            )
            (command,) = await take(link, agent)
            line_written = orjson.loads(orjson.loads(command.body)["input"]["line"])
        updated = line_written["response"]["response"]["updatedInput"]
        assert updated == {"questions": questions, "answers": {"Which?": "Red"}}

    async def test_a_lasting_permission_is_sent_as_it_was_suggested(
        self, owner: Person, agent: SyntheticAgent, asked: str
    ) -> None:
        path = f"/sessions/{asked}/requests/r1/answer"
        await owner.ask("POST", path, {"behavior": "allow", "suggestions": [7]}, expect=422)
        await owner.ask("POST", path, {"behavior": "allow", "suggestions": [0]})
        async with agent.link() as link:
            (command,) = await take(link, agent)
        response = orjson.loads(orjson.loads(command.body)["input"]["line"])["response"]["response"]
        assert response["updatedPermissions"] == [{"type": "setMode", "mode": "acceptEdits", "destination": "session"}]

    async def test_a_setting_reaches_claude_as_a_request_of_its_own(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        path = f"/sessions/{session_id}/settings"
        await owner.ask("POST", path, {"setting": "permission_mode", "value": "anything"}, expect=422)
        for setting, value in (("model", "default"), ("permission_mode", "plan"), ("effort", "low")):
            await owner.ask("POST", path, {"setting": setting, "value": value}, expect=201)
        async with agent.link() as link:
            _start, *commands = await take(link, agent, 4)
        assert [orjson.loads(orjson.loads(command.body)["input"]["line"])["request"] for command in commands] == [
            {"subtype": "set_model", "model": None},
            {"subtype": "set_permission_mode", "mode": "plan"},
            {"subtype": "apply_flag_settings", "settings": {"effortLevel": "low"}},
        ]

    async def test_a_session_is_resumed_with_the_effort_it_had(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        """I-16: also where the process before had not confirmed it."""
        path = f"/sessions/{session_id}"
        await owner.ask("POST", f"{path}/settings", {"setting": "effort", "value": "low"}, expect=201)
        output = agent.output(session_id)
        async with agent.link() as link, page(owner) as watching:
            _start, command = await take(link, agent, 2)
            await watching.subscribe(session_id)
            given = orjson.loads(command.body)["input"]["line"].encode() + b"\n"
            response = {"subtype": "success", "request_id": command.id, "response": {}}
            told = line({"type": "control_response", "response": response})
            await send(link, output, event("started", pid=1), (Stream.STDIN, given), told)
            for epoch in (2, 3):
                await send(link, output, event("ended", exit_code=0, reason="exited"))
                await watching.expect("session", matching=lambda said: said["session"]["state"] == "ended")
                await owner.ask("POST", f"{path}/resume", {}, expect=201)
                (resumed,) = await take(link, agent)
                assert orjson.loads(resumed.body)["effort"] == "low"
                output.epoch = epoch
                await send(link, output, event("started", pid=epoch), line({"type": "keep_alive"}))
                await watching.expect("session", matching=lambda said: said["session"]["state"] == "running")

    async def test_a_plan_is_approved_edited_and_in_a_mode(
        self, owner: Person, agent: SyntheticAgent, session_id: str, asked: str
    ) -> None:
        answers = f"/sessions/{session_id}/requests"
        await owner.ask("POST", f"{answers}/r1/answer", {"behavior": "allow", "permission_mode": "plan"}, expect=422)
        output = agent.output(session_id)
        output.batch(0, event("started", pid=1), asks("r1", command="rm x"))  # what was sent already
        async with agent.link() as link, page(owner) as watching:
            await watching.subscribe(session_id)
            await send(link, output, asks("p1", "ExitPlanMode", plan="1. Begin"))
            await watching.expect("request", matching=lambda message: message["request"]["kind"] == "plan")
            decision = {"behavior": "allow", "updated_input": {"plan": "1. End"}, "permission_mode": "acceptEdits"}
            await owner.ask("POST", f"{answers}/p1/answer", decision)
            (command,) = await take(link, agent)
        assert orjson.loads(orjson.loads(command.body)["input"]["line"])["response"]["response"] == {
            "behavior": "allow",
            "updatedInput": {"plan": "1. End"},
            "updatedPermissions": [{"type": "setMode", "mode": "acceptEdits", "destination": "session"}],
        }

    async def test_an_input_that_was_shortened_for_showing_is_not_what_the_tool_gets(
        self, owner: Person, agent: SyntheticAgent, session_id: str, asked: str
    ) -> None:
        output = agent.output(session_id)
        output.batch(0, event("started", pid=1), asks("r1", command="rm x"))  # what was sent already
        async with agent.link() as link, page(owner) as watching:
            await watching.subscribe(session_id)
            wanted = asks("w1", "Write", file_path="a", content="x" * 100_000)
            await send(link, output, wanted[:60_000], wanted[60_000:])
            told = await watching.expect("request", matching=lambda message: message["request"]["id"] == "w1")
        shown = told["request"]["input"]
        path = f"/sessions/{session_id}/requests/w1/answer"
        await owner.ask("POST", path, {"behavior": "allow", "updated_input": {**shown, "file_path": "b"}}, expect=422)
        await owner.ask("POST", path, {"behavior": "allow", "updated_input": {"file_path": "b", "content": "short"}})

    async def test_an_input_of_very_many_levels_is_refused(self, owner: Person, asked: str) -> None:
        deep: dict[str, object] = {}
        for _ in range(300):
            deep = {"command": [deep]}
        answer = {"behavior": "allow", "updated_input": deep}
        refused = await owner.ask("POST", f"/sessions/{asked}/requests/r1/answer", answer, expect=422)
        assert "levels deep" in refused["error"]["message"]

    async def test_an_answer_that_could_not_be_delivered_may_be_given_again(
        self, owner: Person, agent: SyntheticAgent, asked: str
    ) -> None:
        path = f"/sessions/{asked}/requests/r1/answer"
        await owner.ask("POST", path, {"behavior": "allow", "suggestions": [0]})
        async with agent.link() as link:
            (command,) = await take(link, agent)
            await link.say(Report(instruction_id=command.id, outcome=Outcome.REFUSED, code="policy_forbids"))
            await link.expect(Reported)
        (request,) = await owner.ask("GET", "/requests")
        assert (request["state"], request["answered_by"]) == ("pending", None)
        await owner.ask("POST", path, {"behavior": "allow"})

    async def test_a_request_that_the_cli_withdrew_cannot_be_answered(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        output = agent.output(session_id)
        async with agent.link() as link, page(owner) as watching:
            await watching.subscribe(session_id)
            await send(link, output, asks("r1"), line({"type": "control_cancel_request", "request_id": "r1"}))
            await watching.expect("request", matching=lambda message: message["request"]["state"] == "withdrawn")
        await owner.ask("POST", f"/sessions/{session_id}/requests/r1/answer", {"behavior": "allow"}, expect=409)

    async def test_a_session_that_ends_withdraws_what_it_asked(
        self, owner: Person, agent: SyntheticAgent, asked: str
    ) -> None:
        output = agent.output(asked)
        output.batch(0, event("started", pid=1), asks("r1", command="rm x"))
        async with agent.link() as link, page(owner) as watching:
            await watching.subscribe(asked)
            await send(link, output, event("ended", exit_code=1, reason="exited"))
            await watching.expect("session", matching=lambda message: message["session"]["state"] == "ended")
        session = await owner.ask("GET", f"/sessions/{asked}")
        assert (session["exit_code"], session["reason"], session["pending_requests"]) == (1, "exited", 0)


class TestSeeing:
    async def test_an_overview_tells_of_the_persons_own_projects_only(
        self, people: People, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        stranger = await people.stranger()
        async with page(owner) as mine, page(stranger) as theirs:
            for one in (mine, theirs):
                await one.say(type="overview")
                await one.expect("overview")
            await owner.ask("PATCH", f"/sessions/{session_id}", {"title": "renamed"})
            told = await mine.expect("session")
            assert told["session"]["title"] == "renamed"
            await theirs.say(type="ping")
            await theirs.expect("pong")
            assert [message["type"] for message in theirs.told] == ["overview", "pong"]

    async def test_what_changes_before_an_overview_is_answered_can_be_read_afterwards(
        self, server: Serving, owner: Person, session_id: str
    ) -> None:
        async with page(owner) as watching:
            async with paused_read(server.application.parts.store, "FROM members") as in_the_middle:
                await watching.say(type="overview")
                await in_the_middle()
                await owner.ask("PATCH", f"/sessions/{session_id}", {"title": "missed"})
                assert watching.told == []
            await watching.expect("overview")
            assert (await owner.ask("GET", f"/sessions/{session_id}"))["title"] == "missed"
            await owner.ask("PATCH", f"/sessions/{session_id}", {"title": "told"})
            await watching.expect("session", matching=lambda message: message["session"]["title"] == "told")

    async def test_a_strangers_subscription_is_answered_as_if_there_were_no_session(
        self, people: People, session_id: str
    ) -> None:
        async with page(await people.stranger()) as watching:
            answer = await watching.subscribe(session_id)
            nothing = await watching.subscribe(str(uuid4()))
        assert answer == nothing
        assert answer["code"] == "not_found"

    async def test_a_member_who_is_removed_is_told_that_the_session_is_gone(
        self, people: People, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        viewer = await people.member(agent.project_id, "viewer")
        output = agent.output(session_id)
        async with page(viewer) as watching, agent.link() as link:
            await watching.subscribe(session_id)
            await owner.ask("DELETE", f"/projects/{agent.project_id}/members/{viewer.user['id']}")
            assert (await watching.expect("removed"))["id"] == session_id
            await send(link, output, said("secret"))
            await watching.say(type="ping")
            await watching.expect("pong")
            assert not any(message["type"] == "patch" for message in watching.told)

    async def test_a_person_who_signs_out_loses_the_socket(self, people: People) -> None:
        person = await people.owner()
        async with page(person) as watching:
            await person.ask("POST", "/auth/sign-out")
            await watching.socket.wait_closed()
            assert watching.socket.close_code == 4401

    async def test_nonsense_on_the_socket_is_answered_and_harms_nothing(self, owner: Person, session_id: str) -> None:
        async with page(owner) as watching:
            for nonsense in (
                "",
                "[]",
                '{"type":"subscribe"}',
                '{"type":"x"}',
                "\x00",
                '{"type":"subscribe","session_id":1}',
            ):
                await watching.socket.send(nonsense)
                assert (await watching.expect("error"))["code"] == "message_invalid"
            await watching.socket.send(b"\xff\xfe")
            await watching.expect("error")
            assert (await watching.subscribe(session_id))["type"] == "items"
