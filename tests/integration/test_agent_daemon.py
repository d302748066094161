"""The whole daemon as a process, with real shims and a fake CLI, against a scriptable server."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from claudios.protocol.frame import Stream
from claudios.protocol.messages import (
    Command,
    EndReason,
    Input,
    InstructionKind,
    Outcome,
    PermissionMode,
    SessionState,
    StartSession,
    TerminateSession,
)
from tests.helpers.agent_process import ECHO, AgentHome, AgentProcess, agent_home, environment_of
from tests.helpers.fake_cli import line
from tests.helpers.instructions import user_line
from tests.helpers.link_server import LinkServer, running_link_server
from tests.helpers.programs import write_program


@pytest.fixture
async def server() -> AsyncIterator[LinkServer]:
    async with running_link_server() as running:
        yield running


@pytest.fixture
async def home(server: LinkServer, tmp_path: Path) -> AsyncIterator[AgentHome]:
    async with agent_home(tmp_path / "agent", server) as made:
        yield made


async def start_session(server: LinkServer, home: AgentHome, *inputs: Input) -> str:
    """Start a session and wait until it runs."""
    session_id = str(uuid4())
    body = StartSession(session_id=session_id, directory=str(home.work), inputs=inputs)
    started = server.instruct(InstructionKind.START_SESSION, body)
    assert (await server.until_outcome(started)).outcome is Outcome.DONE
    await until_state(server, session_id, SessionState.RUNNING)
    return session_id


async def until_state(server: LinkServer, session_id: str, state: SessionState) -> None:
    await server.until(lambda: session_id in server.statuses and server.statuses[session_id].state is state)


def command(server: LinkServer, session_id: str, given: Input) -> None:
    server.instruct(InstructionKind.COMMAND, Command(session_id=session_id, input=given))


def stdout_of(server: LinkServer, session_id: str) -> bytes:
    frames = server.stored(session_id).frames
    return b"".join(frame.payload for frame in frames if frame.stream is Stream.STDOUT)


def events_of(server: LinkServer, session_id: str) -> list[dict[str, object]]:
    return [json.loads(frame.payload) for frame in server.stored(session_id).frames if frame.stream is Stream.EVENT]


def assert_whole(server: LinkServer, session_id: str) -> None:
    """The stored log is signed, chained, and has every number once."""
    assert server.refused == []
    frames = server.stored(session_id).frames
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))


@pytest.mark.parametrize("transport", ["websocket", "poll", "auto"])
async def test_a_session_is_started_commanded_and_terminated(
    server: LinkServer, home: AgentHome, transport: str
) -> None:
    """I-1, I-6, L-1, L-8, P-1: and the log lines are those that users know."""
    agent = await home.start("--transport", transport)
    session_id = await start_session(server, home)
    given = user_line("hello there")
    command(server, session_id, given)
    await server.until_output(session_id, b"hello there")
    await server.until(lambda: b"got:" in stdout_of(server, session_id))
    server.instruct(InstructionKind.TERMINATE_SESSION, TerminateSession(session_id=session_id))
    await server.until(lambda: events_of(server, session_id)[-1]["event"] == "ended")
    await server.until(lambda: len(server.reports) == 3)
    agent.send(signal.SIGINT)
    assert await agent.ended() == 0
    assert_whole(server, session_id)
    assert server.received == 3
    assert [report.outcome for report in server.reports] == [Outcome.DONE] * 3
    linked = (
        f"[INFO] Polling server at {server.url}"
        if transport == "poll"
        else f"[INFO] Connected to {server.url} (websocket)"
    )
    assert agent.lines == [
        "[INFO] Agent starting...",
        "[INFO] Configuration loaded from flags and environment",
        linked,
        f"[INFO] Received instruction: start_session ({session_id})",
        f"[INFO] Session queued: {session_id}",
        f"[INFO] Session started: {session_id}",
        f"[INFO] Received instruction: command ({session_id})",
        f"[INFO] Received instruction: terminate_session ({session_id})",
        f"[INFO] Session ended: {session_id} (terminated)",
        "[INFO] Stopping. Sessions are asked to end; Ctrl+C again stops at once.",
        "[INFO] Agent stopped.",
    ]


async def test_the_server_is_told_of_the_machine(server: LinkServer, home: AgentHome) -> None:
    await home.start("--max-concurrent-sessions", "3", "--demo", "--allowed-directories", str(home.work))
    await server.until(lambda: server.hellos)
    machine = server.hellos[0].machine
    assert machine.max_concurrent_sessions == 3
    assert machine.demo
    assert machine.directories == (str(home.work),)
    assert machine.default_directory == str(home.directory)
    assert machine.cpus > 0


async def test_json_lines_carry_the_ids(server: LinkServer, home: AgentHome) -> None:
    agent = await home.start("--log-format", "json")
    session_id = await start_session(server, home)
    await agent.until_line("Session started")
    parsed = [json.loads(text) for text in agent.lines]
    started = next(entry for entry in parsed if entry["message"] == f"Session started: {session_id}")
    assert started["level"] == "info"
    assert started["session_id"] == session_id


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_ends_the_sessions_and_delivers_their_last_output(
    server: LinkServer, home: AgentHome, number: signal.Signals
) -> None:
    """O-7"""
    agent = await home.start()
    sessions = [await start_session(server, home) for _ in range(3)]
    agent.send(number)
    assert await agent.ended() == 0
    for session_id in sessions:
        assert events_of(server, session_id)[-1] == {
            "event": "ended",
            "exit_code": 0,
            "signal": None,
            "reason": "terminated",
        }
        assert_whole(server, session_id)


async def test_a_second_ctrl_c_stops_at_once(server: LinkServer, tmp_path: Path) -> None:
    """The CLI here ignores everything but SIGKILL, so that ending it politely takes long."""
    stubborn = "--initialize --impolite --ignore SIGINT,SIGTERM --linger"
    async with agent_home(tmp_path / "agent", server, stubborn) as home:
        agent = await home.start()
        await start_session(server, home)
        agent.send(signal.SIGINT)
        await agent.until_line("Stopping")
        agent.send(signal.SIGINT)
        assert await agent.ended() == 130
        assert "Stopped at once" in agent.output


async def test_what_cannot_be_delivered_stays_for_the_next_start(server: LinkServer, home: AgentHome) -> None:
    """O-7, O-2"""
    agent = await home.start()
    session_id = await start_session(server, home)
    server.misbehaviour.refuse_all = (503, {"Retry-After": "60"})
    await server.cut()
    await agent.until_line("come back later")
    agent.send(signal.SIGTERM)
    assert await agent.ended() == 0
    assert "could not be delivered" in agent.output
    assert events_of(server, session_id)[-1]["event"] != "ended"
    server.misbehaviour.refuse_all = None
    await home.start()
    await server.until(lambda: events_of(server, session_id)[-1]["event"] == "ended")
    assert_whole(server, session_id)


async def test_a_restart_leaves_the_sessions_running(server: LinkServer, home: AgentHome) -> None:
    agent = await home.start()
    session_id = await start_session(server, home)
    child = events_of(server, session_id)[0]["pid"]
    agent.send(signal.SIGHUP)
    await agent.until(lambda output: output.count("Agent starting...") == 2)
    await server.until(lambda: len(server.hellos) == 2)
    assert [status.session_id for status in server.hellos[1].sessions] == [session_id]
    command(server, session_id, user_line("still there?"))
    await server.until(lambda: b"got:" in stdout_of(server, session_id))
    assert [event["event"] for event in events_of(server, session_id)].count("started") == 1
    assert Path(f"/proc/{child}").exists()
    assert_whole(server, session_id)


async def test_a_crash_under_load_loses_no_byte(server: LinkServer, tmp_path: Path) -> None:
    """O-2, O-3: killed five times while five sessions stream."""
    total, size = 400_000, 80
    script = f"--initialize --emit {total} --line {size} --rate 200000"
    async with agent_home(tmp_path / "agent", server, script) as home:
        agent = await home.start()
        sessions = [await start_session(server, home) for _ in range(5)]
        for n in range(5):
            await server.until(lambda at=n: all(server.stored(session).seq > 2 + at * 3 for session in sessions))  # type: ignore[misc]
            await agent.kill()
            agent = await home.start()
        expected = b"".join(line(n, size) for n in range(total // size))
        await server.until(lambda: all(len(stdout_of(server, session)) > total for session in sessions))
        for session_id in sessions:
            lines = stdout_of(server, session_id).splitlines(keepends=True)
            assert b"".join(text for text in lines if b"control_response" not in text) == expected
            assert_whole(server, session_id)


async def test_a_command_is_written_once_whenever_the_agent_crashes(server: LinkServer, home: AgentHome) -> None:
    """I-3, I-8: killed at varying moments after it was sent, and with reports that the server never confirms."""
    server.misbehaviour.lose_reports = True
    agent = await home.start()
    session_id = await start_session(server, home)
    inputs = [user_line(f"prompt {n}") for n in range(6)]
    for n, given in enumerate(inputs):
        command(server, session_id, given)
        for _ in range(n * 3):
            await asyncio.sleep(0.0005)
        await agent.kill()
        agent = await home.start()
    await server.until(lambda: {report.instruction_id for report in server.reports} >= {i.id for i in server.mailbox})
    await server.until(lambda: all(given.id.encode() in stdout_of(server, session_id) for given in inputs))
    echoed = stdout_of(server, session_id)
    assert [echoed.count(given.id.encode()) for given in inputs] == [1] * 6
    assert all(report.outcome is Outcome.DONE for report in server.reports)
    assert_whole(server, session_id)


async def test_a_start_happens_once_whenever_the_agent_crashes(server: LinkServer, home: AgentHome) -> None:
    """I-8"""
    agent = await home.start()
    for n in range(5):
        await server.until(lambda at=n: len(server.hellos) == at + 1)  # type: ignore[misc]
        session_id = str(uuid4())
        body = StartSession(session_id=session_id, directory=str(home.work), inputs=(user_line("first"),))
        started = server.instruct(InstructionKind.START_SESSION, body)
        for _ in range(n * 20):
            await asyncio.sleep(0.001)
        await agent.kill()
        agent = await home.start()
        assert (await server.until_outcome(started)).outcome is Outcome.DONE
        await server.until(lambda of=session_id: b"got:" in stdout_of(server, of))  # type: ignore[misc]
        assert [event["event"] for event in events_of(server, session_id)].count("started") == 1
        assert stdout_of(server, session_id).count(b"first") == 1
        assert_whole(server, session_id)


@pytest.mark.fault("A6")
async def test_a_second_daemon_on_the_same_state_is_refused_and_told_of_the_first(
    server: LinkServer, home: AgentHome
) -> None:
    first = await home.start()
    await server.until(lambda: server.hellos)
    second = await home.start()
    assert await second.ended() == 1
    assert f"process {first.pid}, since 2" in second.output
    home.started.remove(second)


async def test_what_the_machine_forbids_is_refused_and_reported(server: LinkServer, home: AgentHome) -> None:
    """I-9"""
    await home.start("--allowed-directories", str(home.work), "--permission-modes", "default")
    await server.until(lambda: server.hellos)
    session_id = str(uuid4())
    for body in (
        StartSession(session_id=session_id, directory="/etc"),
        StartSession(session_id=session_id, directory=str(home.work), permission_mode=PermissionMode.BYPASS),
    ):
        report = await server.until_outcome(server.instruct(InstructionKind.START_SESSION, body))
        assert (report.outcome, report.code) == (Outcome.REFUSED, "policy_forbids")
    running = await start_session(server, home)
    request = {"subtype": "set_permission_mode", "mode": "bypassPermissions"}
    line = json.dumps({"type": "control_request", "request_id": "r", "request": request})
    sneaked = Command(session_id=running, input=Input(id=str(uuid4()), line=line))
    report = await server.until_outcome(server.instruct(InstructionKind.COMMAND, sneaked))
    assert (report.outcome, report.code) == (Outcome.REFUSED, "policy_forbids")
    assert b"bypassPermissions" not in stdout_of(server, running)


@pytest.mark.fault("X19")
async def test_forged_expired_and_senseless_instructions_are_reported_and_the_queue_goes_on(
    server: LinkServer, home: AgentHome
) -> None:
    """I-2, I-4, I-5"""
    await home.start()
    body = StartSession(session_id=str(uuid4()), directory=str(home.work))
    kind = InstructionKind.START_SESSION
    cases = [
        (server.instruct(kind, body, agent_id="agt_bbbbbbbbbbbbbbbbbbbb"), Outcome.REFUSED, "signature_invalid"),
        (server.instruct(kind, body, expires_ms=1), Outcome.EXPIRED, "expired"),
        (server.instruct(kind, "{}"), Outcome.REFUSED, "message_invalid"),
        (
            server.instruct(InstructionKind.COMMAND, Command(session_id=str(uuid4()), input=user_line("x"))),
            Outcome.SESSION_LOST,
            "session_lost",
        ),
    ]
    for instruction, outcome, code in cases:
        report = await server.until_outcome(instruction)
        assert (report.outcome, report.code) == (outcome, code)
    await start_session(server, home)


async def test_sessions_beyond_the_limit_wait_their_turn(server: LinkServer, home: AgentHome) -> None:
    await home.start("--max-concurrent-sessions", "1")
    first = await start_session(server, home)
    second = str(uuid4())
    body = StartSession(session_id=second, directory=str(home.work))
    await server.until_outcome(server.instruct(InstructionKind.START_SESSION, body))
    await until_state(server, second, SessionState.QUEUED)
    server.instruct(InstructionKind.TERMINATE_SESSION, TerminateSession(session_id=first))
    await until_state(server, second, SessionState.RUNNING)


async def test_without_a_cli_a_start_fails_and_says_what_to_do(server: LinkServer, home: AgentHome) -> None:
    broken = write_program(home.directory / "claude", "#!/nowhere\n")
    await home.start("--claude-path", str(broken))
    session_id = str(uuid4())
    body = StartSession(session_id=session_id, directory=str(home.work))
    await server.until_outcome(server.instruct(InstructionKind.START_SESSION, body))
    await server.until(lambda: any(event.get("reason") == "failed" for event in events_of(server, session_id)))
    assert EndReason.FAILED.value in json.dumps(events_of(server, session_id))


@pytest.mark.fault("X12")
async def test_the_token_is_nowhere_but_in_the_agents_own_environment(server: LinkServer, home: AgentHome) -> None:
    """T-4: not in the log, the arguments, Claude's environment, the state directory, or what is sent."""
    agent = await home.start()
    session_id = await start_session(server, home, user_line("hi"))
    await server.until_output(session_id, b"got:")
    secret = server.token.text.split("_")[2]
    secrets = [secret, server.keys.auth, server.keys.sign.hex(), server.keys.instruct.hex()]
    child = events_of(server, session_id)[0]["pid"]
    assert isinstance(child, int)
    seen = {
        "log": agent.output,
        "arguments": Path(f"/proc/{agent.pid}/cmdline").read_text(),
        "Claude's environment": str(environment_of(child)),
        "hello": server.hellos[0].model_dump_json(),
        "log of the session": repr(bytes(server.stored(session_id).encoded)),
    }
    for file in home.state.rglob("*"):
        if file.is_file():
            seen[str(file)] = file.read_bytes().decode(errors="replace")
    assert len(seen) > 8
    for place, text in seen.items():
        for each in secrets:
            assert each not in text, place
    assert "AGENT_TOKEN" not in environment_of(child)


