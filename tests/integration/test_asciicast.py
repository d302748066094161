"""A terminal session is taken away as an asciicast that players play (docs/transcript.md)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from claudios.protocol.frame import Stream
from claudios.protocol.messages import Ack
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import SyntheticAgent, event, line, new_agent, take
from tests.helpers.terminals import SIZE, send, terminal

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
async def recorded(owner: Person, agent: SyntheticAgent) -> str:
    """Return a session of two terminals with a chat between them, whose machine was started anew meanwhile."""
    project = f"/projects/{agent.project_id}/sessions"
    session = await owner.ask("POST", project, {"agent_id": agent.agent_id, "mode": "terminal", "title": "a session"})
    session_id = str(session["id"])
    first = "écrit 漢字".encode()
    end = event("ended", exit_code=0, reason="exited")
    async with agent.link() as link, terminal(owner, session_id) as watching:
        await take(link, agent)
        output = agent.output(session_id)
        await send(link, output, event("started", pid=1, **SIZE), (Stream.PTY, first[:1]), (Stream.PTY, first[1:]))
        await send(link, output, event("input", id="1", bytes=2), (Stream.STDIN, b"y\r"), (Stream.PTY, b"bad \xff"))
        await send(link, output, event("resized", columns=50, rows=20), (Stream.PTY, b"\x1b[2J"), end)
        for mode, said in (
            ("chat", [event("started", pid=2), line({"type": "system"}), (Stream.STDIN, b"{}\n")]),
            ("terminal", [event("started", pid=3, **SIZE), (Stream.PTY, b"!")]),
        ):
            await watching.expect("state", lambda told: told["session_state"] == "ended")
            await owner.ask("POST", f"/sessions/{session_id}/resume", {"mode": mode})
            await take(link, agent)
            output.epoch += 1
            await link.say(output.batch(link.boot, *said, end, wall_ms=1_700_000_000_000 + 50_000 * (output.epoch - 1)))
            await link.expect(Ack, lambda ack: ack.seq == output.seq)
    return session_id


async def cast(person: Person, session_id: str, query: str = "") -> list[Any]:
    """Return each line of the recording."""
    answer = await person.http.get(f"/api/v1/sessions/{session_id}/asciicast{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-asciicast"
    assert answer.text.endswith("\n")
    return [orjson.loads(each) for each in answer.content.splitlines()]


class TestAsciicast:
    async def test_every_line_is_what_the_format_says(self, owner: Person, recorded: str) -> None:
        header, *events = await cast(owner, recorded)
        assert header == {"version": 2, "width": 100, "height": 30, "title": "a session", "timestamp": 1_700_000_000}
        assert [(code, text) for _, code, text in events] == [
            ("m", "process 1"),
            ("o", "écrit 漢字"),
            ("o", "bad �"),
            ("r", "50x20"),
            ("o", "\x1b[2J"),
            ("m", "process 3"),
            ("r", "100x30"),
            ("o", "!"),
        ]

    async def test_time_never_goes_back_and_a_later_process_begins_when_it_did(
        self, owner: Person, recorded: str
    ) -> None:
        _, *events = await cast(owner, recorded)
        seconds = [event[0] for event in events]
        assert seconds == sorted(seconds)
        assert seconds[0] == 0
        assert [at for at, code, _ in events if code == "m"] == [0, 100]

    async def test_what_was_typed_is_left_out_unless_it_is_asked_for(self, owner: Person, recorded: str) -> None:
        typed = [text for _, code, text in (await cast(owner, recorded, "?input=1"))[1:] if code == "i"]
        assert typed == ["y\r"]

    async def test_a_chat_gives_an_empty_recording(self, owner: Person, agent: SyntheticAgent) -> None:
        chat = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", {"agent_id": agent.agent_id})
        (header,) = await cast(owner, chat["id"])
        assert (header["version"], header["width"], header["height"]) == (2, 80, 24)
