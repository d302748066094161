"""A daemon that dies, and the one after it: every session is found again and no byte is missing or doubled."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from claudios.agent.sessions import lock
from claudios.agent.sessions.orphans import find_orphans
from claudios.protocol.errors import SessionLost
from claudios.protocol.frame import Stream
from claudios.protocol.messages import Command, EndReason, Input, Mode, SessionState, StartSession
from claudios.shim.processes import marked
from tests.helpers import fake_cli
from tests.helpers.sessions import Host, fake_claude, user_line

pytestmark = pytest.mark.integration

STEPS_AT_ONCE = 4
POLITE = "--initialize --json --echo got:"
StartHost = Callable[..., Awaitable[Host]]


class Daemon:
    """A session daemon in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, directory: Path, options: str = POLITE, *more: str) -> Daemon:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.helpers.session_daemon", str(directory), options, *more),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "CLAUDE_CONFIG_DIR": str(directory.parent / "claude")},
        )
        daemon = cls(process)
        await daemon.until("adopted")
        return daemon

    def send(self, what: str, body: StartSession | Command) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what} {body.model_dump_json()}\n".encode())

    async def until(self, wanted: str) -> bool:
        """Wait for a line; return False when the daemon dies before it."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while line := await self.process.stdout.readline():
                if line.decode().startswith(wanted):
                    return True
        return False

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@pytest.fixture
async def start_host(tmp_path: Path) -> AsyncIterator[StartHost]:
    """Start a host on the same disk; those of a test are all ended with it."""
    hosts: list[Host] = []

    async def start(options: str = POLITE, max_concurrent: int = 5) -> Host:
        host = Host(tmp_path / "sessions", fake_claude(tmp_path, options, os.environ), max_concurrent)
        hosts.append(host)
        await host.manager.adopt()
        return host

    yield start
    for host in hosts:
        await host.manager.close(terminate=True)


def has_printed(host: Host, session_id: str, ending: bytes) -> bool:
    return host.stream(session_id, Stream.STDOUT).endswith(ending)


def is_typed(host: Host, session_id: str, typed: bytes) -> bool:
    return typed in host.stream(session_id, Stream.STDIN)


async def until_exited(watched: int) -> None:
    """Wait for the end of the process of a pidfd."""
    loop, exited = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(watched, exited.set)
    await exited.wait()
    loop.remove_reader(watched)
    os.close(watched)


def body_for(directory: Path, *texts: str) -> StartSession:
    inputs = tuple(map(user_line, texts))
    return StartSession(session_id=str(uuid4()), directory=str(directory), inputs=inputs)


async def test_sessions_that_stream_while_the_daemon_dies_again_and_again_lose_no_byte(
    tmp_path: Path, start_host: StartHost
) -> None:
    total, size = 3_000_000, 100
    options = f"--initialize --wait-lines 1 --emit {total} --line {size} --rate 1500000"
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    bodies = [body_for(tmp_path, "go") for _ in range(3)]
    daemon = await Daemon.start(tmp_path / "sessions", options)
    for body in bodies:
        daemon.send("start", body)
        await daemon.until(f"running {body.session_id}")
    for _ in range(4):
        await daemon.kill()
        daemon = await Daemon.start(tmp_path / "sessions", options)
        for body in dice.sample(bodies, 2):
            daemon.send("write", Command(session_id=body.session_id, input=body.inputs[0]))
            await daemon.until("done write")
    await daemon.kill()
    host = await start_host(options)
    expected = b"".join(fake_cli.line(n, size) for n in range(total // size))
    for body in bodies:
        await host.until(partial(has_printed, host, body.session_id, expected[-size:]))
        reply, _, emitted = host.stream(body.session_id, Stream.STDOUT).partition(b"\n")
        assert b"control_response" in reply
        assert emitted == expected
        assert host.stream(body.session_id, Stream.STDIN).count(b'"go"') == 1
        assert [event["event"] for event in host.events(body.session_id)].count("started") == 1


@pytest.mark.timeout(600)  # some thirty daemons, a few at a time
async def test_a_prompt_for_a_terminal_is_typed_once_whenever_the_daemon_dies(tmp_path: Path) -> None:
    """V-5"""
    steps, have_died = range(0), True
    while have_died:
        steps = range(steps.stop + 1, steps.stop + 1 + STEPS_AT_ONCE)
        have_died = all(await asyncio.gather(*[prompt_whose_daemon_dies(tmp_path, step) for step in steps]))
    assert steps.start > 10


async def prompt_whose_daemon_dies(tmp_path: Path, step: int) -> bool:
    """Give a terminal's prompt to a daemon that dies at that step, and to the next one; say whether it died."""
    options, typed = "--emit 10 --status idle --linger", b"\x1b[200~say hello\x1b[201~\r"
    directory = tmp_path / f"at-{step}"
    directory.mkdir()
    prompt = Input(id=str(uuid4()), line="say hello")
    body = body_for(directory).model_copy(update={"mode": Mode.TERMINAL, "inputs": (prompt,)})
    daemon = await Daemon.start(directory / "sessions", options, str(step))
    daemon.send("start", body)
    await daemon.until(f"running {body.session_id}")
    has_died = not await daemon.until("given")
    await daemon.kill()
    environment = {**os.environ, "CLAUDE_CONFIG_DIR": str(directory / "claude")}
    host = Host(directory / "sessions", fake_claude(directory, options, environment))
    await host.manager.adopt()
    await host.manager.start(body)  # the journal of instructions gives it again
    host.spool(body.session_id)
    await host.until(partial(is_typed, host, body.session_id, typed))
    assert host.stream(body.session_id, Stream.STDIN) == typed, f"step {step}"
    names = [event["event"] for event in host.events(body.session_id)]
    assert [names.count(name) for name in ("started", "activity", "input")] == [1, 1, 1], f"step {step}"
    await host.manager.close(terminate=True)
    return has_died


