"""Sessions of a machine: started, queued, spoken to, ended, resumed and forgotten."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from claudios.agent.output.spool import Spool
from claudios.agent.sessions.launcher import ClaudeCommand
from claudios.protocol.errors import ClaudeNotFound, Conflict, InputInvalid, NotFound, SessionLost, TooMany
from claudios.protocol.frame import Stream
from claudios.protocol.messages import EndReason, NewWorktree, SessionState, StartSession
from claudios.protocol.signing import advance
from claudios.shim.processes import marked
from tests.helpers import fake_cli
from tests.helpers.sessions import PATIENCE_SECONDS, Host, fake_claude, frames_of, user_line

pytestmark = pytest.mark.integration

POLITE = "--initialize --json --echo got:"
StartHost = Callable[..., Awaitable[Host]]


@pytest.fixture
async def start_host(tmp_path: Path) -> AsyncIterator[StartHost]:
    """Start a host on the same disk; those of a test are all ended with it."""
    hosts: list[Host] = []

    async def start(options: str = POLITE, max_concurrent: int = 5, name: str = "sessions", **settings: Any) -> Host:
        claude = fake_claude(tmp_path, options, os.environ)
        host = Host(tmp_path / name, claude, max_concurrent, **settings)
        hosts.append(host)
        await host.manager.adopt()
        return host

    yield start
    for host in hosts:
        await host.manager.close(terminate=True)


async def running(host: Host, directory: Path, **fields: object) -> str:
    session_id = await host.start(directory=directory, **fields)
    await host.until_state(session_id, SessionState.RUNNING)
    return session_id


@asynccontextmanager
async def written_to(pipe: Path) -> AsyncIterator[asyncio.Event]:
    """Yield what is set once a program has written to this named pipe, which has to come in PATIENCE_SECONDS."""
    loop, written = asyncio.get_running_loop(), asyncio.Event()
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    loop.add_reader(reader, written.set)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield written
    finally:
        loop.remove_reader(reader)
        os.close(reader)


def shim_of(host: Host, session_id: str) -> int:
    return int((host.directory / session_id / "shim.pid").read_text())


async def test_a_session_goes_from_queued_over_starting_to_running(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path)
    assert [status.state for status in host.changes] == [
        SessionState.QUEUED,
        SessionState.STARTING,
        SessionState.RUNNING,
    ]
    assert [status.session_id for status in host.manager.statuses()] == [session_id]


async def test_the_handshake_is_the_first_input_and_the_prompts_follow_in_order(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = await start_host()
    session_id = await host.start(user_line("one"), user_line("two"), directory=tmp_path)
    await host.message(session_id, lambda message: "two" in str(message))
    lines = host.stream(session_id, Stream.STDIN).splitlines()
    assert [b"initialize" in lines[0], b"one" in lines[1], b"two" in lines[2]] == [True] * 3


async def test_a_start_that_comes_twice_starts_once(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path)
    await host.start(directory=tmp_path, session_id=session_id)
    await host.write(session_id, user_line("hello"))
    await host.message(session_id, lambda message: "hello" in str(message))
    assert [event["event"] for event in host.events(session_id)].count("started") == 1


async def test_a_start_that_comes_again_after_the_end_starts_nothing(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path)
    await host.terminate(session_id)
    await host.ended(session_id)
    await host.start(directory=tmp_path, session_id=session_id)
    assert [status.state for status in host.manager.statuses()] == [SessionState.ENDED]


async def test_sessions_beyond_the_limit_wait_and_start_in_order(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host(max_concurrent=1)
    first = await running(host, tmp_path)
    second, third = await host.start(directory=tmp_path), await host.start(directory=tmp_path)
    assert [status.state for status in host.manager.statuses()[1:]] == [SessionState.QUEUED] * 2
    await host.terminate(first)
    await host.until_state(second, SessionState.RUNNING)
    waiting = host.status(third)
    assert waiting is not None
    assert waiting.state is SessionState.QUEUED
    await host.terminate(second)
    await host.until_state(third, SessionState.RUNNING)


async def test_a_command_for_a_waiting_session_follows_its_first_prompt(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host(max_concurrent=1)
    first = await running(host, tmp_path)
    second = await host.start(user_line("one"), directory=tmp_path)
    command = user_line("two")
    for _ in range(2):
        await host.write(second, command)
    await host.terminate(first)
    await host.message(second, lambda message: "two" in str(message))
    lines = host.stream(second, Stream.STDIN).splitlines()
    assert len(lines) == 3
    assert b"two" in lines[2]


async def test_a_waiting_session_that_is_terminated_ends_and_its_log_says_so(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = await start_host(max_concurrent=1)
    await running(host, tmp_path)
    second = await host.start(directory=tmp_path)
    await host.terminate(second)
    assert (await host.ended(second)).reason is EndReason.TERMINATED
    assert [event["reason"] for event in host.events(second)] == ["terminated"]


async def test_a_session_that_is_terminated_while_it_starts_ends(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    session_id = await host.start(directory=tmp_path)
    await host.until_state(session_id, SessionState.STARTING)
    await host.terminate(session_id)
    status = await host.ended(session_id)
    assert status.reason is EndReason.TERMINATED


async def test_a_program_that_cannot_run_fails_in_status_and_log(tmp_path: Path) -> None:
    host = Host(tmp_path / "sessions", ClaudeCommand(tmp_path / "absent", {"HOME": str(tmp_path)}))
    await host.manager.adopt()
    session_id = await host.start(directory=tmp_path)
    status = await host.ended(session_id)
    assert status.reason is EndReason.FAILED
    assert "No such file" in (status.detail or "")
    assert [event["event"] for event in host.events(session_id)] == ["failed", "ended"]
    await host.manager.close(terminate=True)


async def test_a_fault_of_the_agent_at_one_start_is_that_sessions_end_and_no_others(
    start_host: StartHost, tmp_path: Path
) -> None:
    broken = str(uuid4())

    def fail(name: str, arguments: tuple[object, ...]) -> None:
        if name == "claudios.spawn.locked" and arguments == (broken,):
            raise LookupError("a fault of ours")

    sys.addaudithook(fail)
    host = await start_host(max_concurrent=1)
    await host.start(directory=tmp_path, session_id=broken)
    after = await host.start(directory=tmp_path)
    end = await host.ended(broken)
    assert (end.reason, end.detail) == (
        EndReason.FAILED,
        "The agent failed at this session: LookupError. Its log says where.",
    )
    await host.until_state(after, SessionState.RUNNING)


async def test_what_cannot_be_started_is_refused_at_once(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    with pytest.raises(InputInvalid):
        await host.start(directory=tmp_path / "absent")
    nobody = Host(tmp_path / "other", ClaudeCommand(None, {}))
    with pytest.raises(ClaudeNotFound):
        await nobody.start(directory=tmp_path)
    assert host.manager.statuses() == []


async def test_a_start_that_is_refused_leaves_no_worktree_behind(tmp_path: Path) -> None:
    """Nobody could remove it: its session has never begun."""
    made: list[str] = []

    def make(session_id: str, of: Path) -> str:
        made.append(session_id)
        return str(of)

    host = Host(tmp_path / "sessions", ClaudeCommand(None, {}), make_worktree=make)
    body = StartSession(session_id=str(uuid4()), directory=NewWorktree(of=str(tmp_path)))
    with pytest.raises(ClaudeNotFound):
        await host.manager.start(body)
    assert made == []


async def test_a_first_start_that_came_to_nothing_gives_up_its_worktree_and_no_other(
    start_host: StartHost, tmp_path: Path
) -> None:
    discarded: list[str] = []
    nobody = Host(tmp_path / "other", ClaudeCommand(None, {}), discard_worktree=discarded.append)
    apart = NewWorktree(of=str(tmp_path))
    first = StartSession(session_id=str(uuid4()), directory=apart)
    for body in (first.model_copy(update={"epoch": 2}), first.model_copy(update={"directory": str(tmp_path)}), first):
        assert discarded == []
        await nobody.manager.give_up(body)
    assert discarded == [first.session_id]


async def test_a_running_session_is_not_resumed(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path)
    with pytest.raises(Conflict):
        await host.start(directory=tmp_path, session_id=session_id, epoch=2, resume=session_id)


async def test_a_claude_session_that_another_agent_runs_is_not_resumed(start_host: StartHost, tmp_path: Path) -> None:
    here, elsewhere = await start_host(), await start_host(name="elsewhere")
    conversation = await running(here, tmp_path)
    second = await elsewhere.start(directory=tmp_path, resume=conversation)
    status = await elsewhere.ended(second)
    assert status.reason is EndReason.FAILED
    assert "runs already" in (status.detail or "")
    await here.terminate(conversation)
    await here.ended(conversation)
    await running(elsewhere, tmp_path, resume=conversation)


async def test_a_resumed_session_goes_on_numbering_in_the_next_epoch(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path)
    await host.terminate(session_id)
    await host.ended(session_id)
    last = host.frames(session_id)[-1].seq
    await host.start(directory=tmp_path, session_id=session_id, epoch=2, first_seq=last + 1, resume=session_id)
    await host.until_state(session_id, SessionState.RUNNING)
    frames = host.frames(session_id)
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    assert {frame.epoch for frame in frames[last:]} == {2}


async def test_a_session_resumed_on_a_bare_machine_numbers_on_from_the_servers_log(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path, epoch=3, first_seq=1001, head="ab" * 32, session_id=str(uuid4()))
    spool = host.manager.spool(session_id)
    assert (spool.acked_seq, spool.acked_head) == (1000, b"\xab" * 32)
    piece = spool.read(1000)
    assert piece is not None
    assert (piece.first_seq, piece.epoch) == (1001, 3)


async def test_a_command_for_an_ended_or_unknown_session_is_lost(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path)
    await host.terminate(session_id)
    await host.ended(session_id)
    with pytest.raises(SessionLost):
        await host.write(session_id, user_line("late"))
    with pytest.raises(SessionLost):
        await host.write(str(uuid4()), user_line("nowhere"))


async def test_a_killed_shim_is_noticed_and_nothing_of_its_session_lives_on(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = await start_host(f"{POLITE} --children 2 --ignore SIGINT,SIGTERM")
    doomed, other = await running(host, tmp_path), await running(host, tmp_path)
    os.kill(shim_of(host, doomed), signal.SIGKILL)
    status = await host.ended(doomed)
    assert status.reason is EndReason.LOST
    assert host.events(doomed)[-1]["reason"] == "lost"
    assert not marked(f"{doomed}:1")
    with pytest.raises(SessionLost):
        await host.write(doomed, user_line("late"))
    await host.write(other, user_line("hello"))
    await host.message(other, lambda message: "hello" in str(message))


async def test_a_lost_session_is_resumed(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path)
    os.kill(shim_of(host, session_id), signal.SIGKILL)
    await host.ended(session_id)
    await host.start(user_line("again"), directory=tmp_path, session_id=session_id, epoch=2, resume=session_id)
    await host.message(session_id, lambda message: "again" in str(message))
    frames = host.frames(session_id)
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))


async def test_an_ended_session_is_forgotten_once_the_server_has_its_whole_log(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = await start_host()
    session_id = await running(host, tmp_path)
    spool = host.manager.spool(session_id)
    spool.acknowledge(spool.head_seq, bytes(32))
    assert host.manager.statuses(), "it still runs"
    await host.terminate(session_id)
    await host.ended(session_id)
    spool.acknowledge(spool.head_seq - 1, bytes(32))
    assert host.manager.statuses(), "its last frame is not acknowledged"
    spool.acknowledge(spool.head_seq, bytes(32))
    assert host.manager.statuses() == []
    assert not (host.directory / session_id).exists()
    with pytest.raises(NotFound):
        host.manager.spool(session_id)


async def test_closing_for_good_ends_what_runs_and_what_waits(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host(max_concurrent=1)
    first = await running(host, tmp_path)
    second = await host.start(directory=tmp_path)
    await host.manager.close(terminate=True)
    assert [(status.state, status.reason) for status in (host.status(first), host.status(second)) if status] == [
        (SessionState.ENDED, EndReason.TERMINATED)
    ] * 2
    assert not marked(f"{first}:1")


async def test_closing_waits_no_longer_than_its_time_for_a_session_that_cannot_end(
    start_host: StartHost, tmp_path: Path
) -> None:
    """Where the spool's disk is full its shim cannot write the end: the daemon waited for it without limit."""
    stubborn = "--initialize --impolite --ignore SIGINT,SIGTERM --linger"
    host = await start_host(stubborn, end_seconds=0.01)
    session_id = await running(host, tmp_path)
    await host.manager.close(terminate=True)
    told = host.status(session_id)
    assert told is not None
    assert told.state is SessionState.RUNNING
    again = await start_host(stubborn)
    assert (await again.ended(session_id)).reason is EndReason.TERMINATED