async def test_the_service_manager_is_told_when_it_is_ready_and_when_it_stops(
    server: LinkServer, home: AgentHome
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(home.directory / "notify"))
        manager.setblocking(False)
        agent = await home.start(NOTIFY_SOCKET=manager.getsockname(), WATCHDOG_USEC="50000")
        loop = asyncio.get_running_loop()
        said = {await loop.sock_recv(manager, 100) for _ in range(4)}
        assert said == {b"READY=1", b"WATCHDOG=1"}
        agent.send(signal.SIGTERM)
        while await loop.sock_recv(manager, 100) != b"STOPPING=1":
            continue
        assert await agent.ended() == 0


async def test_wrong_settings_end_with_code_2_and_all_problems(server: LinkServer, home: AgentHome) -> None:
    agent = await home.start("--transport", "pigeon", "--nonsense", POLL_INTERVAL="soon")
    assert await agent.ended() == 2
    assert [text.startswith("error: ") for text in agent.lines] == [True] * 3
    home.started.clear()


async def test_a_revoked_token_is_explained_and_the_sessions_go_on(server: LinkServer, home: AgentHome) -> None:
    """L-10"""
    agent = await home.start()
    session_id = await start_session(server, home)
    server.misbehaviour.refuse_all = (401, {})
    await server.cut()
    await agent.until_line("Create a new one on the agent's page")
    assert f"Session ended: {session_id}" not in agent.output
    server.misbehaviour.refuse_all = None
    await agent.kill()  # it would try again in a minute; the next one is let in, and ends what runs
    await until_connected(server, await home.start())


