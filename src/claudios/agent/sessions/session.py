"""One session of this machine: from its place in the queue to the last frame of its log.

What is true is on disk: `start.json` says that a start is not finished, the lock of `shim.pid` that a shim lives, the
last event frame how an epoch ended. An object of this class can therefore be lost at any moment and made anew.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from claudios.agent.durable import write_private
from claudios.agent.output.spool import Spool, Tail
from claudios.agent.sessions import lock
from claudios.agent.sessions.files import SessionFiles
from claudios.agent.sessions.launcher import ClaudeCommand, initialize, polite_end
from claudios.agent.sessions.shim_client import Condition, ShimClient
from claudios.agent.sessions.socket_path import socket_path
from claudios.agent.sessions.spawn import spawn_shim
from claudios.agent.sessions.state import Answered, Ended, Event, Launched, follow
from claudios.protocol.errors import ClaudiosError, Conflict, SessionLost, SpawnFailed
from claudios.protocol.messages import EndReason, Input, SessionState, SessionStatus, StartSession
from claudios.protocol.signing import GENESIS
from claudios.shim.processes import marked, signal_all

START_SECONDS = 30.0
LADDER_SECONDS = (3.0, 3.0, 2.0)
GONE_SECONDS = 5.0
LEAVING_SECONDS = 2.0
LOOK_SECONDS = 0.01
SWEEPS = 20

_log = logging.getLogger(__name__)


class SessionOwner(Protocol):
    """Who is told of what happens to a session."""

    def session_has_output(self, session: Session) -> None:
        """Its spool has grown."""

    def session_changed(self, session: Session) -> None:
        """Its status is another one."""

    def session_acked(self, session: Session) -> None:
        """The server has more of its log."""


class Session:
    """One session and its newest epoch."""

    def __init__(
        self,
        session_id: str,
        directory: Path,
        claude: ClaudeCommand,
        owner: SessionOwner,
        first_seq: int = 1,
        head: bytes = GENESIS,
    ) -> None:
        self.id = session_id
        self.epoch = 0
        self.state = SessionState.ENDED
        self.settled = asyncio.Event()
        self.ended = asyncio.Event()
        self.asked_ns = 0
        self._claude = claude
        self._owner = owner
        self._files = SessionFiles(directory)
        self.spool = Spool(
            directory, session_id, first_seq=first_seq, head=head, on_acked=lambda: owner.session_acked(self)
        )
        self._body: StartSession | None = None
        self._end: Ended | None = None
        self._client: ShimClient | None = None
        self._taken: frozenset[str] = frozenset()
        self._in_order = asyncio.Lock()
        self._farewell: asyncio.Task[None] | None = None

    @property
    def status(self) -> SessionStatus:
        end = self._end
        return SessionStatus(
            session_id=self.id,
            epoch=self.epoch,
            state=self.state,
            reason=end.reason if end else None,
            detail=end.detail[:4096] if end and end.detail else None,
            exit_code=end.exit_code if end else None,
            seq=self.spool.acked_seq,
            head=self.spool.acked_head.hex(),
        )

    # Its start

    def accept(self, body: StartSession) -> None:
        """Put a start on disk; from then on it will happen, whatever becomes of this process."""
        if body.first_seq - 1 > self.spool.head_seq:
            self.spool.acknowledge(body.first_seq - 1, bytes.fromhex(body.head))
            self.spool.grow(body.first_seq - 1)
        self.spool.save_cursor()
        self._files.save_start(body)
        self._queue(body)

    async def launch(self) -> None:
        """Start the shim and give Claude its first inputs; what goes wrong becomes the session's end."""
        assert self._body is not None
        self._follow(Launched())
        async with self._in_order:
            try:
                await self._start_shim(self._body)
                await self._attach()
            except (ClaudiosError, OSError) as problem:
                await self._fail(problem)
                return
            await self._give_first_inputs(self._body)

    def cancel(self) -> None:
        """End a session that waits in the queue."""
        self._close_log({"event": "ended", "exit_code": None, "signal": None, "reason": "terminated"})
        self._files.forget_start()
        self._follow(Ended(EndReason.TERMINATED))

    # While it runs

    async def write(self, given: Input) -> None:
        """Give Claude a line, once per id. Raises SessionLost when it is, or goes, before it has it; TooMany."""
        if self.state is SessionState.QUEUED and self._body is not None:
            if given.id not in [known.id for known in self._body.inputs]:
                self._body = self._body.model_copy(update={"inputs": (*self._body.inputs, given)})
                self._files.save_start(self._body)
            return
        async with self._in_order:
            if self._client is not None and await self._give(self._client, given):
                return
            if self._farewell is not None:
                await asyncio.shield(self._farewell)
            if given.id not in self._taken:
                raise SessionLost

    async def terminate(self) -> None:
        """Begin the ladder that ends it; nothing happens to one that has ended."""
        async with self._in_order:
            if self._client is not None:
                try:
                    self._client.terminate()
                except SessionLost:
                    return  # it ends as lost already

    # Its return after a restart of the daemon

    async def adopt(self) -> bool:
        """Take over what an earlier daemon left. Return False when there is nothing to keep, and remove it."""
        started, launched = self._files.read_start(), self._files.read_launch()
        if started is not None:
            self._body, self.asked_ns = started
        self.epoch = self._body.epoch if self._body is not None else (launched[0] if launched else 0)
        if launched is not None and launched[0] == self.epoch and lock.is_held(self._files.lock):
            self.state = SessionState.STARTING
            await self._adopt_living()
        else:
            await self._adopt_dead()
        if self.epoch == 0 or (self._body is None and self.spool.head_seq == 0):
            self.remove()
            return False
        return True

    def detach(self) -> None:
        """Let go of it; its shim goes on alone."""
        if self._farewell is not None:
            self._farewell.cancel()
        if self._client is not None:
            self._client.close()
            self._client = None
        self.spool.close()

    def remove(self) -> None:
        """Take an ended session off the disk."""
        self.spool.close()
        self._files.remove()

    # What its shim says

    def shim_announced(self, seq: int, output_seq: int) -> None:
        self.spool.grow(seq)
        self._owner.session_has_output(self)
        if output_seq:
            self._follow(Answered())

    def shim_ended(self, condition: Condition) -> None:
        if self._client is not None:
            self._client.release()
            self._client.close()
            self._client = None
        self.spool.grow(condition.seq)
        self._owner.session_has_output(self)
        self._files.forget_start()
        self._follow(_end_of(condition.reason, condition.detail, condition.exit_code, condition.signal))

    def shim_left(self) -> None:
        self._client = None
        self._farewell = asyncio.create_task(self._see_off())

    # Inside

    def _queue(self, body: StartSession) -> None:
        self._body, self.epoch, self._end = body, body.epoch, None
        self.state = SessionState.QUEUED
        self.settled.clear()
        self.ended.clear()
        self._owner.session_changed(self)

    async def _start_shim(self, body: StartSession) -> None:
        claim = await self._take(self._claude.claim_path(body))
        if claim is None:
            raise Conflict(f"Claude session {body.resume or body.session_id} runs already. Stop that one first.")
        held = await self._take(self._files.lock)
        try:
            if held is None:
                raise Conflict("The session's earlier process has not ended. Terminate it first.")
            socket = socket_path(self._files.directory)
            socket.unlink(missing_ok=True)
            write_private(self._files.launch, json.dumps(self._launch_file(body, socket)).encode())
            await spawn_shim(self._files, held, claim, self._claude.environment)
        finally:
            os.close(claim)
            if held is not None:
                os.close(held)

    async def _take(self, path: Path) -> int | None:
        """Take a lock, waiting out a shim that is just leaving."""
        for _ in range(int(LEAVING_SECONDS / LOOK_SECONDS)):
            held = lock.take(path)
            if held is not None:
                return held
            await asyncio.sleep(LOOK_SECONDS)
        return None

    def _launch_file(self, body: StartSession, socket: Path) -> Mapping[str, object]:
        return {
            "argv": self._claude.argv(body),
            "cwd": body.directory,
            "epoch": body.epoch,
            "first_seq": self.spool.head_seq + 1,
            "ladder": LADDER_SECONDS,
            "marker": self._marker,
            "polite_end": polite_end(body),
            "socket": str(socket),
            "spool": str(self.spool.path),
            "start_seconds": START_SECONDS,
        }

    async def _attach(self) -> None:
        launched = self._files.read_launch()
        if launched is None:
            raise SpawnFailed
        self._client, condition = await ShimClient.connect(launched[1], self)
        self.spool.grow(condition.seq)
        if condition.has_ended:
            self.shim_ended(condition)
        else:
            self.shim_announced(condition.seq, condition.output_seq)

    async def _give_first_inputs(self, body: StartSession) -> None:
        try:
            for given in (initialize(body), *body.inputs):
                if self._client is None:
                    return
                await self._client.write(given.id, given.line)
        except ClaudiosError as problem:
            _log.warning("Session %s did not take its first input: %s", self.id, problem.message)
        self._files.forget_start()

    async def _fail(self, problem: Exception) -> None:
        """End an epoch whose program may or may not have come to be."""
        if not await self._is_shim_gone():
            await self._see_off()
            return
        end = self._recover()
        if end is None:
            message = problem.message if isinstance(problem, ClaudiosError) else str(problem)
            self._close_log(
                {"event": "failed", "message": message},
                {"event": "ended", "exit_code": None, "signal": None, "reason": "failed"},
            )
            end = Ended(EndReason.FAILED, message)
        self._files.forget_start()
        self._follow(end)

    async def _give(self, client: ShimClient, given: Input) -> bool:
        """Return whether the shim has taken a line; not when it, or its program, goes before that."""
        try:
            await client.write(given.id, given.line)
        except SessionLost:
            return False
        return True

    async def _adopt_living(self) -> None:
        try:
            async with asyncio.timeout(GONE_SECONDS):
                await self._attach()
        except (ClaudiosError, OSError, TimeoutError):
            await self._see_off()
            return
        if self._body is not None:
            await self._give_first_inputs(self._body)

    async def _adopt_dead(self) -> None:
        end = self._recover()
        if end is not None:
            self._files.forget_start()
            self._body, self._end = None, end
        elif self._body is not None:
            self._queue(self._body)

    async def _see_off(self) -> None:
        """Find out how an epoch ended whose shim is gone; attach again to one that has only lost its connection."""
        while not await self._is_shim_gone():
            try:
                await self._attach()
            except (ClaudiosError, OSError) as problem:
                _log.warning("The shim of session %s does not answer: %s", self.id, problem)
            else:
                return
        end = self._recover() or Ended(EndReason.FAILED, "The session's shim ended before it began.")
        self._files.forget_start()
        self._follow(end)

    async def _is_shim_gone(self) -> bool:
        """Give a shim that is about to leave the time to do so."""
        for _ in range(int(GONE_SECONDS / LOOK_SECONDS)):
            if not lock.is_held(self._files.lock):
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return False

    def _recover(self) -> Ended | None:
        """Return how the newest epoch ended, ending it as lost where nobody has; None when it never began."""
        tail = self.spool.recover()
        if tail is None or tail.epoch != self.epoch:
            return None
        self._taken = frozenset(str(event["id"]) for event in tail.events if event.get("event") == "input")
        end = _end_in(tail)
        if end is None:
            self._sweep()
            self._close_log({"event": "ended", "exit_code": None, "signal": None, "reason": "lost"})
            end = Ended(EndReason.LOST, "The process that held the session died.")
        self._owner.session_has_output(self)
        return end

    def _sweep(self) -> None:
        """Kill what the dead shim left: its program died with it, the program's children did not."""
        for _ in range(SWEEPS):
            left = marked(self._marker)
            if not left:
                return
            signal_all(left, signal.SIGKILL)

    def _close_log(self, *events: Mapping[str, object]) -> None:
        self.spool.append_events(self.epoch, events)
        self._owner.session_has_output(self)

    def _follow(self, event: Event) -> None:
        following = follow(self.state, event)
        if following is None:
            return
        self.state = following
        if isinstance(event, Ended):
            self._end = event
        if following in (SessionState.RUNNING, SessionState.ENDED):
            self.settled.set()
        if following is SessionState.ENDED:
            self.ended.set()
        self._owner.session_changed(self)

    @property
    def _marker(self) -> str:
        return f"{self.id}:{self.epoch}"


def _end_in(tail: Tail) -> Ended | None:
    """Read how an epoch ended from its last event frames."""
    if not tail.events or tail.events[-1].get("event") != "ended":
        return None
    ended, before = tail.events[-1], tail.events[-2] if len(tail.events) > 1 else {}
    detail = before.get("message") if before.get("event") == "failed" else None
    code, number = ended.get("exit_code"), ended.get("signal")
    return _end_of(
        str(ended["reason"]),
        detail if isinstance(detail, str) else None,
        code if isinstance(code, int) else None,
        number if isinstance(number, int) else None,
    )


def _end_of(reason: str | None, detail: str | None, exit_code: int | None, number: int | None) -> Ended:
    if number is not None:
        exit_code = 128 + number
        detail = detail or f"It was ended by signal {number}."
    return Ended(EndReason(reason or "lost"), detail, exit_code)
