"""Append what agents send to the log: check the seal, commit with others, acknowledge, show."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import ChainBroken, FrameInvalid, SignatureInvalid
from claudios.protocol.messages import Ack, Rewind
from claudios.protocol.signing import Batch
from claudios.server.bus.topics import Bus, FramesStored, frames
from claudios.server.ingest.commit import GroupCommit
from claudios.server.ingest.verify import Accept, Refuse, Repeat, Source, Verdict, check_seal, foreign, judge
from claudios.server.store import audit, log

logger = structlog.get_logger(__name__)

CHECKED_INLINE_BYTES = 64 * 1024
"""Larger batches are checked on a thread (hashing lets go of the interpreter); for smaller ones the hop costs more."""


class Ingest:
    """The way of batches from a link into the log."""

    def __init__(
        self, commits: GroupCommit, bus: Bus, stored: Callable[[FramesStored], None], now_ms: Callable[[], int]
    ) -> None:
        """`stored` hears of every commit first: the projection, which must see all sessions."""
        self._commits = commits
        self._bus = bus
        self._stored = stored
        self._now_ms = now_ms
        self._checkers = ThreadPoolExecutor(2, "ingest-check")

    async def append(self, source: Source, batch: Batch) -> asyncio.Future[Ack | Rewind]:
        """Check a batch and queue it; wait only for room. The future resolves after the commit.

        Batches of one source must be passed one after the other. Raises (at once, or from the future) Superseded for
        a registration that is no longer the newest, Unavailable when the database fails.
        """
        problem: SignatureInvalid | ChainBroken | FrameInvalid | None = None
        try:
            if len(batch.frames) <= CHECKED_INLINE_BYTES:
                check_seal(source, batch)
            else:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._checkers, check_seal, source, batch)
        except (SignatureInvalid, ChainBroken, FrameInvalid) as invalid:
            problem = invalid
        kept = replace(batch, frames=b"" if problem else bytes(batch.frames))
        await self._commits.room(len(kept.frames))
        committed = self._commits.submit(
            lambda connection: _append(connection, source, kept, problem, self._now_ms()), size=len(kept.frames)
        )
        answered: asyncio.Future[Ack | Rewind] = asyncio.get_running_loop().create_future()
        committed.add_done_callback(lambda done: self._answer(kept, done, answered))
        return answered

    def close(self) -> None:
        """Let go of the threads."""
        self._checkers.shutdown(wait=False, cancel_futures=True)

    def _answer(self, batch: Batch, committed: asyncio.Future[Verdict], answered: asyncio.Future[Ack | Rewind]) -> None:
        error = None if committed.cancelled() else committed.exception()
        # What is committed is shown, though the link that brought it may be gone and wait for no answer.
        told = None if committed.cancelled() or error else self._told(batch, committed.result())
        if answered.done():
            return
        if error is not None:
            answered.set_exception(error)
        elif told is not None:
            answered.set_result(told)
        else:
            answered.cancel()

    def _told(self, batch: Batch, verdict: Verdict) -> Ack | Rewind:
        if isinstance(verdict, Refuse):
            logger.warning("batch_refused", session=batch.session_id, code=verdict.error.code)
            return Rewind(
                session_id=batch.session_id,
                seq=verdict.seq,
                head=verdict.head.hex(),
                code=verdict.error.code,
                message=verdict.error.message,
            )
        if isinstance(verdict, Repeat):
            return Ack(session_id=batch.session_id, seq=verdict.seq)
        sys.audit("claudios.ingest.committed")
        stored = FramesStored(batch.session_id, batch.first_seq, batch.last_seq, bytes(batch.frames))
        self._stored(stored)
        self._bus.publish(frames(batch.session_id), stored)
        return Ack(session_id=batch.session_id, seq=batch.last_seq)


def _append(
    connection: Connection,
    source: Source,
    batch: Batch,
    problem: SignatureInvalid | ChainBroken | FrameInvalid | None,
    now_ms: int,
) -> Verdict:
    """Store the batch if it may be stored; write down what looks like an attack. One transaction."""
    standing = log.standing(connection, batch.session_id)
    verdict: Verdict
    if problem is None:
        elsewhere = standing is not None and batch.first_seq <= standing.last_seq
        twin = log.twin(connection, batch.session_id, batch.first_seq) if elsewhere else None
        verdict = judge(source, batch, standing, twin)
    elif standing is None or standing.agent_id != source.agent_id:
        verdict = foreign()
    else:
        verdict = Refuse(problem, standing.last_seq, standing.head, audited=True)
    if isinstance(verdict, Accept):
        log.append(connection, source, batch, now_ms)
    elif isinstance(verdict, Refuse) and verdict.audited:
        _write_down(connection, source, batch, verdict.error.code, now_ms)
    return verdict


def _write_down(connection: Connection, source: Source, batch: Batch, code: str, now_ms: int) -> None:
    audit.write_refusal(
        connection,
        now_ms=now_ms,
        actor=source.agent_id,
        action=audit.Action.BATCH_REFUSED,
        target=batch.session_id,
        detail=f"{code}: frames {batch.first_seq} to {batch.last_seq} of boot {batch.boot}",
        project_id=source.project_id,
    )
