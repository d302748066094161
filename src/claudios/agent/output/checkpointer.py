"""The checkpoint loop: sign where each session's chain stands at the server, and see that this is kept.

Only what the server has acknowledged is signed, so the server can compare a checkpoint with its log at once. One is
made soon after output, again and again (ever more rarely) while a session is silent, and a final one when its log has
ended. It is on disk before it is sent, and sent on every registration until the server has it; until then the session
gets no other. A failure concerns that session's checkpoints alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from claudios.agent.output.memory import CheckpointMemory
from claudios.protocol.checkpoints import NO_CHECKPOINT, digest, sign_checkpoint
from claudios.protocol.messages import Checkpoint, Checkpointed
from claudios.protocol.signing_key import SigningKey

ACTIVE_SECONDS = 10.0
SILENT_SECONDS = 60.0
MAX_SILENT_SECONDS = 900.0
GATHER_SECONDS = 1.0
"""How long acknowledgements gather before they are looked at: there may be hundreds a second."""

_UNSIGNED = {"key": "0" * 64, "signature": "0" * 128}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Position:
    """Up to which frame the server has a session's log, the chain head there, and whether no more can come."""

    session_id: str
    seq: int
    head: bytes
    has_ended: bool


class _Standing:
    """What is known of one session's checkpoints, and when the next one is due on the monotonic clock."""

    __slots__ = ("is_outstanding", "is_refused", "last", "made_at", "not_before", "silence_seconds")

    def __init__(self, last: Checkpoint | None) -> None:
        self.last = last
        self.is_outstanding = last is not None  # after a restart it is not known whether the server has it
        self.is_refused = False
        self.made_at = 0.0
        self.silence_seconds = SILENT_SECONDS
        self.not_before = 0.0  # a disk that was full is given time

    def due_at(self, position: Position) -> float | None:
        """Return when the next checkpoint is due; None while none is to be made."""
        last = self.last
        if self.is_refused or self.is_outstanding or not position.seq or self._is_final(position):
            return None
        if last is None or position.has_ended:
            return self.not_before
        has_moved = position.seq != last.seq
        return max(self.not_before, self.made_at + (ACTIVE_SECONDS if has_moved else self.silence_seconds))

    def is_closed(self, position: Position) -> bool:
        """Say whether nothing more is to be signed, or can be."""
        return self.is_refused or not position.seq or (self._is_final(position) and not self.is_outstanding)

    def _is_final(self, position: Position) -> bool:
        return position.has_ended and self.last is not None and self.last.final and self.last.seq == position.seq


