"""Sessions of a machine that run on a terminal: their prompts, what is typed, and daemons that come and go."""

from __future__ import annotations

import base64
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from claudios.protocol.errors import Conflict, MessageInvalid, SessionLost
from claudios.protocol.frame import Stream
from claudios.protocol.messages import EndReason, Input, Mode, SessionState
from claudios.protocol.terminal import Keystroke, TerminalSize
from tests.helpers.fake_cli import note_status
from tests.helpers.sessions import Host, fake_claude, user_line

pytestmark = pytest.mark.integration

SCREEN = "--emit 10 --echo got:"
SMALL = TerminalSize(columns=40, rows=10)
StartHost = Callable[..., Awaitable[Host]]


@pytest.fixture
async def start_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StartHost]:
    """Start a host on the same disk; those of a test are all ended with it."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    hosts: list[Host] = []

    async def start(options: str = SCREEN, max_concurrent: int = 5) -> Host:
        host = Host(tmp_path / "sessions", fake_claude(tmp_path, options, os.environ), max_concurrent)
        hosts.append(host)
        await host.manager.adopt()
        return host

    yield start
    for host in hosts:
        await host.manager.close(terminate=True)


async def begin(host: Host, directory: Path, *prompts: str, size: TerminalSize | None = None) -> str:
    inputs = [Input(id=str(uuid4()), line=prompt) for prompt in prompts]
    return await host.start(*inputs, directory=directory, mode=Mode.TERMINAL, size=size)


async def running(host: Host, directory: Path, *prompts: str) -> str:
    session_id = await begin(host, directory, *prompts)
    await host.until_state(session_id, SessionState.RUNNING)
    return session_id


def program_of(host: Host, session_id: str) -> int:
    return int(host.events(session_id)[0]["pid"])


def typed_into(host: Host, session_id: str) -> bytes:
    return host.stream(session_id, Stream.STDIN)


def pasted(text: str) -> bytes:
    return f"\x1b[200~{text}\x1b[201~\r".encode()


def keys(typed: bytes, identity: str | None = None) -> Keystroke:
    return Keystroke(id=identity or str(uuid4()), keys=base64.b64encode(typed).decode())


def activities(host: Host, session_id: str) -> list[tuple[str, str | None]]:
    return [(event["state"], event["reason"]) for event in host.events(session_id) if event["event"] == "activity"]


def sizes(host: Host, session_id: str) -> list[tuple[int, int]]:
    told = [event for event in host.events(session_id) if event["event"] in ("started", "resized")]
    return [(event["columns"], event["rows"]) for event in told]


async def test_prompts_wait_for_the_first_idle_and_are_typed_in_order(start_host: StartHost, tmp_path: Path) -> None:
    """V-4, V-5"""
    host = await start_host()
    session_id = await running(host, tmp_path, "one\ntwo", "three")
    pid = program_of(host, session_id)
    note_status(pid, "waiting", "a dialog")
    await host.until(lambda: activities(host, session_id) == [("waiting", "a dialog")])
    note_status(pid, "busy")
    await host.until(lambda: len(activities(host, session_id)) == 2)
    assert typed_into(host, session_id) == b""
    note_status(pid, "idle")
    await host.until(lambda: typed_into(host, session_id) == pasted("one\ntwo") + pasted("three"))
    note_status(pid, "busy")
    await host.until(lambda: len(activities(host, session_id)) == 4)
    note_status(pid, "idle")
    await host.until(lambda: len(activities(host, session_id)) == 5)
    assert typed_into(host, session_id).count(b"one") == 1, "only the first idle counts"


async def test_what_was_noted_before_the_program_was_started_does_not_count(
    start_host: StartHost, tmp_path: Path
) -> None:
    """V-4, V-5"""
    host = await start_host()
    session_id = await running(host, tmp_path, "hello")
    pid = program_of(host, session_id)
    note_status(pid, "busy")
    await host.until(lambda: activities(host, session_id) == [("busy", None)])
    await host.manager.close(terminate=False)
    note_status(pid, "idle")
    os.utime(tmp_path / f"claude/sessions/{pid}.json", (0, 0))
    second = await start_host()  # and looks at once
    second.manager.type(session_id, keys(b"more\n"))
    await second.until(lambda: b"got:" in second.stream(session_id, Stream.PTY))
    assert typed_into(second, session_id) == b"more\n"
    assert activities(second, session_id) == [("busy", None)]


async def test_a_prompt_is_typed_once_also_by_the_next_daemon(start_host: StartHost, tmp_path: Path) -> None:
    """V-5"""
    first = await start_host()
    session_id = await running(first, tmp_path, "hello")
    pid = program_of(first, session_id)
    note_status(pid, "busy")
    await first.until(lambda: activities(first, session_id) == [("busy", None)])
    await first.manager.close(terminate=False)
    second = await start_host()
    assert typed_into(second, session_id) == b""
    note_status(pid, "idle")
    await second.until(lambda: typed_into(second, session_id) == pasted("hello"))
    await second.manager.close(terminate=False)
    third = await start_host()
    third.manager.type(session_id, keys(b"more\n"))
    await third.until(lambda: b"got:" in third.stream(session_id, Stream.PTY))
    assert typed_into(third, session_id) == pasted("hello") + b"more\n"
    assert activities(third, session_id) == [("busy", None), ("idle", None)], "nothing is told twice"


@pytest.mark.parametrize("is_adopted", [False, True], ids=["while the daemon ran", "without a daemon"])
async def test_a_prompt_that_was_not_typed_before_the_terminal_ended_is_told_of(
    start_host: StartHost, tmp_path: Path, is_adopted: bool
) -> None:
    """V-5: the start was reported as done when it had its place in the queue."""
    host = await start_host()
    typed = await running(host, tmp_path, "hello")
    note_status(program_of(host, typed), "idle")
    await host.until(lambda: typed_into(host, typed) == pasted("hello"))
    untyped, unwanted = [await running(host, tmp_path, "hello") for _ in range(2)]
    if is_adopted:
        await host.manager.close(terminate=False)
    for session_id in (typed, untyped):
        os.kill(program_of(host, session_id), signal.SIGKILL)
    if is_adopted:
        host = await start_host()
    await host.until(lambda: bool(host.untyped_in))
    await host.terminate(unwanted)
    await host.ended(unwanted)
    assert host.untyped_in == [untyped]


async def test_what_is_typed_is_taken_once_also_by_the_next_daemon(start_host: StartHost, tmp_path: Path) -> None:
    """V-2"""
    first = await start_host()
    session_id = await running(first, tmp_path)
    first.manager.type(session_id, keys(b"a", "u.1"))
    await first.until(lambda: typed_into(first, session_id) == b"a")
    await first.manager.close(terminate=False)
    second = await start_host()
    for identity, typed in (("u.1", b"a"), ("u.2", b"b\n")):
        second.manager.type(session_id, keys(typed, identity))
    await second.until(lambda: b"got:" in second.stream(session_id, Stream.PTY))
    assert typed_into(second, session_id) == b"ab\n"


async def test_a_command_for_a_terminal_is_refused_whether_it_waits_or_runs(
    start_host: StartHost, tmp_path: Path
) -> None:
    """V-6"""
    host = await start_host(max_concurrent=1)
    session_id = await running(host, tmp_path)
    waiting = await begin(host, tmp_path)
    for each in (session_id, waiting):
        with pytest.raises(Conflict, match="runs in a terminal"):
            await host.write(each, user_line("hello"))
    await host.terminate(session_id)
    await host.ended(session_id)
    with pytest.raises(SessionLost):
        await host.write(session_id, user_line("hello"))


async def test_a_command_is_refused_also_by_the_next_daemon(start_host: StartHost, tmp_path: Path) -> None:
    """V-6"""
    first = await start_host()
    session_id = await running(first, tmp_path)
    await first.manager.close(terminate=False)
    second = await start_host()
    with pytest.raises(Conflict, match="runs in a terminal"):
        await second.write(session_id, user_line("hello"))
    assert typed_into(second, session_id) == b""


async def test_what_is_typed_into_no_terminal_is_refused(start_host: StartHost, tmp_path: Path) -> None:
    """L-17"""
    host = await start_host("--initialize --echo got:", max_concurrent=1)
    chat = await host.start(directory=tmp_path)
    await host.until_state(chat, SessionState.RUNNING)
    waiting = await begin(host, tmp_path)
    with pytest.raises(Conflict, match="does not run in a terminal"):
        host.manager.type(chat, keys(b"rm -rf\n"))
    for unreachable in (waiting, str(uuid4())):
        with pytest.raises(SessionLost):
            host.manager.type(unreachable, keys(b"a"))
    await host.terminate(chat)
    await host.ended(chat)
    with pytest.raises(SessionLost):
        host.manager.type(chat, keys(b"a"))
    assert b"rm" not in typed_into(host, chat)


async def test_what_is_no_base64_is_refused_whole(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path)
    with pytest.raises(MessageInvalid):
        host.manager.type(session_id, Keystroke(id="u.1", keys="a", size=SMALL))
    host.manager.type(session_id, keys(b"b\n"))
    await host.until(lambda: b"got:" in host.stream(session_id, Stream.PTY))
    assert sizes(host, session_id) == [(80, 24)]


async def test_a_size_that_is_said_while_it_waits_counts_when_it_starts(start_host: StartHost, tmp_path: Path) -> None:
    """V-3"""
    host = await start_host(max_concurrent=1)
    first = await running(host, tmp_path)
    waiting = await begin(host, tmp_path, size=TerminalSize(columns=100, rows=30))
    host.manager.type(waiting, Keystroke(id="u.1", size=SMALL))
    await host.terminate(first)
    await host.until_state(waiting, SessionState.RUNNING)
    await host.until(lambda: sizes(host, waiting) == [(100, 30), (40, 10)])


async def test_the_size_outlives_the_daemon(start_host: StartHost, tmp_path: Path) -> None:
    """V-3"""
    first = await start_host()
    session_id = await running(first, tmp_path)
    first.manager.type(session_id, Keystroke(id="u.1", size=SMALL))
    await first.until(lambda: sizes(first, session_id) == [(80, 24), (40, 10)])
    await first.manager.close(terminate=False)
    second = await start_host()
    second.manager.type(session_id, Keystroke(id="u.2", size=SMALL))
    second.manager.type(session_id, keys(b"b\n"))
    await second.until(lambda: b"got:" in second.stream(session_id, Stream.PTY))
    assert sizes(second, session_id) == [(80, 24), (40, 10)]


async def test_a_session_that_was_a_terminal_is_a_chat_when_it_is_resumed_as_one(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = await start_host("--initialize --echo got: --emit 10")
    session_id = await running(host, tmp_path)
    await host.terminate(session_id)
    await host.ended(session_id)
    await host.start(user_line("hello"), directory=tmp_path, session_id=session_id, epoch=2, resume=session_id)
    await host.write(session_id, user_line("again"))
    await host.until(lambda: b"again" in host.stream(session_id, Stream.STDOUT))
    with pytest.raises(Conflict):
        host.manager.type(session_id, keys(b"a"))


async def test_claudes_files_that_cannot_be_read_refuse_the_start_and_say_which(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = await start_host()
    (tmp_path / "claude").mkdir()
    (tmp_path / "claude" / ".claude.json").write_text("{half")
    session_id = await begin(host, tmp_path)
    status = await host.ended(session_id)
    assert status.reason is EndReason.FAILED
    assert f"{tmp_path / 'claude' / '.claude.json'} is not what Claude writes there" in (status.detail or "")
    assert (tmp_path / "claude" / ".claude.json").read_text() == "{half"
