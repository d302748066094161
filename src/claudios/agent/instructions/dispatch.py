"""Carry instructions out: in order within a session, side by side between sessions, each with one outcome.

A lane per session that has something to do; its failures are outcomes, and end nothing else. A terminate passes the
commands before it, which may be waiting for a session that hangs, but not the start. What an earlier process left is
begun one at a time: if one of them kills the daemon it is known which, and the others get through.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from claudios.agent.policy import Policy
from claudios.protocol.errors import ClaudiosError, Expired, MessageInvalid, Refused, SessionLost, TooMany
from claudios.protocol.messages import (
    Body,
    Command,
    Instruction,
    InstructionKind,
    Outcome,
    Report,
    SessionStatus,
    StartSession,
    TerminateSession,
    parse_body,
)

MAX_WAITING = 1024
MAX_REPORT_CHARS = 4096
TURN_SECONDS = 1.0
"""How long one that is begun again keeps the next waiting."""

_log = logging.getLogger(__name__)


class Sessions(Protocol):
    """The sessions of this machine. Each call is safe to repeat."""

    async def start(self, body: StartSession) -> None:
        """Start a session, or put it in the queue."""

    async def give_up(self, body: StartSession) -> None:
        """Take away what was made for a start that came to nothing."""

    async def write(self, body: Command) -> None:
        """Write a line to Claude, once per input id."""

    async def terminate(self, body: TerminateSession) -> None:
        """Begin to end a session."""

    def statuses(self) -> Sequence[SessionStatus]:
        """Return all sessions known here."""


class UnknownOutcome(ClaudiosError):
    """The agent restarted while this was under way, and it cannot be known whether it reached Claude. Look, then ask
    again."""

    code = "outcome_unknown"


class _Job:
    """An instruction to carry out; `is_again` when an earlier process may already have done so."""

    __slots__ = ("body", "instruction", "is_again")

    def __init__(self, instruction: Instruction, body: Body, *, is_again: bool) -> None:
        self.instruction = instruction
        self.body = body
        self.is_again = is_again


class Dispatch:
    """Give each instruction to `sessions` and its outcome to `finish`; `now_ms` is the server's time, when known.

    `begin_again` hears of each that an earlier process may already have begun, before this one does.
    """

    def __init__(
        self,
        sessions: Sessions,
        policy: Policy,
        begin_again: Callable[[Instruction], None],
        finish: Callable[[Report], None],
        now_ms: Callable[[], int | None],
    ) -> None:
        self._sessions = sessions
        self._policy = policy
        self._begin_again = begin_again
        self._finish = finish
        self._now_ms = now_ms
        self._turn = asyncio.Lock()
        # inbox to lane: all lanes together are bounded by MAX_WAITING, beyond which instructions are refused
        self._lanes: dict[str, deque[_Job]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0

    def submit(self, instructions: Sequence[Instruction], *, is_again: bool = False) -> None:
        """Take journaled instructions; their outcomes follow."""
        for instruction in instructions:
            try:
                body = parse_body(instruction.kind, instruction.body)
                if self._waiting >= MAX_WAITING:
                    raise TooMany(f"More than {MAX_WAITING} instructions wait on this agent. Send it again later.")
            except ClaudiosError as invalid:
                self._conclude(instruction, invalid, is_again=False)
                continue
            _log.info(
                "Received instruction: %s (%s)",
                instruction.kind.value,
                body.session_id,
                extra={"instruction_id": instruction.id, "session_id": body.session_id},
            )
            self._waiting += 1
            self._enqueue(_Job(instruction, body, is_again=is_again))

    async def close(self) -> None:
        """Stop; what is not finished stays in the journal for the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _enqueue(self, job: _Job) -> None:
        session_id = job.body.session_id
        lane = self._lanes.get(session_id)
        is_hasty = isinstance(job.body, TerminateSession)
        if lane is not None and is_hasty and not any(isinstance(ahead.body, StartSession) for ahead in lane):
            self._spawn(self._carry_out(job))
        elif lane is None:
            self._lanes[session_id] = deque([job])
            self._spawn(self._run_lane(session_id))
        else:
            lane.append(job)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_lane(self, session_id: str) -> None:
        lane = self._lanes[session_id]
        try:
            while lane:
                await self._carry_out(lane[0])  # it stays at the head meanwhile, for a terminate to see
                lane.popleft()
        finally:
            del self._lanes[session_id]

    async def _carry_out(self, job: _Job) -> None:
        failure: Exception | None = None
        try:
            async with self._in_turn(job):
                sys.audit("claudios.dispatch.begun", job.body.session_id, job.instruction.id)
                self._check_expiry(job)
                await self._apply(job.body)
                sys.audit("claudios.dispatch.applied", job.body.session_id, job.instruction.id)
        except Exception as raised:  # the rim: whatever it is, it becomes this instruction's outcome
            failure = raised
        finally:
            self._waiting -= 1
        if failure is not None and isinstance(job.body, StartSession):
            await self._give_up(job.body)
        self._conclude(job.instruction, failure, is_again=job.is_again)

    async def _give_up(self, body: StartSession) -> None:
        try:
            await self._sessions.give_up(body)
        except Exception:  # the rim: the start gets its outcome, and its lane goes on
            _log.exception("What was made for the start of session %s, which failed, may stay.", body.session_id)

    @asynccontextmanager
    async def _in_turn(self, job: _Job) -> AsyncIterator[None]:
        """Hold up what else is begun again, until this is done or has had its time."""
        if not job.is_again:
            yield
            return
        await self._turn.acquire()
        is_over = False

        def end() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                self._turn.release()

        timer = asyncio.get_running_loop().call_later(TURN_SECONDS, end)
        try:
            self._begin_again(job.instruction)
            yield
        finally:
            timer.cancel()
            end()

    async def _apply(self, body: Body) -> None:
        match body:
            case StartSession():
                await self._sessions.start(self._policy.permit_start(body))
            case Command():
                self._policy.permit_line(body.input.line)
                await self._sessions.write(body)
            case TerminateSession():
                await self._sessions.terminate(body)

    def _check_expiry(self, job: _Job) -> None:
        now_ms = self._now_ms()
        if now_ms is None or now_ms < job.instruction.expires_ms:
            return
        if job.is_again and self._is_started(job.body):
            return
        if job.is_again and isinstance(job.body, Command):
            raise UnknownOutcome
        raise Expired("The instruction reached the agent after its time. Send it again.")

    def _is_started(self, body: Body) -> bool:
        return isinstance(body, StartSession) and any(
            status.session_id == body.session_id and status.epoch == body.epoch for status in self._sessions.statuses()
        )

    def _conclude(self, instruction: Instruction, failure: Exception | None, *, is_again: bool) -> None:
        if is_again and isinstance(failure, SessionLost) and instruction.kind is InstructionKind.COMMAND:
            failure = UnknownOutcome()
        if failure is None:
            self._finish(Report(instruction_id=instruction.id, outcome=Outcome.DONE))
            return
        if isinstance(failure, ClaudiosError):
            code, message = failure.code, failure.message
            _log.warning("Instruction %s: %s", instruction.id, message, extra={"code": code})
        else:
            code, message = "internal", f"The agent failed with {type(failure).__name__}. See its log."
            _log.error("Instruction %s failed in a way that is not foreseen.", instruction.id, exc_info=failure)
        report = Report(
            instruction_id=instruction.id, outcome=_outcome(failure), code=code, message=message[:MAX_REPORT_CHARS]
        )
        self._finish(report)


def _outcome(failure: Exception) -> Outcome:
    match failure:
        case Expired():
            return Outcome.EXPIRED
        case Refused() | MessageInvalid():
            return Outcome.REFUSED
        case SessionLost():
            return Outcome.SESSION_LOST
        case UnknownOutcome():
            return Outcome.UNKNOWN
        case _:
            return Outcome.FAILED