class Checkpointer:
    """Makes and delivers the checkpoints of all sessions of this machine."""

    def __init__(
        self,
        key: SigningKey,
        memory: CheckpointMemory,
        positions: Callable[[], Iterable[Position]],
        post: Callable[[Checkpoint], None],
        closed: Callable[[str], None],
        *,
        now: Callable[[], float],
        wall_ms: Callable[[], int],
    ) -> None:
        """`closed` is told of a session that is over for the checkpoints too; `now` is the monotonic clock."""
        self._key = key
        self._memory = memory
        self._positions = positions
        self._post = post
        self._closed = closed
        self._now = now
        self._wall_ms = wall_ms
        self._agent_id = ""
        self._takes: bool | None = None  # not known before the first registration
        self._is_open = False
        self._standings: dict[str, _Standing] = {}
        self._wake = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None
        self._settled = asyncio.Event()

    def opened(self, agent_id: str, takes_checkpoints: bool) -> None:
        """Begin a registration: what the server may not have is sent again."""
        self._agent_id, self._takes, self._is_open = agent_id, takes_checkpoints, True
        if takes_checkpoints:
            for standing in self._standings.values():
                if standing.is_outstanding and standing.last is not None:
                    self._post(standing.last)
        else:
            for position in list(self._positions()):
                self._closed(position.session_id)
        self._wake.set()

    def lost(self) -> None:
        """Stop until the next registration."""
        self._is_open = False
        self._settled.set()

    def moved(self) -> None:
        """Take note that the server has more of a log."""
        if self._gathering is None and self._is_open:
            self._gathering = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._gathered)

    def close(self, position: Position) -> bool:
        """Begin to close a session that has ended; say whether its final checkpoint is kept, or never will be."""
        if self._takes is False or not position.seq:
            return True
        standing = self._standings.get(position.session_id)
        if standing is not None and standing.is_closed(position):
            return True
        self._wake.set()
        return False

    def answered(self, answer: Checkpointed) -> None:
        """Take note that the server has a checkpoint, or will never take it."""
        standing = self._standings.get(answer.session_id)
        if standing is None or standing.last is None or standing.last.n != answer.n:
            return
        standing.is_outstanding = False
        if answer.code is not None:
            standing.is_refused = True
            _log.warning(
                "The server refuses checkpoint %d of session %s (%s): its record gets no more of them.",
                answer.n,
                answer.session_id,
                answer.code,
                extra={"session_id": answer.session_id, "code": answer.code},
            )
        self._closed(answer.session_id)
        self._wake.set()
        self._settled.set()

    async def run(self) -> None:
        """Sign for ever."""
        while True:
            self._wake.clear()
            due_in = await self.look()
            self._settled.set()
            if not self._wake.is_set():
                try:
                    async with asyncio.timeout(due_in):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def look(self) -> float | None:
        """Make all checkpoints that are due; return the seconds until the next one is."""
        if not (self._is_open and self._takes):
            return None
        positions = list(self._positions())
        for gone in self._standings.keys() - {position.session_id for position in positions}:
            del self._standings[gone]
        waits = []
        for position in positions:
            standing = self._standings.get(position.session_id) or await self._recall(position.session_id)
            due_at, now = standing.due_at(position), self._now()
            if due_at is not None and due_at <= now:
                await self._sign(position, standing, now)
                due_at = standing.due_at(position)
            if due_at is not None:
                waits.append(due_at - now)
            elif position.has_ended and standing.is_closed(position):
                self._closed(position.session_id)
        return max(0.0, min(waits)) if waits else None

    async def drain(self, seconds: float) -> bool:
        """Close all sessions that have ended; return whether the server has their last checkpoints in time."""
        self._wake.set()
        try:
            async with asyncio.timeout(seconds):
                while self._is_open and self._takes and not all(map(self._is_done, list(self._positions()))):
                    self._settled.clear()
                    await self._settled.wait()
        except TimeoutError:
            return False
        return True

    def _gathered(self) -> None:
        self._gathering = None
        self._wake.set()

    def _is_done(self, position: Position) -> bool:
        standing = self._standings.get(position.session_id)
        return not position.has_ended or (standing is not None and standing.is_closed(position))

    async def _recall(self, session_id: str) -> _Standing:
        """Learn what was last signed of a session, and send it again: whether the server has it is not known."""
        try:
            standing = _Standing(await asyncio.to_thread(self._memory.read, session_id))
        except (OSError, ValueError) as unreadable:
            _log.error("What was signed of session %s cannot be read: %s. It gets no more.", session_id, unreadable)
            standing = _Standing(None)
            standing.is_refused = True
        if standing.last is not None:
            self._post(standing.last)
        self._standings[session_id] = standing
        return standing

    async def _sign(self, position: Position, standing: _Standing, now: float) -> None:
        last = standing.last
        is_silence = last is not None and position.seq == last.seq
        seconds = SILENT_SECONDS if not is_silence else min(MAX_SILENT_SECONDS, standing.silence_seconds * 2)
        at_ms = self._wall_ms()
        unsigned = Checkpoint(
            session_id=position.session_id,
            n=1 if last is None else last.n + 1,
            seq=position.seq,
            head=position.head.hex(),
            at_ms=at_ms,
            next_ms=at_ms if position.has_ended else at_ms + int(seconds * 1000),
            previous=NO_CHECKPOINT if last is None else digest(self._agent_id, last),
            final=position.has_ended,
            **_UNSIGNED,
        )
        made = sign_checkpoint(self._key, self._agent_id, unsigned)
        try:
            await asyncio.to_thread(self._memory.write, made)
        except OSError as problem:  # a full disk: nothing was signed as far as anybody knows, so it is tried again
            _log.warning("A checkpoint of session %s is not on disk: %s", position.session_id, problem)
            standing.not_before = now + SILENT_SECONDS
            return
        standing.last, standing.is_outstanding = made, True
        standing.made_at, standing.silence_seconds = now, seconds
        self._post(made)
