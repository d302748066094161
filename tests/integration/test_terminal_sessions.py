"""The real Claude CLI on a terminal under a shim, on the scripted model."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from claudios.agent.sessions.launcher import ClaudeCommand
from claudios.protocol.frame import Stream
from claudios.protocol.messages import EndReason, Input, Mode, PermissionMode, SessionState
from claudios.protocol.terminal import Keystroke, TerminalSize
from claudios.shim.processes import marked
from tests.helpers.model import ScriptedModel
from tests.helpers.screen import text_of
from tests.helpers.sessions import Host, user_line

pytestmark = pytest.mark.integration

SIZE = TerminalSize(columns=100, rows=30)
ENTER = b"\r"
AGAIN_SECONDS = 2.0


class Desk:
    """Somebody at the terminals of a host."""

    def __init__(self, host: Host, project: Path) -> None:
        self.host = host
        self.project = project

    async def start(self, *prompts: str, **fields: Any) -> str:
        inputs = [Input(id=str(uuid4()), line=prompt) for prompt in prompts]
        wanted = {"mode": Mode.TERMINAL, "size": SIZE, "directory": self.project, **fields}
        return await self.host.start(*inputs, **wanted)

    def type(self, session_id: str, keys: bytes, identity: str | None = None) -> None:
        stroke = Keystroke(id=identity or str(uuid4()), keys=base64.b64encode(keys).decode())
        self.host.manager.type(session_id, stroke)

    async def press(self, session_id: str, key: bytes, holds: Callable[[], bool]) -> None:
        """Press a key as people do: again after a while, where a dialog that has just opened did not notice."""
        while not holds():
            self.type(session_id, key)
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS):
                    await self.host.until(holds)

    def screen(self, session_id: str) -> str:
        return text_of(self.host.stream(session_id, Stream.PTY))

    def activities(self, session_id: str) -> list[tuple[str, str | None]]:
        events = self.host.events(session_id)
        return [(event["state"], event["reason"]) for event in events if event["event"] == "activity"]

    async def shows(self, session_id: str, text: str) -> None:
        await self.host.until(lambda: text in self.screen(session_id))

    async def answers(self, session_id: str, answer: str) -> None:
        """Wait until Claude has said so on the screen."""
        await self.host.until(lambda: f"● {answer}" in self.screen(session_id))

    async def is_at(self, session_id: str, state: str) -> None:
        """Wait until the newest activity is that."""
        await self.host.until(lambda: [state] == [each for each, _ in self.activities(session_id)[-1:]])


@pytest.fixture
async def desk(tmp_path: Path, claude_cli: Path, claude_environment: Mapping[str, str]) -> AsyncIterator[Desk]:
    host = Host(tmp_path / "sessions", ClaudeCommand(claude_cli, claude_environment))
    project = tmp_path / "project"
    project.mkdir()
    await host.manager.adopt()
    sitting = Desk(host, project)
    yield sitting
    await sitting.host.manager.close(terminate=True)


async def test_it_starts_without_a_dialog_and_what_is_typed_is_answered_on_the_screen(desk: Desk) -> None:
    """V-1, V-2, V-7"""
    session_id = await desk.start()
    await desk.is_at(session_id, "idle")
    assert "Claude Code" in desk.screen(session_id)
    desk.type(session_id, b"[[say walnut]]")
    await desk.shows(session_id, "[[say walnut]]")
    desk.type(session_id, ENTER)
    await desk.answers(session_id, "walnut")
    assert desk.host.stream(session_id, Stream.STDOUT) == b""
    started = desk.host.events(session_id)[0]
    assert (started["columns"], started["rows"]) == (100, 30)


async def test_a_prompt_at_the_start_is_typed_at_the_first_idle(desk: Desk) -> None:
    """V-5"""
    session_id = await desk.start("[[say walnut]]\nand a second line")
    await desk.answers(session_id, "walnut")
    assert desk.host.stream(session_id, Stream.STDIN) == b"\x1b[200~[[say walnut]]\nand a second line\x1b[201~\r"


async def test_a_prompt_at_the_start_is_typed_once_when_the_daemon_is_restarted_in_between(
    desk: Desk, claude_cli: Path, claude_environment: Mapping[str, str]
) -> None:
    """V-5"""
    session_id = await desk.start("[[say walnut]]")
    await desk.host.until_state(session_id, SessionState.RUNNING)
    await desk.host.manager.close(terminate=False)
    desk.host = Host(desk.host.directory, ClaudeCommand(claude_cli, claude_environment))
    await desk.host.manager.adopt()
    await desk.answers(session_id, "walnut")
    await desk.is_at(session_id, "idle")
    assert desk.host.stream(session_id, Stream.STDIN) == b"\x1b[200~[[say walnut]]\x1b[201~\r"
    assert desk.screen(session_id).count("● walnut") == 1


async def test_keys_with_the_same_id_are_typed_once(desk: Desk) -> None:
    """V-2, L-17"""
    session_id = await desk.start()
    await desk.is_at(session_id, "idle")
    for _ in range(2):
        desk.type(session_id, b"[[say walnut]]", "u.1")
    desk.type(session_id, ENTER, "u.2")
    await desk.answers(session_id, "walnut")
    assert desk.host.stream(session_id, Stream.STDIN) == b"[[say walnut]]\r"
    given = [(event["id"], event["bytes"]) for event in desk.host.events(session_id) if event["event"] == "input"]
    assert given == [("u.1", 14), ("u.2", 1)]


async def test_a_terminated_one_ends_at_once_and_leaves_nothing_alive(desk: Desk) -> None:
    session_id = await desk.start()
    await desk.is_at(session_id, "idle")
    await desk.host.terminate(session_id)
    status = await desk.host.ended(session_id)
    assert (status.reason, status.exit_code) == (EndReason.TERMINATED, 0)
    assert not marked(f"{session_id}:1")


async def test_terminating_one_whose_tool_runs_leaves_nothing_alive(desk: Desk) -> None:
    os.mkfifo(desk.project / "said")
    session_id = await desk.start("[[bash echo $$ > said; exec tail -f /dev/null]]")
    await desk.is_at(session_id, "waiting")
    reading = asyncio.create_task(asyncio.to_thread((desk.project / "said").read_text))
    await desk.press(session_id, ENTER, lambda: desk.activities(session_id)[-1][0] == "busy")
    tool = int(await reading)
    await desk.host.terminate(session_id)
    assert (await desk.host.ended(session_id)).reason is EndReason.TERMINATED
    assert not Path(f"/proc/{tool}").exists()
    assert not marked(f"{session_id}:1")


async def test_bypassing_permissions_is_not_asked_about_where_it_is_allowed(
    desk: Desk, claude_cli: Path, claude_environment: Mapping[str, str]
) -> None:
    """V-7"""
    await desk.host.manager.close(terminate=True)
    in_sandbox = {**claude_environment, "IS_SANDBOX": "1"}  # without it the CLI refuses that mode to root
    desk.host = Host(desk.host.directory, ClaudeCommand(claude_cli, in_sandbox))
    await desk.host.manager.adopt()
    session_id = await desk.start("[[bash touch made.txt]] [[say done]]", permission_mode=PermissionMode.BYPASS)
    await desk.answers(session_id, "done")
    assert (desk.project / "made.txt").exists()
    assert ("waiting", "permission prompt") not in desk.activities(session_id)


async def test_what_it_is_at_is_told(desk: Desk) -> None:
    """V-4"""
    session_id = await desk.start("[[bash touch made.txt]] [[say done]]")
    await desk.is_at(session_id, "waiting")
    assert desk.activities(session_id)[-1] == ("waiting", "permission prompt")
    await desk.shows(session_id, "Do you want to proceed?")
    await desk.press(session_id, ENTER, lambda: "● done" in desk.screen(session_id))
    await desk.is_at(session_id, "idle")
    assert (desk.project / "made.txt").exists()


async def test_another_size_reaches_the_program_and_stands_in_the_log(desk: Desk) -> None:
    """V-3"""
    session_id = await desk.start()
    await desk.is_at(session_id, "idle")
    for _ in range(2):
        desk.host.manager.type(session_id, Keystroke(id=str(uuid4()), size=TerminalSize(columns=60, rows=20)))
    await desk.host.until(lambda: f"\n{'─' * 60} \n" in desk.screen(session_id))
    resized = [event for event in desk.host.events(session_id) if event["event"] == "resized"]
    assert resized == [{"event": "resized", "columns": 60, "rows": 20}]


async def test_a_conversation_goes_from_chat_to_terminal_and_back(desk: Desk, model: ScriptedModel) -> None:
    host = desk.host
    session_id = await host.start(user_line("[[say one]]"), directory=desk.project)
    await host.message(session_id, lambda message: message.get("result") == "one")
    await host.terminate(session_id)
    await host.ended(session_id)
    await desk.start("[[say two]]", session_id=session_id, epoch=2, resume=session_id, may_begin=True)
    await desk.answers(session_id, "two")
    await desk.is_at(session_id, "idle")
    await host.terminate(session_id)
    await host.ended(session_id)
    await host.start(
        user_line("[[say three]]"), directory=desk.project, session_id=session_id, epoch=3, resume=session_id
    )
    await host.message(session_id, lambda message: message.get("result") == "three")
    turns = [int(str(asked["n"])) for asked in model.requests() if asked.get("session") == session_id]
    assert turns == sorted(set(turns))
    assert len(turns) == 3
    assert [frame.seq for frame in host.frames(session_id)] == list(range(1, len(host.frames(session_id)) + 1))