async def test_a_command_given_before_and_after_the_daemons_death_is_written_once(
    tmp_path: Path, start_host: StartHost
) -> None:
    body, command = body_for(tmp_path), user_line("hello")
    daemon = await Daemon.start(tmp_path / "sessions")
    daemon.send("start", body)
    await daemon.until("running")
    daemon.send("write", Command(session_id=body.session_id, input=command))
    await daemon.until("done write")
    await daemon.kill()
    host = await start_host()
    await host.write(body.session_id, command)
    await host.write(body.session_id, user_line("last"))
    await host.message(body.session_id, lambda message: "last" in str(message.get("text")))
    assert host.stream(body.session_id, Stream.STDIN).count(command.id.encode()) == 1


async def test_what_waits_in_the_queue_waits_on_in_order_after_a_restart(tmp_path: Path, start_host: StartHost) -> None:
    before = await start_host(max_concurrent=0)
    waiting = [await before.start(user_line(f"prompt {n}"), directory=tmp_path) for n in range(3)]
    await before.write(waiting[0], user_line("and more"))
    await before.manager.close(terminate=False)
    after = await start_host()
    for session_id in waiting:
        await after.message(session_id, lambda message: "prompt" in str(message.get("text")))
    await after.message(waiting[0], lambda message: "and more" in str(message.get("text")))
    started = [status.session_id for status in after.changes if status.state is SessionState.STARTING]
    assert started == waiting


async def test_a_shim_that_was_starting_when_its_daemon_died_is_started_anew(
    tmp_path: Path, start_host: StartHost
) -> None:
    before = await start_host(max_concurrent=0)
    session_id = await before.start(user_line("hello"), directory=tmp_path)
    await before.manager.close(terminate=False)
    directory = before.directory / session_id
    launch = {"epoch": 1, "socket": str(directory / "socket"), "claim": str(tmp_path / "claim")}
    (directory / "launch.json").write_text(json.dumps(launch))
    starting_shim = lock.take(directory / "shim.pid")
    assert starting_shim is not None
    after = Host(before.directory, fake_claude(tmp_path, POLITE, os.environ))
    adopting = asyncio.create_task(after.manager.adopt())
    while [status.state for status in after.manager.statuses()] != [SessionState.STARTING]:  # noqa: ASYNC110  it tells nobody
        await asyncio.sleep(0)
    os.close(starting_shim)
    await adopting
    await after.message(session_id, lambda message: "hello" in str(message.get("text")))
    await after.manager.close(terminate=True)


async def test_a_restart_leaves_sessions_running_and_finds_them(tmp_path: Path, start_host: StartHost) -> None:
    before = await start_host()
    session_id = await before.start(directory=tmp_path)
    await before.until_state(session_id, SessionState.RUNNING)
    process = before.events(session_id)[0]["pid"]
    await before.manager.close(terminate=False)
    after = await start_host()
    status = await after.until_state(session_id, SessionState.RUNNING)
    assert status.epoch == 1
    await after.write(session_id, user_line("hello"))
    await after.message(session_id, lambda message: "hello" in str(message.get("text")))
    assert [event["pid"] for event in after.events(session_id) if event["event"] == "started"] == [process]