def acknowledge_all(spool: Spool) -> None:
    """Play the server that has everything now."""
    head, seq = spool.acked_head, spool.acked_seq
    while (piece := spool.read(seq)) is not None:
        start = 0
        for end in piece.ends:
            head = advance(head, piece.frames[start:end])
            start = end
        seq = piece.last_seq
        spool.acknowledge(seq, head)


class TestWithoutRoom:
    """Output that nobody takes away: a flood of 3 MB against a quota of 2 MB."""

    FLOOD = "--initialize --json --echo got: --wait-lines 1 --emit 3000000 --line 1000"
    QUOTA = 2_000_000

    async def test_input_is_held_and_goes_on_in_order_once_output_is_delivered(
        self, start_host: StartHost, tmp_path: Path
    ) -> None:
        host = await start_host(self.FLOOD, spool_max_bytes=self.QUOTA)
        session_id = await running(host, tmp_path)
        await host.write(session_id, user_line("flood"))
        await host.until(lambda: "dropping" in host.rooms)
        assert host.rooms[-3:] == ["low", "held", "dropping"]
        held = [asyncio.create_task(host.write(session_id, user_line(text))) for text in ("first", "second")]
        await host.until(lambda: b'"subtype":"interrupt"' in host.stream(session_id, Stream.STDIN))
        spool = host.spool(session_id)
        acknowledge_all(spool)
        since = spool.acked_seq
        await asyncio.gather(*held)

        def inputs() -> bytes:
            return b"".join(frame.payload for frame in frames_of(spool, since) if frame.stream is Stream.STDIN)

        await host.until(lambda: b"second" in inputs())
        assert 0 < inputs().index(b"first") < inputs().index(b"second")
        assert any(b'"event":"gap"' in frame.payload for frame in frames_of(spool, since))

    async def test_what_is_dropped_is_told_by_one_gap_that_makes_the_stream_whole(
        self, start_host: StartHost, tmp_path: Path
    ) -> None:
        """F-6"""
        pipe = tmp_path / "emitted"
        os.mkfifo(pipe)
        host = await start_host(f"{self.FLOOD} --when-emitted {pipe}", spool_max_bytes=self.QUOTA)
        session_id = await running(host, tmp_path)
        async with written_to(pipe) as emitted:
            await host.write(session_id, user_line("flood"))
            await host.until(lambda: "dropping" in host.rooms)
            await emitted.wait()
        await host.terminate(session_id)
        await host.ended(session_id)
        frames = host.frames(session_id)
        assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
        events = host.events(session_id)
        (gap,) = [event for event in events if event["event"] == "gap"]
        assert events[-1]["event"] == "ended"
        place = next(n for n, frame in enumerate(frames) if b'"event":"gap"' in frame.payload)
        before = b"".join(frame.payload for frame in frames[:place] if frame.stream is Stream.STDOUT)
        flood = [line for line in before.split(b"\n")[:-1] if line.startswith(b'{"type":"fake"')]
        assert flood == [fake_cli.line(n, 1000, as_json=True)[:-1] for n in range(len(flood))], "what stands is whole"
        total, lost = 3_000_000, gap["dropped"]["stdout"]["bytes"]
        answers = len(before) + lost - total  # what the CLI said besides: to the handshake, the interrupt, the end
        assert 0 < answers < 2000
        size = sum(path.stat().st_size for path in (host.directory / session_id / "spool").iterdir())
        assert size < self.QUOTA + 100_000

    async def test_a_session_whose_spool_is_half_full_is_not_resumed(
        self, start_host: StartHost, tmp_path: Path
    ) -> None:
        host = await start_host(self.FLOOD, spool_max_bytes=self.QUOTA)
        session_id = await running(host, tmp_path)
        await host.write(session_id, user_line("flood"))
        await host.until(lambda: "dropping" in host.rooms)
        await host.terminate(session_id)
        await host.ended(session_id)
        with pytest.raises(TooMany, match="not delivered"):
            await host.start(directory=tmp_path, session_id=session_id, epoch=2)