async def until_connected(server: LinkServer, agent: AgentProcess) -> None:
    await server.until(lambda: server.hellos)
    await agent.until_line("Connected to")


async def test_a_status_tells_how_the_machine_is(server: LinkServer, home: AgentHome) -> None:
    agent = await home.start()
    await until_connected(server, agent)
    session_id = await start_session(server, home)
    await until_state(server, session_id, SessionState.RUNNING)
    status = server.machine_status
    assert status is not None
    assert status.agent_memory_bytes > 10_000_000
    assert status.disk_free_bytes > 0


@pytest.mark.parametrize("script", [ECHO])
async def test_a_watched_session_answers_while_another_floods(server: LinkServer, tmp_path: Path, script: str) -> None:
    """O-5, O-6"""
    async with agent_home(tmp_path / "agent", server, script) as home:
        await home.start()
        quiet, loud = await start_session(server, home), await start_session(server, home)
        server.watch(quiet)
        command(server, loud, user_line("x" * 2_000_000))
        command(server, quiet, user_line("ping"))
        await server.until_output(quiet, b"ping")
        await server.until(lambda: len(stdout_of(server, loud)) > 2_000_000)
        assert_whole(server, loud)


async def test_a_new_token_goes_on_with_the_sessions_of_the_old_one(server: LinkServer, home: AgentHome) -> None:
    """T-4: the state is kept where it is by default, which depends on the token."""
    del home.environment["STATE_DIRECTORY"]
    agent = await home.start()
    session_id = await start_session(server, home)
    await agent.kill()
    server.rotate()
    server.misbehaviour.refuse_all = (503, {"Retry-After": "0"})
    agent = await home.start(AGENT_TOKEN=server.token.text)
    await agent.until_line("come back later")
    server.misbehaviour.refuse_all = None
    await server.until(lambda: len(server.hellos) == 2)
    assert [status.session_id for status in server.hellos[1].sessions] == [session_id]
    assert server.hellos[1].received == 1
    command(server, session_id, user_line("still there?"))
    await server.until(lambda: b"got:" in stdout_of(server, session_id))
    assert_whole(server, session_id)