async def test_a_session_that_ended_while_no_daemon_ran_has_ended_as_it_says(
    tmp_path: Path, start_host: StartHost
) -> None:
    options = "--initialize --wait-lines 1 --exit 3 --at-once"
    before = await start_host(options)
    session_id = await before.start(directory=tmp_path)
    await before.until_state(session_id, SessionState.RUNNING)
    shim = os.pidfd_open(int((before.directory / session_id / "shim.pid").read_text()))
    program = before.events(session_id)[0]["pid"]
    await before.manager.close(terminate=False)
    os.kill(program, signal.SIGUSR1)
    await until_exited(shim)
    after = await start_host(options)
    (status,) = after.manager.statuses()
    assert (status.state, status.reason, status.exit_code) == (
        SessionState.ENDED,
        EndReason.EXITED,
        128 + signal.SIGUSR1,
    )


async def test_after_a_power_loss_the_torn_tail_is_cut_and_the_session_is_lost(
    tmp_path: Path, start_host: StartHost
) -> None:
    body = body_for(tmp_path, "hello")
    daemon = await Daemon.start(tmp_path / "sessions")
    daemon.send("start", body)
    await daemon.until("running")
    await daemon.kill()
    directory = tmp_path / "sessions" / body.session_id
    shim = int((directory / "shim.pid").read_text())
    gone = os.pidfd_open(shim)
    os.kill(shim, signal.SIGKILL)
    await until_exited(gone)
    (segment,) = (directory / "spool").iterdir()
    whole = segment.read_bytes()
    segment.write_bytes(whole + whole[:30])
    host = await start_host()
    (status,) = host.manager.statuses()
    assert (status.state, status.reason) == (SessionState.ENDED, EndReason.LOST)
    assert segment.read_bytes().startswith(whole)
    frames = host.frames(body.session_id)
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    assert json.loads(frames[-1].payload)["reason"] == "lost"
    assert not marked(f"{body.session_id}:1")
    with pytest.raises(SessionLost):
        await host.write(body.session_id, user_line("late"))
    await host.write(body.session_id, body.inputs[0])  # its log says that it was given


async def test_a_directory_that_cannot_be_read_concerns_no_other_session(tmp_path: Path, start_host: StartHost) -> None:
    broken = tmp_path / "sessions" / str(uuid4())
    broken.mkdir(parents=True)
    (broken / "start.json").write_text("{")
    host = await start_host()
    session_id = await host.start(directory=tmp_path)
    await host.until_state(session_id, SessionState.RUNNING)
    assert (broken / "start.json").exists()


async def test_sessions_that_were_told_to_end_do_so_though_their_daemon_is_gone(
    tmp_path: Path, start_host: StartHost
) -> None:
    before = await start_host(max_concurrent=1)
    session_id = await before.start(directory=tmp_path)
    await before.until_state(session_id, SessionState.RUNNING)
    waiting = await before.start(directory=tmp_path)
    shim = os.pidfd_open(int((before.directory / session_id / "shim.pid").read_text()))
    before.manager.end_all()
    await before.manager.close(terminate=False)
    await until_exited(shim)
    after = await start_host()
    assert {status.session_id: (status.state, status.reason) for status in after.manager.statuses()} == dict.fromkeys(
        (session_id, waiting), (SessionState.ENDED, EndReason.TERMINATED)
    )


async def test_a_session_whose_directory_was_deleted_does_not_run_on_unseen(
    tmp_path: Path, start_host: StartHost
) -> None:
    before = await start_host()
    deleted, kept = [await before.start(directory=tmp_path) for _ in range(2)]
    for session_id in (deleted, kept):
        await before.until_state(session_id, SessionState.RUNNING)
    shim = os.pidfd_open(int((before.directory / deleted / "shim.pid").read_text()))
    await before.manager.close(terminate=False)
    shutil.rmtree(before.directory / deleted)
    after = await start_host()
    await until_exited(shim)
    assert not marked(f"{deleted}:1")
    assert [status.session_id for status in after.manager.statuses()] == [kept]
    await after.write(kept, user_line("hello"))
    await after.message(kept, lambda message: "hello" in str(message.get("text")))


async def test_sessions_of_another_agent_are_not_taken_for_orphans(tmp_path: Path, start_host: StartHost) -> None:
    stranger = await start_host()
    session_id = await stranger.start(directory=tmp_path)
    await stranger.until_state(session_id, SessionState.RUNNING)
    shim = int((stranger.directory / session_id / "shim.pid").read_text())
    assert find_orphans(tmp_path / "elsewhere", ()) == {}
    assert find_orphans(stranger.directory, {session_id}) == {}
    assert find_orphans(stranger.directory, ()) == {shim: session_id}
    await stranger.write(session_id, user_line("hello"))
    await stranger.message(session_id, lambda message: "hello" in str(message.get("text")))
