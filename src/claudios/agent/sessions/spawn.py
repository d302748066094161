"""Start a shim: detached, with its locks in hand, and known to listen before this returns.

The locks are taken here and inherited, so that there is no moment at which a shim lives and nothing is locked.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from claudios import shim
from claudios.agent.durable import open_private, write_private
from claudios.agent.output.spool import Spool
from claudios.agent.sessions import lock
from claudios.agent.sessions.aftermath import marker
from claudios.agent.sessions.claim import claim_path, take_claim
from claudios.agent.sessions.files import SessionFiles
from claudios.agent.sessions.first_run import answer_ahead
from claudios.agent.sessions.launcher import ClaudeCommand, claude_session, interrupt, polite_end
from claudios.agent.sessions.socket_path import socket_path
from claudios.protocol.errors import Conflict, SpawnFailed
from claudios.protocol.messages import Mode, StartSession
from claudios.protocol.terminal import TerminalSize

READY_SECONDS = 10.0
LEAVING_SECONDS = 5.0
START_SECONDS = 30.0
LAST_WORDS_LENGTH = 300
LADDER_SECONDS = (3.0, 3.0, 2.0)
TERMINAL_LADDER_SECONDS = (0.0, 3.0, 2.0)
DEFAULT_SIZE = TerminalSize(columns=80, rows=24)
PATIENCE_SECONDS = 30.0
_PROGRAM = str(Path(shim.__file__).with_name("__main__.py"))


async def start_shim(
    files: SessionFiles, spool: Spool, claude: ClaudeCommand, body: StartSession, spool_max_bytes: int
) -> None:
    """Start the shim of a session's epoch. Raises ClaudeNotFound, Conflict, SpawnFailed, OSError."""
    argv = claude.argv(body)
    in_terminal = body.mode is Mode.TERMINAL
    claim = claim_path(claude.environment, claude_session(body))
    claimed = await take_claim(claude.environment, claude_session(body))
    held = await lock.take_within(files.lock, LEAVING_SECONDS)
    try:
        if held is None:
            raise Conflict("The session's earlier process has not ended. Terminate it first.")
        socket = socket_path(files.directory)
        socket.unlink(missing_ok=True)
        launch = {
            "argv": argv,
            "by_itself": body.goes_on,
            "claim": str(claim),
            "cwd": body.directory,
            "epoch": body.epoch,
            "first_seq": spool.head_seq + 1,
            "interrupt": interrupt(body),
            "ladder": TERMINAL_LADDER_SECONDS if in_terminal else LADDER_SECONDS,
            "marker": marker(body.session_id, body.epoch),
            "patience_seconds": PATIENCE_SECONDS,
            "polite_end": polite_end(body),
            "socket": str(socket),
            "spool": str(spool.path),
            "spool_max_bytes": spool_max_bytes,
            "start_seconds": START_SECONDS,
            "terminal": (body.size or DEFAULT_SIZE).model_dump() if in_terminal else None,
        }
        if in_terminal:
            await answer_ahead(claude.environment_for(body), body)
        sys.audit("claudios.spawn.locked", body.session_id)
        write_private(files.launch, json.dumps(launch).encode())
        sys.audit("claudios.spawn.written", body.session_id)
        await _spawn_and_wait(files, held, claimed, claude.environment_for(body))
    finally:
        os.close(claimed)
        if held is not None:
            os.close(held)


async def _spawn_and_wait(files: SessionFiles, held: int, claimed: int, environment: Mapping[str, str]) -> None:
    ready, theirs = os.pipe()
    log = open_private(files.log, os.O_WRONLY | os.O_APPEND)
    said_before = os.fstat(log).st_size
    try:
        pid = _spawn(files, environment, (held, theirs, log, claimed))
    except OSError as problem:
        os.close(ready)
        raise SpawnFailed(f"The session's shim could not be started: {problem.strerror}.") from problem
    finally:
        os.close(theirs)
        os.close(log)
    sys.audit("claudios.spawn.spawned")
    _reap_when_dead(pid)
    try:
        async with asyncio.timeout(READY_SECONDS):
            said = await _read_once(ready)
    except TimeoutError as late:
        raise SpawnFailed(f"The session's shim did not start within {READY_SECONDS:g} seconds.") from late
    finally:
        os.close(ready)
    sys.audit("claudios.spawn.ready")
    if not said:
        raise SpawnFailed(f"The session's shim ended at once. {_last_words(files.log, said_before)}")


def _spawn(files: SessionFiles, environment: Mapping[str, str], descriptors: tuple[int, ...]) -> int:
    # `-I -S`: neither the environment nor site-packages reach into the shim, and it starts in 20 ms.
    argv = [sys.executable, "-I", "-S", _PROGRAM, str(files.launch)]
    places = [(os.POSIX_SPAWN_DUP2, descriptor, place) for place, descriptor in enumerate(descriptors)]
    return os.posix_spawn(sys.executable, argv, environment, file_actions=places, setsid=True)


def _last_words(log: Path, start: int) -> str:
    """Return the last line that was written into a shim's log after `start`, or where somebody might have noted why."""
    lines = log.read_bytes()[start:].decode(errors="replace").split("\n") if log.exists() else []
    said = [line.strip() for line in lines if line.strip()]
    if said:
        return f"It said: {said[-1][:LAST_WORDS_LENGTH]} ({log} has the rest.)"
    return (
        "It said nothing: it was killed. Look into the system's log for a lack of memory, and start the session again."
    )


async def _read_once(descriptor: int) -> bytes:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, 1)


def _reap_when_dead(pid: int) -> None:
    """Collect the exit status of a child whenever it comes, so that no zombie stays."""
    loop = asyncio.get_running_loop()
    if sys.platform == "linux":
        watched = os.pidfd_open(pid)

        def reap() -> None:
            loop.remove_reader(watched)
            os.close(watched)
            os.waitpid(pid, 0)

        loop.add_reader(watched, reap)
    else:
        loop.run_in_executor(None, os.waitpid, pid, 0)
