"""The socket of a terminal session: what is shown, what is typed, and whose window gives the size (L-17, S-7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest
import websockets

from claudios.protocol.frame import HEADER_BYTES, Stream
from claudios.protocol.messages import (
    Instruction,
    ListPaths,
    Mode,
    Paths,
    Received,
    SessionState,
    SessionStatus,
    StartSession,
    Typed,
)
from claudios.protocol.terminal import TerminalSize, parse_keystroke
from claudios.server.link.outbox import MAX_TYPED
from claudios.server.serving import Serving
from claudios.server.serving import running as running_server
from tests.helpers.server import People, Person, elsewhere
from tests.helpers.synthetic_agent import Poller, SyntheticAgent, event, line, new_agent, take
from tests.helpers.terminals import SIZE, running, send, terminal, typed
from tests.helpers.viewers import page

pytestmark = pytest.mark.integration


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(owner: Person, people: People) -> SyntheticAgent:
    """An agent that has said once that it knows terminals."""
    made = await new_agent(owner, people.serving.url)
    async with made.link():
        return made


@pytest.fixture
async def session_id(owner: Person, agent: SyntheticAgent) -> str:
    started = await owner.ask(
        "POST",
        f"/projects/{agent.project_id}/sessions",
        {"agent_id": agent.agent_id, "mode": "terminal", "size": SIZE, "prompt": "hello"},
    )
    assert started["mode"] == "terminal"
    return str(started["id"])


def has_ended(told: dict[str, Any]) -> bool:
    return bool(told["session"]["state"] == "ended")


def is_at(activity: str) -> Callable[[dict[str, Any]], bool]:
    return lambda told: bool(told["activity"] == activity)


async def begin(poller: Poller, agent: SyntheticAgent, session_id: str, modes: Sequence[Mode] = tuple(Mode)) -> int:
    """Register, take the start and show a first screen; return the number of the registration."""
    boot = (await poller.register(modes=modes)).boot
    await poller.come_for(Instruction)
    first = agent.output(session_id).batch(boot, event("started", pid=1, **SIZE), (Stream.PTY, b"> "))
    await poller.sync(Received(iseq=1), first)
    return boot


class TestStarting:
    async def test_a_terminal_is_started_with_its_size_and_the_text_of_its_prompt(
        self, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with agent.link() as link:
            (instruction,) = await take(link, agent)
        body = StartSession.model_validate_json(instruction.body)
        assert (body.mode, body.size) == ("terminal", TerminalSize(columns=100, rows=30))
        assert [given.line for given in body.inputs] == ["hello"]

    async def test_a_machine_that_does_not_say_so_gets_no_terminal(self, owner: Person, people: People) -> None:
        unheard = await new_agent(owner, people.serving.url)
        refused = await owner.ask(
            "POST",
            f"/projects/{unheard.project_id}/sessions",
            {"agent_id": unheard.agent_id, "mode": "terminal"},
            expect=409,
        )
        assert "mode terminal" in refused["error"]["message"]

    async def test_a_terminal_takes_no_prompts_and_no_settings_from_elsewhere(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id):
            for path, body in (
                ("commands", {"text": "x"}),
                ("interrupt", None),
                ("prompts", {"id": str(uuid4()), "text": "x"}),
                ("settings", {"setting": "model", "value": "haiku"}),
                ("tasks/t/stop", None),
            ):
                refused = await owner.ask("POST", f"/sessions/{session_id}/{path}", body, expect=409)
                assert "runs in a terminal" in refused["error"]["message"]

    async def test_a_session_moves_to_a_chat_and_back_when_it_has_ended(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, output), page(owner) as watching:
            await watching.say(type="overview")
            await send(link, output, event("ended", exit_code=0, reason="exited"))
            for epoch, mode in ((2, "chat"), (3, "terminal")):
                await watching.expect("session", matching=has_ended)
                resumed = await owner.ask("POST", f"/sessions/{session_id}/resume", {"mode": mode})
                assert (resumed["mode"], resumed["epoch"]) == (mode, epoch)
                (instruction,) = await take(link, agent)
                body = StartSession.model_validate_json(instruction.body)
                assert (body.mode, body.resume, body.may_begin) == (mode, session_id, True)
                output.epoch = epoch
                first = event("started", pid=1, **(SIZE if mode == "terminal" else {}))
                await send(link, output, first, event("ended", exit_code=0, reason="exited"))

    async def test_what_is_done_on_the_screen_is_seen_and_the_screen_is_no_transcript(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, output), terminal(owner, session_id) as watching:
            for state, seen in (("busy", "working"), ("waiting", "waiting"), ("idle", "idle")):
                await send(link, output, event("activity", state=state))
                await watching.expect("state", is_at(seen))
            await send(link, output, (Stream.STDIN, line({"type": "user"})), (Stream.PTY, b"words on the screen"))
        told = await owner.ask("GET", f"/sessions/{session_id}/items")
        assert [item["kind"] for item in told["items"]] == ["notice"]
        assert "terminal" in told["items"][0]["body"]["text"]


class TestShowing:
    async def test_what_comes_follows_what_is_shown(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with terminal(owner, session_id) as watching:
            screen = await watching.expect("screen")
            assert (screen["seq"], screen["columns"], screen["rows"], screen["data"]) == (0, 100, 30, "")
            async with running(agent, session_id) as (link, output):
                await send(link, output, (Stream.PTY, b"more"))
                frames = await watching.until(3)
        assert [frame.seq for frame in frames] == [1, 2, 3]
        assert [frame.payload for frame in frames if frame.stream is Stream.PTY] == [b"\x1b[2J> ", b"more"]

    async def test_who_comes_back_goes_on_where_they_were(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, output):
            await send(link, output, (Stream.PTY, b"more"))
            async with terminal(owner, session_id, after=2) as watching:
                assert [frame.seq for frame in await watching.until(3)] == [3]
                assert {message["type"] for message in watching.told} == {"state"}

    async def test_output_waits_for_a_screen_that_is_behind_and_none_of_it_is_lost(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        pieces = [bytes([number]) * 20_000 for number in range(10)]
        async with (
            running(agent, session_id) as (link, output),
            terminal(owner, session_id, after=2, ahead=50_000) as watching,
        ):
            for piece in pieces:
                await send(link, output, (Stream.PTY, piece))
            await send(link, output, event("activity", state="busy"))
            await watching.expect("state", is_at("working"))  # what could come has come
            taken = sum(HEADER_BYTES + len(frame.payload) for frame in watching.frames)
            assert taken < 50_000 + 20_000 + HEADER_BYTES
            await watching.say(type="shown", bytes=taken)
            frames = await watching.until(4)
            while frames[-1].seq < output.seq:
                taken = sum(HEADER_BYTES + len(frame.payload) for frame in frames)
                await watching.say(type="shown", bytes=taken)
                frames = await watching.until(frames[-1].seq + 1)
        assert [frame.payload for frame in frames if frame.stream is Stream.PTY] == pieces

    async def test_nobody_waits_for_a_screen_of_which_nothing_may_be_sent(self, owner: Person, session_id: str) -> None:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with terminal(owner, session_id, ahead=0):
                pass
        assert refused.value.response.status_code == 422

    async def test_a_chat_has_no_screen(self, owner: Person, agent: SyntheticAgent) -> None:
        chat = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", {"agent_id": agent.agent_id})
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with terminal(owner, chat["id"]):
                pass
        assert refused.value.response.status_code == 409


class TestTyping:
    async def test_what_is_typed_reaches_the_machine_signed_and_numbered(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, _), terminal(owner, session_id) as watching:
            for keys in (b"h", b"\x1b[A", b"\r"):
                made = await watching.type_in(keys)
                keystroke = await typed(link, agent, session_id)
                assert (keystroke.id, keystroke.data) == (f"{owner.user['id']}.{made}", keys)

    async def test_while_the_machine_is_away_it_is_said_and_another_round_tells_of_its_return(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with terminal(owner, session_id) as watching:
            assert (await watching.expect("state"))["round"] is None
            made = await watching.type_in(b"x")
            assert (await watching.expect("again"))["id"] == made
            async with running(agent, session_id) as (link, _):
                await watching.expect("state", lambda told: told["round"] and told["session_state"] == "running")
                await watching.type_again(made, b"x")
                assert (await typed(link, agent, session_id)).data == b"x"
            await watching.expect("state", lambda told: told["round"] is None)

    async def test_a_key_of_an_earlier_round_does_not_go_before_those_that_were_lost_with_it(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        """Keys changed places where a machine registered anew between two of them."""
        async with running(agent, session_id), terminal(owner, session_id) as late:
            lost = await late.type_in(b"1")
            first = late.round
            async with agent.link() as link, terminal(owner, session_id) as quick:
                await late.say(type="keys", id=str(uuid4()), round=first, data="Mg==")
                again = await late.expect("again")
                assert again["round"] == first
                await late.until_after(first)
                await late.type_again(lost, b"1")
                assert (await typed(link, agent, session_id)).data == b"1"
                await quick.type_in(b"3")
                assert (await typed(link, agent, session_id)).data == b"3"

    async def test_what_is_typed_before_the_session_begins_may_be_sent_again_when_it_has(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        """It was passed on to a machine that had no such terminal yet, which dropped it."""
        async with agent.link() as link, terminal(owner, session_id) as watching:
            await take(link, agent)
            first, made = watching.round, str(uuid4())
            await watching.type_again(made, b"x")
            assert (await watching.expect("again"))["round"] == first
            await send(link, agent.output(session_id), event("started", pid=1, **SIZE), (Stream.PTY, b"> "))
            await watching.until_after(first)
            await watching.type_again(made, b"x")
            assert (await typed(link, agent, session_id)).data == b"x"

    async def test_who_may_only_watch_does_not_type_and_gives_no_size(
        self, people: People, agent: SyntheticAgent, session_id: str, owner: Person
    ) -> None:
        guest = await people.member(agent.project_id, "viewer")
        async with (
            running(agent, session_id) as (link, _),
            terminal(guest, session_id) as watching,
            terminal(owner, session_id) as steering,
        ):
            assert (await watching.expect("state"))["may_type"] is False
            await watching.say(type="size", columns=40, rows=10)
            await watching.say(type="own")
            made = await watching.type_in(b"x")
            await watching.socket.send("{}")  # is refused also where the key was not, so that this ends
            refused = await watching.expect("refused")
            assert (refused["id"], refused["code"]) == (made, "forbidden")
            await steering.type_in(b"y")
            assert (await typed(link, agent, session_id)).data == b"y"
            await steering.say(type="size", columns=50, rows=20)
            assert (await typed(link, agent, session_id)).size == TerminalSize(columns=50, rows=20)

    async def test_who_is_made_an_operator_may_type_and_who_is_removed_is_cut_off(
        self, people: People, agent: SyntheticAgent, session_id: str, owner: Person
    ) -> None:
        guest = await people.member(agent.project_id, "viewer")
        membership = f"/projects/{agent.project_id}/members/{guest.user['id']}"
        async with terminal(guest, session_id) as watching:
            await owner.ask("PATCH", membership, {"role": "operator"})
            await watching.expect("state", lambda told: told["may_type"])
            await owner.ask("DELETE", membership)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await watching.expect("never")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4403

    @pytest.mark.parametrize("message", ["", "{}", '{"type":"keys","id":"x","data":""}', '{"type":"size","columns":1}'])
    async def test_what_cannot_be_read_is_refused_and_the_socket_stays(
        self, owner: Person, agent: SyntheticAgent, session_id: str, message: str
    ) -> None:
        async with terminal(owner, session_id) as watching:
            await watching.socket.send(message)
            assert (await watching.expect("refused"))["code"] == "message_invalid"
            await watching.type_in(b"x")
            await watching.expect("again")

    async def test_what_is_typed_is_heard_where_another_process_goes_on_with_a_registration(
        self, server: Serving, people: People, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        """A polling machine that had been silent dropped as many keys as it had heard before, and told no paths."""
        async with agent.poller() as poller:
            boot = await begin(poller, agent, session_id)
            async with terminal(owner, session_id) as watching:
                await watching.type_in(b"x")
                before = await poller.come_for(Typed)
        async with running_server(server.application.parts.config) as other:  # as after a restart
            agent.url = other.url
            async with agent.poller() as poller, elsewhere(owner, other) as owner_there:
                poller.boot = boot
                await poller.sync()
                async with terminal(owner_there, session_id) as watching:
                    await watching.type_in(b"y")
                    after = await poller.come_for(Typed)
                assert after.n > before.n
                asked = asyncio.create_task(owner_there.ask("GET", f"/sessions/{session_id}/paths"))
                question = await poller.come_for(ListPaths)
                await poller.sync(Paths(id=question.id, paths=("src/",)))
                assert (await asked)["paths"] == ["src/"]

    async def test_nothing_is_typed_for_a_machine_that_says_no_more_that_it_knows_terminals(
        self, server: Serving, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        """L-17: an older agent that was put in the newer one's place broke off at every key and every size."""
        async with agent.poller() as poller:
            boot = await begin(poller, agent, session_id, modes=[Mode.CHAT])
            await self._refuses_keys(poller, owner, session_id)
        async with running_server(server.application.parts.config) as other:
            agent.url = other.url
            async with agent.poller() as poller, elsewhere(owner, other) as owner_there:
                poller.boot = boot
                await poller.sync()
                await self._refuses_keys(poller, owner_there, session_id)

    @staticmethod
    async def _refuses_keys(poller: Poller, person: Person, session_id: str) -> None:
        async with terminal(person, session_id) as watching:
            await watching.say(type="size", columns=50, rows=20)
            await watching.type_in(b"x")
            assert "modes" in (await watching.expect("refused"))["message"]
            assert not [message for message in await poller.sync(wait_ms=1) if isinstance(message, Typed)]

    async def test_a_machine_that_comes_for_nothing_is_not_typed_for_without_end(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with agent.poller() as poller, terminal(owner, session_id) as watching:
            await begin(poller, agent, session_id)
            await watching.expect("state", lambda told: told["session_state"] == "running")
            ids = [await watching.type_in(b"x") for _ in range(257)]
            assert await watching.expect("refused") == {
                "type": "refused",
                "id": ids[-1],
                "code": "too_many",
                "message": "The machine does not come for what is typed. Wait until it does.",
            }
            came = await poller.sync(wait_ms=10_000)
            numbers = [message.n for message in came if isinstance(message, Typed)]
            assert (len(numbers), sorted(set(numbers))) == (256, numbers)


class TestTheSize:
    async def test_it_is_one_viewers_until_they_leave_and_then_the_next_ones(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, _), terminal(owner, session_id) as second:
            async with terminal(owner, session_id) as first:
                me = (await first.expect("state"))["viewer"]
                await first.say(type="size", columns=120, rows=40)
                assert (await typed(link, agent, session_id)).size == TerminalSize(columns=120, rows=40)
                told = await second.expect("state", lambda told: told["owner"])
                assert told["owner"] == {"viewer": me, "username": owner.user["username"]}
                await second.say(type="size", columns=50, rows=20)
                await first.say(type="size", columns=121, rows=40)
                assert (await typed(link, agent, session_id)).size == TerminalSize(columns=121, rows=40)
            assert (await typed(link, agent, session_id)).size == TerminalSize(columns=50, rows=20)
            told = await second.expect("state", lambda told: told["owner"] and told["owner"]["viewer"] != me)
            assert told["owner"]["viewer"] == told["viewer"]

    async def test_another_may_take_it_over(self, owner: Person, agent: SyntheticAgent, session_id: str) -> None:
        async with (
            running(agent, session_id) as (link, _),
            terminal(owner, session_id) as first,
            terminal(owner, session_id) as second,
        ):
            await first.say(type="size", columns=120, rows=40)
            await typed(link, agent, session_id)
            await second.say(type="size", columns=50, rows=20)
            await second.say(type="own")
            assert (await typed(link, agent, session_id)).size == TerminalSize(columns=50, rows=20)
            await first.say(type="own")
            assert (await typed(link, agent, session_id)).size == TerminalSize(columns=120, rows=40)

    async def test_a_process_that_is_begun_anew_is_asked_for_it_again(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, output), terminal(owner, session_id) as watching:
            await watching.say(type="size", columns=120, rows=40)
            await typed(link, agent, session_id)
            await send(link, output, event("ended", exit_code=0, reason="exited"))
            await watching.expect("state", lambda told: told["session_state"] == "ended")
            await owner.ask("POST", f"/sessions/{session_id}/resume", {"mode": "terminal"})
            await take(link, agent)
            output.epoch = 2
            await send(link, output, event("started", pid=2, **SIZE), (Stream.PTY, b"> "))
            assert (await typed(link, agent, session_id)).size == TerminalSize(columns=120, rows=40)

    async def test_a_machine_that_did_not_come_for_what_was_typed_is_asked_for_it_again(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with agent.poller() as poller:
            await begin(poller, agent, session_id)
            async with terminal(owner, session_id) as watching:
                await watching.expect("state", lambda told: told["session_state"] == "running")
                for _ in range(MAX_TYPED):
                    await watching.type_in(b"x")
                await watching.say(type="size", columns=120, rows=40)
                await watching.expect("state", lambda told: told["owner"])
                asked = None
                while asked is None:
                    asked = parse_keystroke((await poller.come_for(Typed)).body).size
            assert asked == TerminalSize(columns=120, rows=40)

    async def test_a_machine_that_comes_back_is_asked_for_it_again(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with terminal(owner, session_id) as watching:
            await watching.say(type="size", columns=120, rows=40)
            async with running(agent, session_id) as (link, _):
                assert (await typed(link, agent, session_id)).size == TerminalSize(columns=120, rows=40)
            await watching.expect("state", lambda told: told["round"] is None)
            goes_on = SessionStatus(session_id=session_id, epoch=1, state=SessionState.RUNNING)
            async with agent.link(goes_on) as link:
                assert (await typed(link, agent, session_id)).size == TerminalSize(columns=120, rows=40)
