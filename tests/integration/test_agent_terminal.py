"""The whole daemon with sessions on terminals, against a scriptable server: what is typed, and what only seems so."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from claudios.protocol.frame import Stream
from claudios.protocol.ids import AGENT_TOKEN, agent_keys, new_token
from claudios.protocol.messages import (
    Command,
    InstructionKind,
    Mode,
    Outcome,
    SessionState,
    StartSession,
)
from claudios.protocol.terminal import Keystroke, TerminalSize
from tests.helpers.agent_process import AgentHome, agent_home
from tests.helpers.instructions import user_line
from tests.helpers.link_server import LinkServer, running_link_server

pytestmark = pytest.mark.integration

SCREEN = "--emit 10 --echo got:"


@pytest.fixture
async def server() -> AsyncIterator[LinkServer]:
    async with running_link_server() as running:
        yield running


@pytest.fixture
async def home(server: LinkServer, tmp_path: Path) -> AsyncIterator[AgentHome]:
    async with agent_home(tmp_path / "agent", server, SCREEN) as made:
        yield made


def keys(typed: bytes, identity: str | None = None) -> Keystroke:
    return Keystroke(id=identity or str(uuid4()), keys=base64.b64encode(typed).decode())


def stream(server: LinkServer, session_id: str, stream: Stream) -> bytes:
    return b"".join(frame.payload for frame in server.stored(session_id).frames if frame.stream is stream)


def sizes(server: LinkServer, session_id: str) -> list[tuple[int, int]]:
    frames = [frame for frame in server.stored(session_id).frames if frame.stream is Stream.EVENT]
    events = [json.loads(frame.payload) for frame in frames]
    return [(event["columns"], event["rows"]) for event in events if event["event"] in ("started", "resized")]


async def start(server: LinkServer, home: AgentHome) -> str:
    """Start a terminal session and wait until it runs."""
    session_id = str(uuid4())
    body = StartSession(
        session_id=session_id,
        mode=Mode.TERMINAL,
        size=TerminalSize(columns=90, rows=20),
        directory=str(home.work),
    )
    started = server.instruct(InstructionKind.START_SESSION, body)
    assert (await server.until_outcome(started)).outcome is Outcome.DONE
    states = server.statuses
    await server.until(lambda: session_id in states and states[session_id].state is SessionState.RUNNING)
    return session_id


@pytest.mark.parametrize("transport", ["websocket", "poll"])
async def test_what_is_typed_reaches_the_program_and_its_screen_the_server(
    server: LinkServer, home: AgentHome, transport: str
) -> None:
    """L-17, S-7, V-1 to V-3"""
    agent = await home.start("--transport", transport)
    session_id = await start(server, home)
    server.type(session_id, keys(b"hel"))
    server.type(session_id, Keystroke(id="u.2", size=TerminalSize(columns=60, rows=15)))
    server.type(session_id, keys(b"lo\n"))
    await server.until(lambda: b"got:hello" in stream(server, session_id, Stream.PTY))
    assert stream(server, session_id, Stream.STDIN) == b"hello\n"
    assert sizes(server, session_id) == [(90, 20), (60, 15)]
    assert server.hellos[-1].machine.modes == (Mode.CHAT, Mode.TERMINAL)
    assert "hello" not in agent.output


async def test_what_is_not_signed_or_was_heard_before_is_not_typed(server: LinkServer, home: AgentHome) -> None:
    """S-6, S-7, L-17: each is dropped with a line in the log, and the link stays."""
    agent = await home.start()
    session_id = await start(server, home)
    assert server.registration is not None
    typed = server.type(session_id, keys(b"a"))
    server.say(typed)
    server.type(session_id, keys(b"WRONG"), n=1)
    server.type(session_id, keys(b"WRONG"), n=2, key=agent_keys(new_token(AGENT_TOKEN)).instruct)
    server.type(session_id, keys(b"WRONG"), n=3, boot=server.registration.boot + 1)
    server.say(typed.model_copy(update={"n": 4}), typed.model_copy(update={"n": 5, "signature": "0" * 64}))
    server.type(session_id, keys(b"b\n"), n=6)
    await server.until(lambda: b"got:ab" in stream(server, session_id, Stream.PTY))
    assert stream(server, session_id, Stream.STDIN) == b"ab\n"
    dropped = f"Dropped what was typed into session {session_id}"
    await agent.until(lambda output: output.count(dropped) == 6)
    assert (len(server.hellos), server.refused) == (1, [])


async def test_what_was_signed_for_an_earlier_link_is_not_typed(server: LinkServer, home: AgentHome) -> None:
    """S-7, L-17"""
    agent = await home.start()
    session_id = await start(server, home)
    stale = server.type(session_id, keys(b"a"))
    await server.until(lambda: stream(server, session_id, Stream.STDIN) == b"a")
    await server.cut()
    await server.until(lambda: server.registration is not None and len(server.hellos) == 2)
    server.say(stale.model_copy(update={"n": 7}), stale)
    server.type(session_id, keys(b"b\n"))
    await server.until(lambda: b"got:ab" in stream(server, session_id, Stream.PTY))
    assert stream(server, session_id, Stream.STDIN) == b"ab\n"
    await agent.until(lambda output: output.count("Dropped what was typed") == 2)


async def test_a_machine_that_allows_no_terminals_refuses_the_start_and_says_so(
    server: LinkServer, home: AgentHome
) -> None:
    """I-9"""
    await home.start("--modes", "chat")
    body = StartSession(session_id=str(uuid4()), mode=Mode.TERMINAL, directory=str(home.work))
    await server.until(lambda: server.registration)
    report = await server.until_outcome(server.instruct(InstructionKind.START_SESSION, body))
    assert (report.outcome, report.code) == (Outcome.REFUSED, "policy_forbids")
    assert "`modes`" in (report.message or "")
    assert server.hellos[-1].machine.modes == (Mode.CHAT,)


async def test_a_command_for_a_terminal_is_refused_and_reported(server: LinkServer, home: AgentHome) -> None:
    """V-6"""
    await home.start()
    session_id = await start(server, home)
    given = Command(session_id=session_id, input=user_line("hello"))
    report = await server.until_outcome(server.instruct(InstructionKind.COMMAND, given))
    assert (report.outcome, report.code) == (Outcome.REFUSED, "conflict")
    assert stream(server, session_id, Stream.STDIN) == b""
