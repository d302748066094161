"""The real Claude CLI under a shim, on the scripted model."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from claudios.agent.sessions.launcher import ClaudeCommand
from claudios.protocol.frame import Stream
from claudios.protocol.messages import EndReason, Fork, Input, SessionState
from claudios.shim.processes import marked
from tests.helpers.model import ScriptedModel
from tests.helpers.sessions import Host, user_line

pytestmark = pytest.mark.integration


@pytest.fixture
async def host(tmp_path: Path, claude_cli: Path, claude_environment: Mapping[str, str]) -> AsyncIterator[Host]:
    running = Host(tmp_path / "sessions", ClaudeCommand(claude_cli, claude_environment))
    await running.manager.adopt()
    yield running
    await running.manager.close(terminate=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


def is_result(message: Mapping[str, Any]) -> bool:
    return bool(message["type"] == "result")


def says(text: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda message: is_result(message) and message.get("result") == text


def asks_permission(message: Mapping[str, Any]) -> bool:
    return bool(message["type"] == "control_request" and message["request"]["subtype"] == "can_use_tool")


def answer(request: Mapping[str, Any], **decision: Any) -> Input:
    response = {"subtype": "success", "request_id": request["request_id"], "response": decision}
    return Input(id=str(uuid4()), line=json.dumps({"type": "control_response", "response": response}))


def control(subtype: str) -> Input:
    identity = str(uuid4())
    fields = {"type": "control_request", "request_id": identity, "request": {"subtype": subtype}}
    return Input(id=identity, line=json.dumps(fields))


def tool_that_says_when_it_runs(project: Path) -> str:
    """Return a command that writes its process id into the named pipe `said`, and then runs for long."""
    os.mkfifo(project / "said")
    return "echo $$ > said; exec tail -f /dev/null"


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def turns_asked(model: ScriptedModel, conversation: str) -> list[int]:
    """Return how many turns each request to the model held that was made in a conversation."""
    return [int(str(asked["n"])) for asked in model.requests() if asked.get("session") == conversation]


async def test_a_prompt_is_answered_and_the_log_tells_the_whole_story(host: Host, project: Path) -> None:
    session_id = await host.start(user_line("[[say Hello there]]"), directory=project)
    result = await host.message(session_id, is_result)
    assert result["result"] == "Hello there"
    await host.until_state(session_id, SessionState.RUNNING)
    await host.terminate(session_id)
    status = await host.ended(session_id)
    assert (status.reason, status.exit_code) == (EndReason.TERMINATED, 0)
    events = [event["event"] for event in host.events(session_id)]
    assert events == ["started", "input", "input", "ended"]
    first_message = host.messages(session_id)[0]
    assert first_message["type"] == "control_response"
    assert b"end_session" in host.stream(session_id, Stream.STDIN)


async def test_prompts_follow_each_other_in_one_conversation(host: Host, project: Path) -> None:
    session_id = await host.start(user_line("[[say one]]"), directory=project)
    await host.message(session_id, is_result)
    await host.write(session_id, user_line("[[say two]]"))
    await host.message(session_id, says("two"))


async def test_the_same_prompt_delivered_twice_is_played_once(host: Host, project: Path) -> None:
    session_id = await host.start(user_line("[[say one]]"), directory=project)
    prompt = user_line("[[say two]]")
    await host.write(session_id, prompt)
    await host.write(session_id, prompt)
    await host.message(session_id, says("two"))
    assert host.stream(session_id, Stream.STDIN).count(prompt.id.encode()) == 1


async def test_an_allowed_tool_runs(host: Host, project: Path) -> None:
    session_id = await host.start(user_line("[[bash touch made.txt]] [[say done]]"), directory=project)
    request = await host.message(session_id, asks_permission)
    await host.write(session_id, answer(request, behavior="allow", updatedInput=request["request"]["input"]))
    await host.message(session_id, is_result)
    assert (project / "made.txt").exists()


async def test_a_denied_tool_does_not_run(host: Host, project: Path) -> None:
    session_id = await host.start(user_line("[[bash touch made.txt]] [[say done]]"), directory=project)
    request = await host.message(session_id, asks_permission)
    await host.write(session_id, answer(request, behavior="deny", message="No."))
    await host.message(session_id, is_result)
    assert not (project / "made.txt").exists()


async def test_an_interrupted_turn_ends_and_the_next_one_runs(host: Host, project: Path) -> None:
    session_id = await host.start(user_line("[[text 100000 rate=500]]"), directory=project)
    await host.message(session_id, lambda message: message["type"] == "stream_event")
    await host.write(session_id, control("interrupt"))
    result = await host.message(session_id, is_result)
    assert result["is_error"]
    await host.write(session_id, user_line("[[say again]]"))
    await host.message(session_id, says("again"))


async def test_terminating_a_running_tool_leaves_nothing_alive(host: Host, project: Path) -> None:
    session_id = await host.start(user_line(f"[[bash {tool_that_says_when_it_runs(project)}]]"), directory=project)
    request = await host.message(session_id, asks_permission)
    await host.write(session_id, answer(request, behavior="allow", updatedInput=request["request"]["input"]))
    tool = int(await asyncio.to_thread((project / "said").read_text))
    await host.terminate(session_id)
    status = await host.ended(session_id)
    assert status.reason is EndReason.TERMINATED
    assert not exists(tool)
    assert not marked(f"{session_id}:1")


async def test_a_running_tool_does_not_outlive_a_killed_claude(host: Host, project: Path) -> None:
    session_id = await host.start(user_line(f"[[bash {tool_that_says_when_it_runs(project)}]]"), directory=project)
    request = await host.message(session_id, asks_permission)
    await host.write(session_id, answer(request, behavior="allow", updatedInput=request["request"]["input"]))
    tool = int(await asyncio.to_thread((project / "said").read_text))
    os.kill(host.events(session_id)[0]["pid"], signal.SIGKILL)
    status = await host.ended(session_id)
    assert (status.reason, status.exit_code) == (EndReason.EXITED, 128 + signal.SIGKILL)
    assert not exists(tool)


async def test_a_session_whose_claude_was_killed_goes_on_where_it_was(
    host: Host, project: Path, model: ScriptedModel
) -> None:
    session_id = await host.start(user_line("[[say remember me]]"), directory=project)
    await host.message(session_id, is_result)
    os.kill(host.events(session_id)[0]["pid"], signal.SIGKILL)
    await host.ended(session_id)
    resumed = user_line("[[say and again]]")
    await host.start(resumed, directory=project, session_id=session_id, epoch=2, resume=session_id)
    await host.message(session_id, says("and again"))
    frames = host.frames(session_id)
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    assert {frame.epoch for frame in frames} == {1, 2}
    turns = turns_asked(model, session_id)
    assert turns[-1] > turns[0], "the resumed conversation holds what was said before"


@pytest.mark.parametrize("is_working", [False, True], ids=["idle", "in a turn"])
async def test_a_fork_knows_what_was_said_and_leaves_the_running_original_alone(
    host: Host, project: Path, model: ScriptedModel, claude_environment: Mapping[str, str], is_working: bool
) -> None:
    """I-17."""
    original = await host.start(user_line("[[say remember me]]"), directory=project)
    await host.message(original, is_result)
    if is_working:
        await host.write(original, user_line("[[bash touch later.txt]] [[say after the tool]]"))
        request = await host.message(original, asks_permission)
    (kept,) = Path(claude_environment["CLAUDE_CONFIG_DIR"]).glob(f"projects/*/{original}.jsonl")
    before = kept.read_bytes()
    fork = await host.start(user_line("[[say in the fork]]"), directory=project, resume=Fork(of=original))
    await host.message(fork, says("in the fork"))
    now = kept.read_bytes()  # the original itself may still be writing of its turn
    assert now.startswith(before)
    assert fork.encode() not in now
    assert turns_asked(model, fork)[0] > turns_asked(model, original)[0], "the fork holds what was said before"

    if is_working:
        await host.write(original, answer(request, behavior="allow", updatedInput=request["request"]["input"]))
        await host.message(original, says("after the tool"))
        assert (project / "later.txt").exists()
    await host.write(original, user_line("[[say in the original]]"))
    await host.message(original, says("in the original"))
    await host.write(fork, user_line("[[say again in the fork]]"))
    await host.message(fork, says("again in the fork"))
    await host.terminate(fork)
    await host.ended(fork)
    await host.start(user_line("[[say later]]"), directory=project, session_id=fork, epoch=2, resume=fork)
    await host.message(fork, says("later"))
    assert "in the fork" not in kept.read_text()


async def test_a_fork_that_was_killed_before_its_first_turn_is_forked_again(
    host: Host, project: Path, model: ScriptedModel
) -> None:
    """I-17."""
    original = await host.start(user_line("[[say remember me]]"), directory=project)
    await host.message(original, is_result)
    fork = await host.start(directory=project, resume=Fork(of=original))
    await host.until_state(fork, SessionState.RUNNING)
    os.kill(host.events(fork)[0]["pid"], signal.SIGKILL)
    await host.ended(fork)
    await host.start(user_line("[[say in the fork]]"), directory=project, session_id=fork, epoch=2,
                     resume=Fork(of=original), may_begin=True)  # fmt: skip
    await host.message(fork, says("in the fork"))
    assert turns_asked(model, fork)[0] > turns_asked(model, original)[0], "the fork holds what was said before"


async def test_a_prompt_sent_again_to_the_resumed_conversation_is_run_once(
    host: Host, project: Path, model: ScriptedModel
) -> None:
    """Rule I-12: the CLI knows a uuid again that stands in its transcript."""
    prompt = user_line("[[say only once]]")
    session_id = await host.start(prompt, directory=project)
    await host.message(session_id, is_result)
    os.kill(host.events(session_id)[0]["pid"], signal.SIGKILL)
    await host.ended(session_id)
    await host.start(prompt, user_line("[[say then this]]"), directory=project, session_id=session_id, epoch=2,
                     resume=session_id)  # fmt: skip
    await host.message(session_id, says("then this"))
    assert len([asked for asked in model.requests() if asked.get("session") == session_id]) == 2
    assert host.stream(session_id, Stream.STDIN).count(prompt.line.encode()) == 2, "it was written to each process"


async def test_a_resume_of_an_unknown_conversation_ends_with_its_reason_in_the_log(host: Host, project: Path) -> None:
    session_id = await host.start(directory=project, resume=str(uuid4()))
    status = await host.ended(session_id)
    assert (status.reason, status.exit_code) == (EndReason.EXITED, 1)
    assert b"No conversation found" in host.stream(session_id, Stream.STDOUT)


async def test_a_claude_that_refuses_its_arguments_fails_with_what_it_said(host: Host, project: Path) -> None:
    session_id = await host.start(user_line("[[say one]]"), directory=project)
    await host.message(session_id, is_result)
    await host.terminate(session_id)
    await host.ended(session_id)
    await host.start(directory=project, session_id=session_id, epoch=2)
    status = await host.ended(session_id)
    assert status.reason is EndReason.FAILED
    assert "already in use" in (status.detail or "")
