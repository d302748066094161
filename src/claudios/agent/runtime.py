"""The composition root: the parts of the agent, and how instructions and output pass through them.

    server ═link═▶ connection ─▶ inbox (journal) ─▶ dispatch ─▶ sessions ─▶ shim ─▶ Claude CLI
    server ═link═▶ connection ─▶ keyboard ─▶ sessions ─▶ shim ─▶ Claude CLI in a terminal
    server ◀═link═ connection ◀─ streamer ◀─ spool ◀──────────────────────── shim ◀─ Claude CLI
    server ◀═link═ connection ◀─ checkpointer ◀─ what the server has acknowledged

Nothing travels back by return value: what became of an instruction is a report through the inbox.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import time
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import partial

from claudios import __version__
from claudios.agent import machine
from claudios.agent.answers import Answers
from claudios.agent.asked import Asked
from claudios.agent.client.address import tls_context
from claudios.agent.client.carrier import Carrier
from claudios.agent.client.clock import ServerClock
from claudios.agent.client.connection import Connection
from claudios.agent.config import Settings, Transport
from claudios.agent.conversations.kept import Kept
from claudios.agent.conversations.recording import record_earlier
from claudios.agent.files import files_of
from claudios.agent.files.places import own_paths
from claudios.agent.git.answers import as_worktree, git_of
from claudios.agent.git.program import Git
from claudios.agent.git.worktrees import Worktrees
from claudios.agent.instructions.dispatch import Dispatch
from claudios.agent.instructions.inbox import Inbox
from claudios.agent.keyboard import Keyboard
from claudios.agent.machine_key import open_key
from claudios.agent.notify import Notifier
from claudios.agent.output.checkpointer import Checkpointer, Position
from claudios.agent.output.memory import CheckpointMemory
from claudios.agent.output.seal import Sealer
from claudios.agent.output.spool import Spool
from claudios.agent.output.streamer import Streamer
from claudios.agent.sessions.launcher import ClaudeCommand, claude_environment
from claudios.agent.sessions.manager import SessionManager
from claudios.agent.sessions.room import shortage
from claudios.agent.sessions.shim_client import Room
from claudios.agent.status import StatusLoop
from claudios.agent.succession import installation_of, remember
from claudios.protocol.asking import Ask
from claudios.protocol.errors import AgentInUse, DiskFull
from claudios.protocol.ids import AgentKeys, agent_keys
from claudios.protocol.messages import (
    Ack,
    AgentError,
    Bye,
    Checkpointed,
    Hello,
    Instruction,
    ListPaths,
    Machine,
    Reported,
    Rewind,
    ServerMessage,
    SessionState,
    SessionStatus,
    Status,
    Tune,
    Typed,
    Welcome,
)

DELIVER_SECONDS = 10.0
CLOSE_SECONDS = 3.0
UNTYPED = (
    "The terminal ended before Claude was ready in it, so the prompt that the session was started with was not typed. "
    "Where the session does not resume by itself, resume it, and type it there."
)

_log = logging.getLogger(__name__)


class Ending(Enum):
    """How a run ended: for good with its sessions, for good without them, or to begin again as a fresh process."""

    STOPPED = "stopped"
    LEFT = "left"
    RESTART = "restart"


class Agent:
    """One running daemon. Make it and `run` it inside one event loop."""

    def __init__(self, settings: Settings, described: Machine, claude: ClaudeCommand) -> None:
        keys = agent_keys(settings.token)
        state = settings.state_directory
        self._settings = settings
        self._keys = keys
        self._agent_id = ""
        self._named: frozenset[str] = frozenset()
        self._openings = 0
        self._has_replayed = False
        self._is_stopping = False
        self._short_of_room: set[str] = set()
        self._is_adopting = True
        self._is_disk_full = False
        self._notifier = Notifier()
        self._clock = ServerClock()
        self._installation = installation_of(state)
        self._run_id = secrets.token_hex(8)
        self._connection = Connection(
            _carrier(settings, keys), settings.server_url, self, ends_if_taken=not self._notifier.is_heard
        )
        self._inbox = Inbox(state / "journal", keys.instruct, self._connection.post)
        git = self._git = Git(claude_environment(os.environ))  # it may run a person's own filters, which need no token
        self._worktrees = Worktrees(
            settings.policy.worktrees or state / "worktrees",
            git,
            settings.policy.permit_directory,
            lambda session_id: self._sessions.is_running(session_id),
        )
        kept = Kept(claude.environment, settings.policy)
        self._sessions = SessionManager(
            state / "sessions",
            claude,
            settings.max_concurrent_sessions,
            self,
            spool_max_bytes=settings.spool_max_bytes,
            make_worktree=lambda session_id, place: self._worktrees.create(session_id, place).working_directory,
            record_earlier=partial(record_earlier, kept, settings.spool_max_bytes),
            discard_worktree=self._worktrees.discard,
        )
        self._dispatch = Dispatch(
            self._sessions, settings.policy, self._inbox.begin_again, self._inbox.finish, self._clock.now_ms
        )
        self._keyboard = Keyboard(keys.instruct, settings.policy.modes, self._sessions)
        self._answers = Answers(settings.policy, self._connection.post)
        answers = {
            **files_of(settings),
            **git_of(git, self._worktrees, settings.policy, own_paths(settings)),
            **kept.answering,
        }
        self._asked = Asked(keys.instruct, answers, self._connection.post)
        self._machine = described.model_copy(update={"answers": self._asked.kinds})
        self._streamer = Streamer(
            self._sessions,
            self._connection,
            settings.output_flush_interval_ms,
            self._connection.post,
            time.monotonic,
        )
        self._key = open_key(state)
        self._checkpointer = Checkpointer(
            self._key,
            CheckpointMemory(state / "checkpoints"),
            self._positions,
            self._connection.post,
            self._sessions.settle,
            now=time.monotonic,
            wall_ms=lambda: time.time_ns() // 1_000_000,
        )
        self._status = StatusLoop(self._measure, self._connection.post)

    async def run(self) -> Ending:
        """Serve until a signal says how to end. Raises AgentInUse where another daemon is connected as this agent."""
        loop = asyncio.get_running_loop()
        ending: asyncio.Future[Ending] = loop.create_future()
        for number, kind in (
            (signal.SIGINT, Ending.STOPPED),
            (signal.SIGTERM, Ending.STOPPED),
            (signal.SIGUSR1, Ending.LEFT),
            (signal.SIGHUP, Ending.RESTART),
        ):
            loop.add_signal_handler(number, self._end, ending, kind)
        await self._sessions.adopt()
        self._is_adopting = False
        try:
            how = await self._serve(ending)
        except ExceptionGroup as failed:
            taken = failed.subgroup(AgentInUse)
            raise failed if taken is None else taken.exceptions[0] from None
        finally:
            self._inbox.close()
        return how

    async def _serve(self, ending: asyncio.Future[Ending]) -> Ending:
        async with asyncio.TaskGroup() as loops:
            running = [
                loops.create_task(self._connection.run(), name="carrier"),
                loops.create_task(self._streamer.run(), name="streamer"),
                loops.create_task(self._checkpointer.run(), name="checkpoints"),
                loops.create_task(self._status.run(), name="status"),
                loops.create_task(self._notifier.watch(), name="watchdog"),
            ]
            self._notifier.send("READY=1")
            how = await ending
            await self._wind_down(how)
            for task in running:
                task.cancel()
        return how

    # What the link says

    def registration(self) -> Hello:
        self._openings += 1
        sessions = self._statuses()
        self._named = frozenset(status.session_id for status in sessions)
        return Hello(
            agent_version=__version__,
            instance=f"{self._machine.hostname}:{os.getpid()}"[:256],
            machine=self._machine,
            sessions=sessions,
            received=self._inbox.received,
            checkpoint_key=self._key.public,
            installation=self._installation,
            run=self._run_id,
            opening=self._openings,
            lists_paths=True,
        )

    def opened(self, welcome: Welcome) -> None:
        self._agent_id = welcome.agent_id
        remember(self._settings.state_directory, welcome.agent_id)
        self._clock.set(welcome.server_time_ms)
        self._keyboard.opened(welcome)
        self._asked.opened(welcome)
        self._streamer.opened(welcome, self._named, self._sealer)
        self._checkpointer.opened(welcome.agent_id, welcome.takes_checkpoints)  # from the cursors that are known now
        for report in self._inbox.unreported():
            self._connection.post(report)
        if not self._has_replayed:
            self._dispatch.submit(self._inbox.unfinished(), is_again=True)
            self._has_replayed = True
        self._status.changed()

    def received(self, messages: Sequence[ServerMessage]) -> None:
        instructions = []
        for message in messages:
            match message:
                case Instruction():
                    instructions.append(message)
                case Ack():
                    self._streamer.acknowledge(message)
                    self._checkpointer.moved()
                case Checkpointed():
                    self._checkpointer.answered(message)
                case Rewind():
                    self._streamer.rewind(message)
                case Tune():
                    self._streamer.watch(message.watched)
                case Typed():
                    if not self._is_stopping:
                        self._keyboard.take(message)
                case ListPaths():
                    self._answers.asked(message)
                case Ask():
                    self._asked.take(message)
                case Reported():
                    self._inbox.settle(message.instruction_ids)
                case _:
                    pass  # Welcome and Bye are the connection's
        if instructions and not self._is_stopping:
            self._take(instructions)

    def _take(self, instructions: Sequence[Instruction]) -> None:
        """Journal and carry out; what a full disk does not take the server sends again, and the link stays."""
        try:
            taken = self._inbox.take(self._agent_id, instructions)
        except DiskFull as full:
            _log.error("Instructions cannot be taken: %s", full.message, extra={"code": full.code})
            self._connection.post(AgentError(code=full.code, message=full.message))
            self._is_disk_full = True
            return
        if self._is_disk_full:
            self._is_disk_full = False
            self._connection.post(AgentError(code=DiskFull.code, message="There is room again.", resolved=True))
        self._dispatch.submit(taken)

    def closed(self, *, by_failure: bool) -> None:
        self._streamer.closed(by_failure=by_failure)
        self._checkpointer.lost()

    # What the sessions say

    def output(self, session_id: str) -> None:
        self._streamer.output(session_id)

    def changed(self, status: SessionStatus) -> None:
        fields = {"session_id": status.session_id, "code": status.reason}
        match status.state:
            case SessionState.QUEUED:
                _log.info("Session queued: %s", status.session_id, extra=fields)
            case SessionState.RUNNING:
                _log.info("Session started: %s", status.session_id, extra=fields)
            case SessionState.ENDED:
                _log.info("Session ended: %s (%s)", status.session_id, status.reason, extra=fields)
                self._streamer.finish(status.session_id)
            case SessionState.STARTING:
                pass  # what people wait for is that it runs
        self._status.changed()

    def untyped(self, session_id: str) -> None:
        self._connection.post(AgentError(code="untyped", message=UNTYPED, session_id=session_id))

    def room(self, session_id: str, room: Room) -> None:
        told = shortage(session_id, room)
        if not told.resolved or session_id in self._short_of_room or self._is_adopting:
            self._connection.post(told)  # while adopting, of what an earlier daemon may have told
        if told.resolved:
            self._short_of_room.discard(session_id)
        else:
            _log.warning("%s", told.message, extra={"session_id": session_id, "code": told.code})
            self._short_of_room.add(session_id)

    def close_record(self, session_id: str) -> bool:
        spool = self._sessions.spool(session_id)
        return self._checkpointer.close(Position(session_id, spool.acked_seq, spool.acked_head, has_ended=True))

    def _positions(self) -> Iterator[Position]:
        for status in self._sessions.statuses():
            spool = self._sessions.spool(status.session_id)
            has_ended = status.state is SessionState.ENDED and spool.is_acked
            yield Position(status.session_id, spool.acked_seq, spool.acked_head, has_ended)

    def _sealer(self, spool: Spool) -> Sealer:
        return Sealer(self._keys.sign, self._agent_id, spool.session_id, spool.acked_seq, spool.acked_head)

    def _measure(self) -> Status:
        return machine.measure(self._settings.state_directory, self._statuses())

    def _statuses(self) -> tuple[SessionStatus, ...]:
        statuses = []
        for status in self._sessions.statuses():
            spool = self._sessions.spool(status.session_id)
            seq, head = self._streamer.position(spool)
            last_seq = None if self._streamer.is_held(spool) else spool.head_seq
            record = self._worktrees.of(status.session_id)
            worktree = None if record is None else as_worktree(record)
            told = {"seq": seq, "head": head.hex(), "last_seq": last_seq, "worktree": worktree}
            statuses.append(status.model_copy(update=told))
        return tuple(statuses)

    # How it ends

    def _end(self, ending: asyncio.Future[Ending], how: Ending) -> None:
        if not ending.done():
            ending.set_result(how)
        elif how is Ending.STOPPED:
            self._sessions.end_all()
            _log.warning("Stopped at once. Sessions that have not ended yet go on ending by themselves.")
            os._exit(130)

    async def _wind_down(self, how: Ending) -> None:
        self._is_stopping = True
        if how is Ending.RESTART:
            _log.info("Restarting. Sessions go on meanwhile.")
            self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        else:
            whose = (
                "are asked to end; Ctrl+C again stops at once" if how is Ending.STOPPED else "go on, for the next agent"
            )
            _log.info("Stopping. Sessions %s.", whose)
            self._notifier.send("STOPPING=1")
        await self._dispatch.close()
        self._git.close()  # afterwards: a start whose worktree is not made yet is no failed one, but begun again
        await self._sessions.close(terminate=how is Ending.STOPPED)
        if how is Ending.STOPPED and not await self._streamer.drain(DELIVER_SECONDS):
            _log.warning("Some output could not be delivered. It is kept, and sent when the agent starts again.")
        if how is Ending.STOPPED and not await self._checkpointer.drain(CLOSE_SECONDS):
            _log.warning("Some records are not closed yet. They are when the agent starts again.")
        await self._connection.leave(Bye(code="shutdown", message=f"The agent has {how.value}."))
        _log.info("Agent makes way for its next process." if how is Ending.RESTART else "Agent stopped.")


def _carrier(settings: Settings, keys: AgentKeys) -> Carrier:
    """Make the carrier of the settings; each brings a library with it that the other does not need."""
    tls = tls_context(settings.server_url, settings.ca_file)

    def poll() -> Carrier:
        from claudios.agent.client.poll import PollCarrier

        return PollCarrier(settings.server_url, keys.auth, settings.poll_interval_ms, tls)

    if settings.transport is Transport.POLL:
        return poll()
    from claudios.agent.client.auto import AutoCarrier
    from claudios.agent.client.websocket import WebSocketCarrier

    websocket = WebSocketCarrier(settings.server_url, keys.auth, tls)
    return websocket if settings.transport is Transport.WEBSOCKET else AutoCarrier(websocket, poll)
