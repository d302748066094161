"""All sessions of this machine: who may start now, who waits, and what an earlier daemon left behind.

One task starts sessions, one at a time: the next goes when the one before has printed something, has ended, or has had
START_APART_SECONDS. A start that fails is that session's end and concerns no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from claudios.agent.output.spool import Spool
from claudios.agent.sessions.earlier import RecordEarlier, record_once
from claudios.agent.sessions.launcher import ClaudeCommand
from claudios.agent.sessions.orphans import end_orphans, find_orphans
from claudios.agent.sessions.session import Session
from claudios.agent.sessions.shim_client import Room
from claudios.protocol.errors import (
    ClaudiosError,
    Conflict,
    InputInvalid,
    NotFound,
    SessionLost,
    SpawnFailed,
    TooMany,
)
from claudios.protocol.ids import is_uuid
from claudios.protocol.messages import Command, NewWorktree, SessionState, SessionStatus, StartSession, TerminateSession
from claudios.protocol.terminal import Keystroke

START_APART_SECONDS = 5.0
MAX_QUEUED = 1000
END_SECONDS = 30.0
"""How long `close` waits for the end of all sessions: their ladder takes 8 s, unless the disk takes no last frame."""

_ACTIVE = (SessionState.STARTING, SessionState.RUNNING)
_log = logging.getLogger(__name__)


class SessionEvents(Protocol):
    """Who hears what the sessions do."""

    def output(self, session_id: str) -> None:
        """A session's spool has grown."""

    def changed(self, status: SessionStatus) -> None:
        """A session's status is another one."""

    def room(self, session_id: str, room: Room) -> None:
        """A session has more or less room on disk."""

    def untyped(self, session_id: str) -> None:
        """A terminal session has ended before all prompts that came with its start were typed."""

    def close_record(self, session_id: str) -> bool:
        """Say whether a session that has ended and is stored may be forgotten; else `settle` is called later."""


