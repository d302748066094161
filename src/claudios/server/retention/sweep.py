"""The sweep: what projects do not keep is checked once more, removed, and a tombstone put in its place.

One session at a time, the oldest first, each in one transaction, so that frames and tombstone never both stand and
never both lack; nothing else waits longer for it. A session whose record does not hold is left as it is: removing it
would destroy what shows that. Several servers on one database may sweep at once: one of them removes a session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import ClaudiosError, Unavailable
from claudios.protocol.record import Closing, RecordCheck
from claudios.protocol.tombstone import Cause, Tombstone, sign_tombstone
from claudios.server.bus.topics import Changed
from claudios.server.keys import ServerKey
from claudios.server.record import walk
from claudios.server.store import audit, changes, indexing, retention, sessions
from claudios.server.store.audit import Action
from claudios.server.store.retention import DAY_MS, Due
from claudios.server.store.transactions import Transactions

log = structlog.get_logger(__name__)


FIRST_SECONDS = 60.0
EVERY_SECONDS = 3600.0
AT_ONCE = 100
"""Sessions of one project that are looked at before the next project has its turn."""
SERVER = "server"


class Sweep:
    """Removes what is due. `begin_anew` has a session's viewers look again; `tell` tells people of changes."""

    def __init__(
        self,
        store: Transactions,
        key: ServerKey,
        *,
        begin_anew: Callable[[str], None],
        tell: Callable[[Iterable[Changed]], None],
        now_ms: Callable[[], int],
        audit_days: int | None,
    ) -> None:
        self._store = store
        self._key = key
        self._begin_anew = begin_anew
        self._tell = tell
        self._now_ms = now_ms
        self._audit_days = audit_days
        self._sooner = asyncio.Event()

    def hasten(self) -> None:
        """Sweep soon: somebody has changed what is kept."""
        self._sooner.set()

    async def run(self) -> None:
        """Sweep every hour, and when hastened. Ends only by cancellation."""
        pause = FIRST_SECONDS
        while True:
            try:
                async with asyncio.timeout(pause):
                    await self._sooner.wait()
            except TimeoutError:
                pass  # the hour is over
            self._sooner.clear()
            pause = EVERY_SECONDS
            try:
                if not await self.sweep():
                    self._sooner.set()  # more is due
            except Unavailable as problem:
                log.warning("retention_postponed", problem=problem.message)

    async def sweep(self) -> bool:
        """Remove what is due now, at most AT_ONCE sessions a project; say whether that was all."""
        is_all = True
        for project_id in await self._store.read(retention.limited):
            due = await self._store.read(lambda connection, which=project_id: self._due(connection, which))  # type: ignore[misc]
            for found in due[:AT_ONCE]:
                await self._try(project_id, found)
            is_all = is_all and len(due) <= AT_ONCE
        if self._audit_days is not None:
            before_ms = self._now_ms() - self._audit_days * DAY_MS
            gone = await self._store.write(lambda connection: audit.forget_before(connection, before_ms))
            if gone:
                log.info("audit_shortened", lines=gone)
        return is_all

    def _due(self, connection: Connection, project_id: str) -> list[Due]:
        return retention.due(connection, project_id, retention.policy(connection, project_id), self._now_ms())

    async def _try(self, project_id: str, found: Due) -> None:
        """Remove a session's output; one that the server fails at stays, and ends neither this loop nor the server."""
        try:
            await self._remove(project_id, found)
        except Unavailable:
            raise
        except ClaudiosError as failed:
            await self._leave(project_id, found, failed.message)
        except Exception:  # the rim: the other sessions have their turn
            log.exception("removal_failed", session=found.session_id)
            await self._leave(project_id, found, "The server failed at it. Its log says why.")

    async def _remove(self, project_id: str, found: Due) -> None:
        extent = await self._store.read(lambda connection: self._extent(connection, found))
        if extent is None:
            return
        check, closing = await walk.check(self._store, self._key, extent, self._now_ms())
        why = check.fault.text if check.fault else None if closing is Closing.CLOSED else "The record is not closed."
        if why is not None:
            await self._leave(project_id, found, why)
            return
        tombstone = self._tombstone(extent.session.agent_id, found, check)

        def work(connection: Connection) -> tuple[Changed, ...] | None:
            is_due = any(each == found for each in self._due(connection, project_id))  # by the policy as it is now
            if not is_due or not retention.remove(connection, found, tombstone, notice(tombstone)):
                return None
            audit.write(
                connection,
                now_ms=tombstone.removed_ms,
                actor=SERVER,
                action=Action.OUTPUT_REMOVED,
                target=found.session_id,
                detail=f"frames 1 to {found.last_seq}, by {found.cause.value}",
                project_id=project_id,
            )
            change = changes.session(connection, found.session_id)
            return () if change is None else (change,)

        told = await self._store.write(work)
        if told is None:
            return
        log.info("output_removed", session=found.session_id, cause=found.cause.value, bytes=found.bytes)
        self._begin_anew(found.session_id)
        self._tell(told)
        await self._clear_index(found.session_id)

    async def _clear_index(self, session_id: str) -> None:
        """Delete its words, which are found no more, a piece at a time; what an end leaves goes with the follower."""
        while not await self._store.write(lambda connection: indexing.forget_outdated(connection, session_id)):
            pass

    def _extent(self, connection: Connection, found: Due) -> walk.Extent | None:
        session = sessions.get(connection, found.session_id)
        if session is None or session.removed_ms is not None:
            return None  # somebody was quicker
        if (session.epoch, session.last_seq) != (found.epoch, found.last_seq):
            return None
        return walk.extent(connection, session, self._now_ms())

    async def _leave(self, project_id: str, found: Due, why: str) -> None:
        """Leave a session whose record does not hold as it is, and say so once."""

        def work(connection: Connection) -> bool:
            if not retention.note_unremovable(connection, found, why):
                return False
            audit.write(
                connection,
                now_ms=self._now_ms(),
                actor=SERVER,
                action=Action.OUTPUT_NOT_REMOVED,
                target=found.session_id,
                detail=why,
                project_id=project_id,
            )
            return True

        if await self._store.write(work):
            log.warning("output_not_removed", session=found.session_id, problem=why)

    def _tombstone(self, agent_id: str, found: Due, check: RecordCheck) -> Tombstone:
        unsigned = Tombstone(
            session_id=found.session_id,
            last_seq=found.last_seq,
            head=check.head.hex(),
            batches=check.batches,
            bytes=found.bytes,
            checkpoints=check.checkpoints,
            removed_ms=self._now_ms(),
            cause=found.cause,
            kept=found.kept,
            key=self._key.tombstones.public,
            signature="0" * 128,
        )
        return sign_tombstone(self._key.tombstones, agent_id, unsigned)


def notice(tombstone: Tombstone) -> str:
    """Return what people read in the place of the transcript."""
    day = datetime.fromtimestamp(tombstone.removed_ms / 1000, UTC).strftime("%Y-%m-%d")
    limit = (
        f"keeps output for {tombstone.kept} {'day' if tombstone.kept == 1 else 'days'}"
        if tombstone.cause is Cause.AGE
        else f"keeps {tombstone.kept:,} bytes of output"
    )
    return f"The output of this session was removed on {day}: its project {limit}. The record of that still verifies."
