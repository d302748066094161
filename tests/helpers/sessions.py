"""Sessions of a test: a manager on a directory of its own, and a way to wait for what its sessions say and do."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from claudios.agent.output.spool import Spool
from claudios.agent.sessions.launcher import ClaudeCommand
from claudios.agent.sessions.manager import SessionManager
from claudios.agent.sessions.shim_client import Room
from claudios.protocol.frame import Frame, Stream, decode
from claudios.protocol.messages import Command, Input, SessionState, SessionStatus, StartSession, TerminateSession
from tests.helpers import fake_cli
from tests.helpers.programs import write_program

PATIENCE_SECONDS = 60.0


def fake_claude(directory: Path, options: str, environment: Mapping[str, str]) -> ClaudeCommand:
    """Return the fake CLI in Claude's place, with `options` as FAKE_CLI."""
    script = f'#!/bin/sh\nexec {sys.executable} -S -E {fake_cli.__file__} "$@"\n'
    program = write_program(directory / "fake-claude", script)
    return ClaudeCommand(program, {**environment, "FAKE_CLI": options, "XDG_STATE_HOME": str(directory / "state")})


def user_line(text: str, uuid: str | None = None) -> Input:
    """Return a prompt as the server composes it."""
    identity = uuid or str(uuid4())
    message = {"role": "user", "content": text}
    fields = {"type": "user", "message": message, "parent_tool_use_id": None, "session_id": "", "uuid": identity}
    return Input(id=identity, line=json.dumps(fields))


class Host:
    """A manager and everything that its sessions have told."""

    def __init__(self, directory: Path, claude: ClaudeCommand, max_concurrent: int = 5, **settings: Any) -> None:
        self.changes: list[SessionStatus] = []
        self.rooms: list[str] = []
        self.untyped_in: list[str] = []
        self.directory = directory
        self.manager = SessionManager(directory, claude, max_concurrent, self, **settings)
        self._spools: dict[str, Spool] = {}
        self._news = asyncio.Event()

    def output(self, session_id: str) -> None:
        self._news.set()

    def changed(self, status: SessionStatus) -> None:
        self.changes.append(status)
        self._news.set()

    def room(self, session_id: str, room: Room) -> None:
        self.rooms.append(room.space)
        self._news.set()

    def untyped(self, session_id: str) -> None:
        self.untyped_in.append(session_id)
        self._news.set()

    def close_record(self, session_id: str) -> bool:
        return True

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something that the sessions told makes `holds` true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def start(self, *inputs: Input, directory: Path, **fields: Any) -> str:
        """Ask for a session and return its id."""
        session_id = str(fields.pop("session_id", uuid4()))
        body = StartSession(session_id=session_id, directory=str(directory), inputs=inputs, **fields)
        await self.manager.start(body)
        self._spools[session_id] = self.manager.spool(session_id)
        return session_id

    async def write(self, session_id: str, given: Input) -> None:
        await self.manager.write(Command(session_id=session_id, input=given))

    async def terminate(self, session_id: str) -> None:
        await self.manager.terminate(TerminateSession(session_id=session_id))

    def status(self, session_id: str) -> SessionStatus | None:
        """Return the newest status that was told."""
        told = [status for status in self.changes if status.session_id == session_id]
        return told[-1] if told else None

    async def until_state(self, session_id: str, state: SessionState) -> SessionStatus:
        def reached() -> bool:
            status = self.status(session_id)
            return status is not None and status.state is state

        await self.until(reached)
        status = self.status(session_id)
        assert status is not None
        return status

    async def ended(self, session_id: str) -> SessionStatus:
        return await self.until_state(session_id, SessionState.ENDED)

    def spool(self, session_id: str) -> Spool:
        if session_id not in self._spools:
            self._spools[session_id] = self.manager.spool(session_id)
        return self._spools[session_id]

    def frames(self, session_id: str) -> list[Frame]:
        """Return the whole log so far."""
        return list(frames_of(self.spool(session_id)))

    def stream(self, session_id: str, stream: Stream) -> bytes:
        return b"".join(frame.payload for frame in self.frames(session_id) if frame.stream is stream)

    def events(self, session_id: str) -> list[dict[str, Any]]:
        return [json.loads(frame.payload) for frame in self.frames(session_id) if frame.stream is Stream.EVENT]

    def messages(self, session_id: str) -> list[dict[str, Any]]:
        """Return the JSON lines that were printed whole."""
        lines = self.stream(session_id, Stream.STDOUT).split(b"\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith(b"{")]

    async def message(self, session_id: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a JSON line and return the first that is wanted."""
        await self.until(lambda: any(map(wanted, self.messages(session_id))))
        return next(filter(wanted, self.messages(session_id)))


def frames_of(spool: Spool, after_seq: int = 0) -> Iterator[Frame]:
    """Yield the frames of a spool after one, oldest first."""
    seq = after_seq
    while (piece := spool.read(seq)) is not None:
        yield from decode(piece.frames)
        seq = piece.last_seq