async def test_a_token_of_another_agent_begins_with_nothing(server: LinkServer, home: AgentHome) -> None:
    del home.environment["STATE_DIRECTORY"]
    agent = await home.start()
    await start_session(server, home)
    agent.send(signal.SIGTERM)
    assert await agent.ended() == 0
    async with running_link_server() as other:
        agent = await home.start(AGENT_TOKEN=other.token.text, SERVER_URL=other.url)
        await other.until(lambda: other.hellos)
        assert other.hellos[0].received == 0
        agent.send(signal.SIGTERM)
        await agent.ended()


class TestCheckpoints:
    async def test_a_session_is_closed_by_a_final_checkpoint_before_it_is_forgotten(
        self, server: LinkServer, home: AgentHome
    ) -> None:
        """C-4"""
        await home.start()
        session_id = await start_session(server, home)
        server.instruct(InstructionKind.TERMINATE_SESSION, TerminateSession(session_id=session_id))
        await server.until(lambda: any(made.final for made in server.checkpoints))
        final, stored = server.checkpoints[-1], server.stored(session_id)
        assert (final.seq, final.head) == (stored.seq, stored.head.hex())
        assert [made.n for made in server.checkpoints] == list(range(1, len(server.checkpoints) + 1))
        assert {made.key for made in server.checkpoints} == {server.hellos[-1].checkpoint_key}
        await server.until(lambda: server.machine_status and not server.machine_status.sessions)
        assert not (home.state / "sessions" / session_id).exists()

    async def test_what_the_server_did_not_confirm_comes_again_after_a_crash(
        self, server: LinkServer, home: AgentHome
    ) -> None:
        """C-5"""
        server.misbehaviour.lose_checkpoints = True
        agent = await home.start()
        await start_session(server, home)
        await server.until(lambda: server.checkpoints)
        await agent.kill()
        server.misbehaviour.lose_checkpoints = False
        await home.start()
        await server.until(lambda: server.confirmed)
        assert server.confirmed == server.checkpoints[:1]
        assert (home.state / "checkpoint.key").stat().st_mode & 0o777 == 0o600
