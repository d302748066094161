"""One session of this machine: from its place in the queue to the last frame of its log.

What is true is on disk: `start.json` says that a start is not finished, the lock of `shim.pid` that a shim lives, the
last event frame how an epoch ended. An object of this class can therefore be lost at any moment and made anew.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from claudios.agent.output.spool import Spool
from claudios.agent.sessions import lock
from claudios.agent.sessions.aftermath import close_log, end_of, recover
from claudios.agent.sessions.files import SessionFiles, WaitingStart
from claudios.agent.sessions.launcher import ClaudeCommand, configuration, first_inputs, pasted
from claudios.agent.sessions.shim_client import Condition, NoRoom, Room, ShimClient
from claudios.agent.sessions.spawn import LEAVING_SECONDS, start_shim
from claudios.agent.sessions.state import Answered, Ended, Event, Launched, follow
from claudios.agent.sessions.terminal import Terminal
from claudios.protocol.errors import ClaudiosError, Conflict, SessionLost, SpawnFailed, TooMany
from claudios.protocol.messages import EndReason, Input, Mode, SessionState, SessionStatus, StartSession
from claudios.protocol.terminal import Keystroke

RETRY_SECONDS = 1.0
MAX_DETAIL_CHARS = 4096

_log = logging.getLogger(__name__)


class SessionOwner(Protocol):
    """Who is told of what happens to a session."""

    async def session_begins(self, session: Session, body: StartSession) -> None:
        """Its program is about to start. Raises what stands against that."""

    def session_has_output(self, session: Session) -> None:
        """Its spool has grown."""

    def session_changed(self, session: Session) -> None:
        """Its status is another one."""

    def session_room(self, session: Session) -> None:
        """It has more or less room on disk."""

    def session_untyped(self, session: Session) -> None:
        """Its terminal has ended before all prompts that came with its start were typed."""

    def session_acked(self, session: Session) -> None:
        """The server has more of its log."""


class Session:
    """One session and its newest epoch. `settled` is set once it runs or has ended, `ended` once it has ended."""

    def __init__(
        self, session_id: str, directory: Path, claude: ClaudeCommand, spool_max_bytes: int, owner: SessionOwner
    ) -> None:
        self.id = session_id
        self.room = Room()
        self.epoch = 0
        self.state = SessionState.ENDED
        self.settled = asyncio.Event()
        self.ended = asyncio.Event()
        self.spool = Spool(directory, session_id, lambda: owner.session_acked(self))
        self._claude = claude
        self._spool_max_bytes = spool_max_bytes
        self._owner = owner
        self._files = SessionFiles(directory)
        self._start: WaitingStart | None = None
        self._end: Ended | None = None
        self._taken: frozenset[str] = frozenset()
        self._client: ShimClient | None = None
        self._is_unwanted = False
        self._terminal: Terminal | None = None
        self._in_order = asyncio.Lock()
        self._farewell: asyncio.Task[None] | None = None
        self._enter(SessionState.ENDED)

    @property
    def status(self) -> SessionStatus:
        end = self._end
        return SessionStatus(
            session_id=self.id,
            epoch=self.epoch,
            state=self.state,
            reason=end.reason if end else None,
            detail=end.detail[:MAX_DETAIL_CHARS] if end and end.detail else None,
            exit_code=end.exit_code if end else None,
            seq=self.spool.acked_seq,
            head=self.spool.acked_head.hex(),
        )

    # Its start

    def accept(self, body: StartSession) -> None:
        """Put a start on disk; from then on it will happen, whatever becomes of this process. Raises OSError."""
        self._skip_to(body)
        waiting = WaitingStart(asked_ns=time.time_ns(), body=body)
        self._files.save_start(waiting)
        sys.audit("claudios.session.saved", self.id)
        self._queue(waiting)
        self._owner.session_changed(self)

    async def launch(self) -> None:
        """Start the shim and give Claude its first inputs; what goes wrong becomes the session's end."""
        assert self._start is not None
        self._follow(Launched())
        async with self._in_order:
            try:
                await self._owner.session_begins(self, self._start.body)
                await start_shim(self._files, self.spool, self._claude, self._start.body, self._spool_max_bytes)
                await self._attach()
            except (ClaudiosError, OSError) as problem:
                await self._part_from(problem)
            except Exception as failure:  # the rim: whatever it is, it costs this session and no other
                await self._part_from(self._unforeseen(failure))
            await self._give_first_inputs()

    def cancel(self) -> None:
        """End a session that waits in the queue."""
        close_log(self.spool, self.epoch, EndReason.TERMINATED)
        self._conclude(Ended(EndReason.TERMINATED))

    # While it runs

    async def write(self, given: Input) -> None:
        """Give Claude a line, once per id. Raises SessionLost when it is, or goes, before it has it; TooMany; Conflict.

        While there is no room to record it, it is held here: it goes on by itself, in order, or with the session.
        """
        if self._terminal is not None and self.state is not SessionState.ENDED:
            raise Conflict("The session runs in a terminal. Type into it there, or resume it as a chat.")
        if self.state is SessionState.QUEUED and self._start is not None:
            start = self._start.with_input(given)
            self._files.save_start(start)
            sys.audit("claudios.session.input_saved", self.id)
            self._start = start
            return
        async with self._in_order:
            while self._client is not None:
                try:
                    if await self._give(self._client, given):
                        return
                    break
                except NoRoom:
                    await asyncio.sleep(RETRY_SECONDS)
            if self._farewell is not None:
                await asyncio.shield(self._farewell)
            if given.id not in self._taken:
                raise SessionLost

    def type(self, stroke: Keystroke) -> None:
        """Pass on what was typed into its terminal, or its new size. Raises SessionLost, Conflict, TooMany."""
        if self.state is SessionState.ENDED:
            raise SessionLost
        if self._terminal is None:
            raise Conflict("The session does not run in a terminal.")
        self._terminal.type(stroke)

    def terminate(self) -> None:
        """Begin the ladder that ends it; nothing happens to one that has ended."""
        self._is_unwanted = True
        if self._client is not None:
            with suppress(SessionLost):  # then it ends already
                self._client.terminate()

    # Its return after a restart of the daemon

    async def adopt(self) -> bool:
        """Take over what an earlier daemon left. Return False when there is nothing to keep, and remove it."""
        self._start, launched = self._files.read_start(), self._files.read_launch()
        is_latest = launched is not None and (self._start is None or launched.epoch == self._start.body.epoch)
        if launched is not None and is_latest and lock.is_held(self._files.lock):
            self.epoch = launched.epoch
            self._terminal = self._new_terminal() if launched.terminal is not None else None
            await self._adopt_living()
        else:
            self._adopt_dead()
        if self.state is SessionState.ENDED and self._end is None:
            self.remove()
            return False
        return True

    @property
    def asked_ns(self) -> int:
        """When the newest start was asked for, as far as this process knows; nanoseconds of the wall clock."""
        return self._start.asked_ns if self._start is not None else 0

    def detach(self) -> None:
        """Let go of it; its shim goes on alone."""
        if self._farewell is not None:
            self._farewell.cancel()
        if self._client is not None:
            self._client.close()
            self._let_go()
        self.spool.close()

    def remove(self) -> None:
        """Take an ended session off the disk."""
        self.spool.close()
        self._files.remove()

    # What its shim says

    def shim_attached(self, client: ShimClient, condition: Condition) -> None:
        self._client = client
        if condition.has_ended:
            self.shim_ended(condition)
            return
        self.shim_changed(condition.room)
        self.shim_announced(condition.seq, condition.output_seq)
        if self._terminal is not None:
            self._terminal.attach(client, condition.child_pid, self._files.launched_ns())
        if self._is_unwanted:
            client.terminate()

    def shim_announced(self, seq: int, output_seq: int) -> None:
        self.spool.grow(seq)
        self._owner.session_has_output(self)
        if output_seq:
            self._follow(Answered())

    def shim_took(self, identity: str) -> None:
        """Note what it took of a start at once: the program may end before whoever waits for that goes on."""
        if self._start is not None and any(given.id == identity for given in self._start.body.inputs):
            self._taken |= {identity}

    def shim_changed(self, room: Room) -> None:
        self.room = room
        self._owner.session_room(self)

    def shim_ended(self, condition: Condition) -> None:
        if self._client is not None:
            self._client.release()
            self._client.close()
            self._let_go()
        self.spool.grow(condition.seq)
        self._conclude(end_of(condition.reason, condition.detail, condition.exit_code, condition.signal))

    def shim_left(self) -> None:
        self._let_go()
        self._farewell = asyncio.create_task(self._part_from(SessionLost()))

    # Inside

    def _skip_to(self, body: StartSession) -> None:
        self.spool.skip_to(body.first_seq - 1, bytes.fromhex(body.head))
        self.spool.save_cursor()

    def _queue(self, start: WaitingStart) -> None:
        self._start, self.epoch, self._end, self._is_unwanted = start, start.body.epoch, None, False
        self._terminal = self._new_terminal() if start.body.mode is Mode.TERMINAL else None
        self._enter(SessionState.QUEUED)

    def _new_terminal(self) -> Terminal:
        async def give_first_inputs() -> None:
            async with self._in_order:
                await self._give_first_inputs()

        return Terminal(self.id, configuration(self._claude.environment), give_first_inputs)

    def _let_go(self) -> None:
        self._client = None
        if self._terminal is not None:
            self._terminal.leave()

    async def _attach(self) -> None:
        launched = self._files.read_launch()
        if launched is None:
            raise SpawnFailed
        await ShimClient.attach(launched.socket, self)
        sys.audit("claudios.session.attached", self.id)

    async def _give_first_inputs(self) -> None:
        """Give Claude what its start brings; the shim knows which of it has been given before."""
        start = self._files.read_start()
        if start is None:
            return
        body = start.body
        if self._terminal is not None and body.inputs and not self._terminal.is_ready:
            return  # it comes back to this when it is
        for given in first_inputs(body):
            while not await self._has_given(given):
                if self._client is None:
                    return
                await asyncio.sleep(RETRY_SECONDS)
        sys.audit("claudios.session.given", self.id)
        self._files.forget_start()
        sys.audit("claudios.session.forgotten", self.id)

    async def _has_given(self, given: Input) -> bool:
        try:
            return self._client is not None and await self._give(self._client, given)
        except TooMany as full:
            _log.warning("Session %s does not take its first input yet: %s", self.id, full.message)
            return False

    async def _give(self, client: ShimClient, given: Input) -> bool:
        """Return whether the shim has taken it; not when it, or its program, goes before that. Raises TooMany."""
        try:
            if self._terminal is None:
                await client.write(given.id, given.line)
            else:
                await client.paste(given.id, pasted(given.line))
        except SessionLost:
            return False
        return True

    async def _adopt_living(self) -> None:
        self._enter(SessionState.STARTING)
        try:
            await self._attach()
        except (ClaudiosError, OSError) as problem:
            if await lock.is_free_within(self._files.lock, LEAVING_SECONDS):
                self._enter(SessionState.ENDED)
                self._adopt_dead()  # it was still starting when its daemon died, and gave up: nobody waited for it
            else:
                self._farewell = asyncio.create_task(self._part_from(problem))
        else:
            await self._give_first_inputs()

    def _adopt_dead(self) -> None:
        aftermath = recover(self.spool)
        if self._start is not None and (aftermath is None or aftermath.epoch < self._start.body.epoch):
            self._skip_to(self._start.body)
            self._queue(self._start)
        elif aftermath is not None:
            self.epoch, self._end, self._taken = aftermath.epoch, aftermath.end, aftermath.taken
            self._forget_start(aftermath.end)

    async def _part_from(self, problem: Exception) -> None:
        """See the shim off; a fault of ours in that ends the session too, since nobody would try again."""
        try:
            await self._see_off(problem)
        except Exception as failure:  # the rim
            if self.state is not SessionState.ENDED:
                self._conclude(Ended(EndReason.FAILED, self._unforeseen(failure).message))

    def _unforeseen(self, failure: Exception) -> SpawnFailed:
        _log.error("Session %s met a fault of the agent.", self.id, exc_info=failure)
        return SpawnFailed(f"The agent failed at this session: {type(failure).__name__}. Its log says where.")

    async def _see_off(self, problem: Exception) -> None:
        """Find out how an epoch ended whose shim is gone; attach again to one that has only lost its connection."""
        while not await lock.is_free_within(self._files.lock, LEAVING_SECONDS):
            try:
                await self._attach()
            except (ClaudiosError, OSError) as mute:
                _log.warning("The shim of session %s does not answer: %s", self.id, mute)
            else:
                await self._give_first_inputs()
                return
        aftermath = recover(self.spool)
        if aftermath is not None and aftermath.epoch == self.epoch:
            self._taken |= aftermath.taken
            self._conclude(aftermath.end)
        else:
            failure = problem.message if isinstance(problem, ClaudiosError) else str(problem)
            close_log(self.spool, self.epoch, EndReason.FAILED, failure)
            self._conclude(Ended(EndReason.FAILED, failure))

    def _conclude(self, end: Ended) -> None:
        self.shim_changed(Room())
        self._owner.session_has_output(self)
        self._forget_start(end)
        self._follow(end)

    def _forget_start(self, end: Ended) -> None:
        """Be done with a start. What nobody wanted to end, and did not get its prompts, is told of."""
        start = self._files.read_start()
        self._files.forget_start()
        if start is None or start.body.mode is not Mode.TERMINAL or end.reason is EndReason.TERMINATED:
            return
        if any(given.id not in self._taken for given in start.body.inputs):
            self._owner.session_untyped(self)

    def _follow(self, event: Event) -> None:
        following = follow(self.state, event)
        if following is not None:
            if isinstance(event, Ended):
                self._end = event
            self._enter(following)
            self._owner.session_changed(self)

    def _enter(self, state: SessionState) -> None:
        self.state = state
        for states, moment in ((_SETTLED, self.settled), (frozenset({SessionState.ENDED}), self.ended)):
            if state in states:
                moment.set()
            else:
                moment.clear()


_SETTLED = frozenset({SessionState.ENDED, SessionState.RUNNING})
