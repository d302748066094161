"""The sessions' half of a daemon as a process of its own, so that a test can kill it, or have it kill itself.

    python -m tests.helpers.session_daemon DIRECTORY FAKE_CLI_OPTIONS [KILL_AT]

Reads StartSession and Command bodies as `start JSON` and `write JSON` lines, and prints a line for each that is done
and for each change. With KILL_AT it dies by SIGKILL at that step after the first line was read, a step being anything
the interpreter audits: a file opened, renamed or locked, a process spawned, a socket connected.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from claudios.agent.sessions.manager import SessionManager
from claudios.agent.sessions.shim_client import Room
from claudios.protocol.messages import Command, SessionStatus, StartSession
from tests.helpers.sessions import fake_claude

STEPS = ("open", "os.", "socket.", "fcntl.", "shutil.")


class Told:
    """Prints what the sessions do."""

    def output(self, session_id: str) -> None:
        pass

    def room(self, session_id: str, room: Room) -> None:
        pass

    def changed(self, status: SessionStatus) -> None:
        print(f"{status.state.value} {status.session_id}", flush=True)

    def untyped(self, session_id: str) -> None:
        pass

    def close_record(self, session_id: str) -> bool:
        return True


async def serve(directory: Path, options: str, kill_at: int | None) -> None:
    claude = fake_claude(directory.parent, options, os.environ)
    manager = SessionManager(directory, claude, 5, Told())
    say_when_given()
    await manager.adopt()
    print("adopted", flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        if kill_at is not None:
            die_at(kill_at)
            kill_at = None
        what, _, body = line.decode().partition(" ")
        if what == "start":
            await manager.start(StartSession.model_validate_json(body))
        else:
            await manager.write(Command.model_validate_json(body))
        print(f"done {what}", flush=True)


def say_when_given() -> None:
    """Print a line when a session has been given all that its start brings."""

    def say(event: str, arguments: tuple[object, ...]) -> None:
        if event == "claudios.session.forgotten":
            print("given", *arguments, flush=True)

    sys.addaudithook(say)


def die_at(step: int) -> None:
    """Kill this process at its `step`-th audited step from now."""
    left = step

    def count(event: str, _: object) -> None:
        nonlocal left
        if event.startswith(STEPS):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None))