class SessionManager:
    """The sessions in `directory`, one directory each. Call `adopt` first, and `close` last."""

    def __init__(
        self,
        directory: Path,
        claude: ClaudeCommand,
        max_concurrent: int,
        events: SessionEvents,
        *,
        spool_max_bytes: int = 0,
        make_worktree: Callable[[str, Path], str] | None = None,
        record_earlier: RecordEarlier | None = None,
        discard_worktree: Callable[[str], None] | None = None,
        end_seconds: float = END_SECONDS,
    ) -> None:
        """`make_worktree` makes one for a session and a directory, blocking, and returns the directory to work in.

        `discard_worktree` takes it away again, blocking, unless somebody has worked in it; `record_earlier` puts a
        conversation that was held before at the beginning of a log.
        """
        self._directory = directory
        self._make_worktree = make_worktree
        self._discard_worktree = discard_worktree
        self._record_earlier = record_earlier
        self._end_seconds = end_seconds
        self._claude = claude
        self._max_concurrent = max_concurrent
        self._spool_max_bytes = spool_max_bytes
        self._events = events
        self._sessions: dict[str, Session] = {}
        self._queue: deque[Session] = deque()  # bounded by MAX_QUEUED; beyond it a start is refused
        self._wake = asyncio.Event()
        self._is_closing = False
        self._starter: asyncio.Task[None] | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def adopt(self) -> None:
        """Take over the sessions of an earlier daemon: living shims, finished spools, starts that were waiting."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in sorted(self._directory.iterdir()):
            if is_uuid(directory.name):
                await self._adopt(directory)
        waiting = [session for session in self._sessions.values() if session.state is SessionState.QUEUED]
        self._queue.extend(sorted(waiting, key=lambda session: session.asked_ns))
        orphans = find_orphans(self._directory, self._sessions)  # before anything is started anew
        self._starter = asyncio.create_task(self._start_waiting(), name="session starter")
        self._sweeper = asyncio.create_task(end_orphans(orphans), name="orphans")

    async def start(self, body: StartSession) -> None:
        """Take a start into the queue, on disk; the session's status tells how it goes on.

        A start that was taken before changes nothing. Raises ClaudeNotFound, InputInvalid, Conflict, TooMany.
        """
        known = self._sessions.get(body.session_id)
        if known is not None and known.epoch >= body.epoch:
            return
        if known is not None and known.state is not SessionState.ENDED:
            raise Conflict("The session still runs. Terminate it before it is resumed.")
        self._claude.argv(body)
        if len(self._queue) >= MAX_QUEUED:
            raise TooMany(f"{MAX_QUEUED} sessions wait on this machine already. End some first.")
        if known is not None and self._spool_max_bytes and known.spool.size_bytes > self._spool_max_bytes // 2:
            raise TooMany("Much of this session's output is not delivered yet. Resume it when the server has it.")
        body = await self._apart(body)  # last, for what is refused needs no worktree
        if not isinstance(body.directory, str) or not Path(body.directory).is_dir():
            raise InputInvalid(
                f"The directory {body.directory} does not exist on this machine. Name another.", "directory"
            )
        session = self._sessions.get(body.session_id) or self._session(self._directory / body.session_id)
        try:
            session.accept(body)
        except OSError as problem:
            raise SpawnFailed(f"The session could not be put on disk: {problem}.") from problem
        self._sessions[session.id] = session
        self._queue.append(session)
        self._wake.set()

    async def give_up(self, body: StartSession) -> None:
        """Take away the worktree that was made, or begun, for a first start that came to nothing, also by a crash."""
        discard = self._discard_worktree if isinstance(body.directory, NewWorktree) else None
        if discard is None or body.epoch > 1 or body.session_id in self._sessions:
            return
        try:
            await asyncio.to_thread(discard, body.session_id)
        except (ClaudiosError, OSError) as failed:
            _log.warning("The worktree of session %s, which never began, stays: %s", body.session_id, failed)

    async def write(self, body: Command) -> None:
        """Give Claude a line, once per input id. Raises SessionLost, TooMany, Conflict where it runs in a terminal."""
        await self._find(body.session_id).write(body.input)

    async def terminate(self, body: TerminateSession) -> None:
        """Begin to end a session; how long it may take is in its launch file. Raises SessionLost for an unknown one."""
        self._terminate(self._find(body.session_id))

    def type(self, session_id: str, stroke: Keystroke) -> None:
        """Pass on what was typed into a terminal session. Raises SessionLost, Conflict, TooMany, MessageInvalid."""
        self._find(session_id).type(stroke)

    def is_running(self, session_id: str) -> bool:
        """Say whether a session of this machine has not ended."""
        session = self._sessions.get(session_id)
        return session is not None and session.state is not SessionState.ENDED

    def statuses(self) -> list[SessionStatus]:
        """Return how all sessions are that run, wait, or have ended with output the server does not have."""
        return [session.status for session in self._sessions.values()]

    def spool(self, session_id: str) -> Spool:
        """Return a session's spool. Raises NotFound."""
        session = self._sessions.get(session_id)
        if session is None:
            raise NotFound
        return session.spool

    def spools(self) -> list[Spool]:
        """Return the spools of all sessions."""
        return [session.spool for session in self._sessions.values()]

    def settle(self, session_id: str) -> None:
        """Forget a session whose record has been closed; nothing happens to others."""
        session = self._sessions.get(session_id)
        if session is not None:
            self._prune(session)

    def end_all(self) -> None:
        """Begin to end all sessions, without waiting: the rest is their shims' work, also when this process is gone."""
        self._is_closing = True
        for session in list(self._sessions.values()):
            self._terminate(session)

    async def close(self, *, terminate: bool) -> None:
        """End all sessions and wait for their end, or let go of them: they run on, and waiting ones wait on.

        One that does not end in time, as where the disk is full, is ended by its shim alone; the next daemon finds it.
        """
        self._is_closing = True
        self._wake.set()
        if terminate:
            self.end_all()
            await self._until_all_ended()
        for task in (self._starter, self._sweeper):
            if task is not None:
                task.cancel()  # what it was at is on disk, or lives, for the next daemon
                await asyncio.gather(task, return_exceptions=True)
        for session in self._sessions.values():
            session.detach()
        if not terminate:
            self._sessions.clear()

    # What sessions say

    async def session_begins(self, session: Session, body: StartSession) -> None:
        if self._record_earlier is not None:
            await record_once(self._record_earlier, session.spool, body)

    def session_has_output(self, session: Session) -> None:
        self._events.output(session.id)

    def session_changed(self, session: Session) -> None:
        self._events.changed(session.status)
        if session.state is SessionState.ENDED:
            self._wake.set()
            self._prune(session)

    def session_room(self, session: Session) -> None:
        self._events.room(session.id, session.room)

    def session_untyped(self, session: Session) -> None:
        self._events.untyped(session.id)

    def session_acked(self, session: Session) -> None:
        self._prune(session)

    # Inside

    async def _apart(self, body: StartSession) -> StartSession:
        """Return a start with a worktree made where it asks for one. Raises what making it raises."""
        if not isinstance(body.directory, NewWorktree) or self._make_worktree is None or body.directory.of is None:
            return body
        directory = await asyncio.to_thread(self._make_worktree, body.session_id, Path(body.directory.of))
        return body.model_copy(update={"directory": directory})

    def _session(self, directory: Path) -> Session:
        return Session(directory.name, directory, self._claude, self._spool_max_bytes, self)

    async def _adopt(self, directory: Path) -> None:
        session = self._session(directory)
        self._sessions[session.id] = session
        try:
            is_worth_keeping = await session.adopt()
        except (ClaudiosError, OSError, ValueError, LookupError):
            _log.exception("What %s holds cannot be read. It is left as it is.", directory)
            is_worth_keeping = False
        if is_worth_keeping:
            self._prune(session)
        else:
            self._sessions.pop(session.id, None)

    async def _start_waiting(self) -> None:
        while not self._is_closing:
            if not self._queue or self._active() >= self._max_concurrent:
                self._wake.clear()
                await self._wake.wait()
                continue
            session = self._queue.popleft()
            try:
                await session.launch()
            except Exception:  # the rim: the others still want to start
                _log.exception("Session %s could not be started.", session.id)
                continue
            try:
                async with asyncio.timeout(START_APART_SECONDS):
                    await session.settled.wait()
            except TimeoutError:
                _log.info("Session %s takes long to start; the next one does not wait for it.", session.id)

    def _active(self) -> int:
        return sum(session.state in _ACTIVE for session in self._sessions.values())

    async def _until_all_ended(self) -> None:
        sessions = list(self._sessions.values())
        try:
            async with asyncio.timeout(self._end_seconds):
                await asyncio.gather(*(session.ended.wait() for session in sessions))
        except TimeoutError:
            for session in sessions:
                if not session.ended.is_set():
                    _log.warning("Session %s goes on ending by itself. Is the disk full?", session.id)

    def _terminate(self, session: Session) -> None:
        if session in self._queue:
            self._queue.remove(session)
            session.cancel()
        else:
            session.terminate()

    def _find(self, session_id: str) -> Session:
        session = self._sessions.get(session_id)
        if session is None:
            raise SessionLost
        return session

    def _prune(self, session: Session) -> None:
        """Forget an ended session once the server has all of its log and what closes it."""
        if session.state is not SessionState.ENDED or not session.spool.is_acked or session.id not in self._sessions:
            return
        if self._events.close_record(session.id):
            del self._sessions[session.id]
            session.remove()
