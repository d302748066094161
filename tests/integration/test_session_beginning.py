"""Sessions whose log begins with what was said before them: rule I-20."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from claudios.agent.conversations.kept import Kept
from claudios.agent.conversations.recording import record_earlier
from claudios.agent.policy import Policy
from claudios.protocol.frame import Stream
from claudios.protocol.messages import EndReason, Fork, PermissionMode, SessionState, StartSession
from tests.helpers.sessions import Host, fake_claude

pytestmark = pytest.mark.integration

POLITE = "--initialize --json --echo got:"
StartHost = Callable[..., Awaitable[Host]]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    directory = tmp_path / "work"
    directory.mkdir()
    return directory


@pytest.fixture
async def start_host(tmp_path: Path, work: Path) -> AsyncIterator[StartHost]:
    """Start a host on the same disk, whose sessions may work in `work`."""
    hosts: list[Host] = []

    async def start(spool_max_bytes: int = 0, max_concurrent: int = 5) -> Host:
        environment = {**os.environ, "CLAUDE_CONFIG_DIR": str(tmp_path / "claude")}
        claude = fake_claude(tmp_path, POLITE, environment)
        kept = Kept(claude.environment, Policy((work.resolve(),), tuple(PermissionMode), work))
        record = partial(record_earlier, kept, spool_max_bytes)
        host = Host(tmp_path / "sessions", claude, max_concurrent, record_earlier=record)
        hosts.append(host)
        await host.manager.adopt()
        return host

    yield start
    for host in hosts:
        await host.manager.close(terminate=True)


def hold(directory: Path, work: Path, text: str = "said before") -> Fork:
    """Leave a conversation as Claude does; return how a session begins with it."""
    conversation = str(uuid4())
    path = directory / "claude/projects/-work" / f"{conversation}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"type": "user", "message": {"role": "user", "content": text}, "cwd": str(work)}
    path.write_text(json.dumps(line) + "\n")
    return Fork(of=conversation, is_recorded=True)


async def test_what_was_said_stands_before_what_its_process_says(
    start_host: StartHost, tmp_path: Path, work: Path
) -> None:
    host = await start_host()
    fork = hold(tmp_path, work)
    session_id = await host.start(directory=work, resume=fork)
    await host.until_state(session_id, SessionState.RUNNING)
    events = host.events(session_id)
    assert [event["event"] for event in events[:2]] == ["imported", "started"]
    assert (events[0]["conversation"], events[0]["directory"]) == (fork.of, str(work))
    assert b"said before" in host.stream(session_id, Stream.TRANSCRIPT)
    assert [frame.seq for frame in host.frames(session_id)] == list(range(1, len(host.frames(session_id)) + 1))


async def test_what_is_not_there_or_too_much_fails_the_session_with_the_reason(
    start_host: StartHost, tmp_path: Path, work: Path
) -> None:
    host = await start_host(spool_max_bytes=4_000_000)
    for fork, reason in (
        (Fork(of=str(uuid4()), is_recorded=True), "not on the machine"),
        (hold(tmp_path, work, "x" * 1_000_001), "too much to be imported"),
    ):
        session_id = await host.start(directory=work, resume=fork)
        status = await host.ended(session_id)
        assert status.reason is EndReason.FAILED
        assert reason in (status.detail or "")
        assert host.stream(session_id, Stream.TRANSCRIPT) == b""


async def test_a_daemon_that_was_lost_behind_the_import_goes_on_with_the_start(
    start_host: StartHost, tmp_path: Path, work: Path
) -> None:
    waiting = await start_host(max_concurrent=0)
    fork = hold(tmp_path, work)
    session_id = await waiting.start(directory=work, resume=fork)
    start = json.loads((waiting.directory / session_id / "start.json").read_text())
    kept = Kept(
        {"CLAUDE_CONFIG_DIR": str(tmp_path / "claude"), "HOME": str(tmp_path)},
        Policy((work.resolve(),), tuple(PermissionMode), work),
    )
    record_earlier(kept, 0, waiting.spool(session_id).path, StartSession.model_validate(start["body"]))
    await waiting.manager.close(terminate=False)

    host = await start_host()
    await host.until_state(session_id, SessionState.RUNNING)
    events = [event["event"] for event in host.events(session_id)]
    assert events[:2] == ["imported", "started"]
    assert host.stream(session_id, Stream.TRANSCRIPT).count(b"said before") == 1


async def test_a_start_after_one_that_could_not_read_it_puts_it_behind_that(
    start_host: StartHost, tmp_path: Path, work: Path
) -> None:
    host = await start_host()
    fork = hold(tmp_path, work)
    (path,) = tmp_path.glob(f"claude/projects/*/{fork.of}.jsonl")
    path.rename(tmp_path / "away")
    session_id = await host.start(directory=work, resume=fork)
    assert (await host.ended(session_id)).reason is EndReason.FAILED
    (tmp_path / "away").rename(path)
    await host.start(session_id=session_id, epoch=2, first_seq=3, directory=work, resume=fork)
    await host.until_state(session_id, SessionState.RUNNING)
    events = [event["event"] for event in host.events(session_id)]
    assert events[:4] == ["failed", "ended", "imported", "started"]
    assert host.stream(session_id, Stream.TRANSCRIPT).count(b"said before") == 1
    assert [frame.seq for frame in host.frames(session_id)] == list(range(1, len(host.frames(session_id)) + 1))
