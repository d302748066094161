"""The store: transactions of plain functions, run on threads, over SQLite or PostgreSQL.

`await store.write(work)` runs `work(connection)` in one transaction on a thread and returns its result after the
commit; `await store.read(work)` does the same on a snapshot that cannot write. A `work` may be run again from its
beginning (PostgreSQL asks for that when two transactions collide), so it changes nothing but the database.

Both databases give the same promise: transactions that write are serializable. SQLite has one writer thread and
`BEGIN IMMEDIATE`, so they are serial; PostgreSQL has a few at isolation level SERIALIZABLE and repeats what collides.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool

from claudios.protocol.errors import InputInvalid, SettingInvalid, Unavailable
from claudios.server.store import sqlite

log = structlog.get_logger(__name__)

T = TypeVar("T")
Work = Callable[[Connection], T]

READERS = 3
POSTGRES_WRITERS = 4
MAX_WAITING = 1024
"""Transactions that may wait for a thread; the next one is refused with Unavailable."""
MAX_REPEATS = 20
FIRST_PAUSE_SECONDS = 0.001

UNSTORABLE = "A value is larger than the database holds, or has characters that it cannot. Correct it."

WRONG_URL = "DATABASE_URL must be postgresql://USER@HOST/NAME or sqlite:///PATH. Correct or unset it."

_COMMIT_TO_DISK = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
"""The other values differ in what they ask of standbys: those are the operator's choice."""
_COLLISIONS = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected


class Store:
    """One database, and the threads that speak to it."""

    def __init__(self, url: str) -> None:
        """Open `sqlite:///PATH` or `postgresql://…` and bring its tables up to date.

        Raises SettingInvalid for another kind of URL, Unavailable when the database does not answer.
        """
        from claudios.server.store.migrate import migrate

        writing, reading, writers = _engines(url)
        self.engines = (writing, reading)
        try:
            migrate(writing)
        except (OperationalError, InterfaceError) as error:
            raise Unavailable(
                f"The database cannot be opened: {error.orig}. Check DATABASE_URL and the disk."
            ) from error
        self._writing = _Threads("store-write", writing, writers)
        self._reading = _Threads("store-read", reading, READERS)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction that may write; return its result once that is on disk.

        Raises what `work` raises (then nothing is written), InputInvalid for a value that cannot be stored, or
        Unavailable when the database fails.
        """
        return await self._writing.run(work)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a consistent snapshot. Raises what `work` raises, or Unavailable."""
        return await self._reading.run(work)

    def close(self) -> None:
        """Finish the transactions that were asked for and let go of the database.

        A writing connection goes last and alone: only such a one takes SQLite's log (`-wal`) into the file.
        """
        self._reading.close()
        self._writing.close()
        for engine in self.engines:
            engine.dispose()


class _Threads:
    """A few threads, each with a connection of its own, that take transactions from one queue in order."""

    def __init__(self, name: str, engine: Engine, count: int) -> None:
        self._engine = engine
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._serve, name=f"{name}-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def run(self, work: Work[T]) -> asyncio.Future[T]:
        if self._jobs.qsize() >= MAX_WAITING:
            raise Unavailable("The database is far behind. Wait a little and try again.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, loop, future))
        return future

    def close(self) -> None:
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        worker = _Worker(self._engine)
        while (job := self._jobs.get()) is not None:
            try:
                result = worker.run(job.work)
            except BaseException as error:  # whatever it is, it belongs to who asked
                job.answer(None, error)
            else:
                job.answer(result, None)
        worker.close()


class _Job:
    """One transaction that somebody on an event loop waits for."""

    __slots__ = ("_future", "_loop", "work")

    def __init__(self, work: Work[Any], loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any]) -> None:
        self.work = work
        self._loop = loop
        self._future = future

    def answer(self, result: object, error: BaseException | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settle, result, error)
        except RuntimeError:  # the loop has closed: nobody waits any more
            log.warning("store_answer_unheard", failed=error is not None)

    def _settle(self, result: object, error: BaseException | None) -> None:
        if self._future.cancelled():
            return
        if error is None:
            self._future.set_result(result)
        else:
            self._future.set_exception(error)


class _Worker:
    """Runs transactions on one connection, which it opens when needed and drops when it breaks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def run(self, work: Work[T]) -> T:
        for repeat in range(MAX_REPEATS):
            try:
                return self._transaction(work)
            except DBAPIError as error:
                if _may_repeat(error) and repeat + 1 < MAX_REPEATS:
                    # who collided once collides again when both repeat at once
                    time.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2 ** min(repeat, 6)))
                    continue
                if isinstance(error, (OperationalError, InterfaceError)):
                    raise Unavailable(f"The database failed: {error.orig}. Check it, and its disk.") from error
                if isinstance(error, DataError):
                    raise InputInvalid(UNSTORABLE) from error
                raise
            except (OverflowError, UnicodeEncodeError) as error:
                raise InputInvalid(UNSTORABLE) from error
        raise AssertionError("the loop above returns or raises")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _transaction(self, work: Work[T]) -> T:
        if self._connection is None:
            self._connection = self._engine.connect()
        transaction = self._connection.begin()
        try:
            result = work(self._connection)
        except BaseException as error:
            transaction.rollback()
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                self.close()
                raise _BrokenBefore.of(error) from error
            raise
        try:
            transaction.commit()
        except DBAPIError:
            self.close()  # whether it is committed is unknown: a fresh connection knows nothing of it
            raise
        return result


class _BrokenBefore(OperationalError):
    """The connection broke before the commit was asked for, so nothing was written and it may be tried again."""

    @classmethod
    def of(cls, error: DBAPIError) -> _BrokenBefore:
        assert error.orig is not None
        return cls(error.statement, error.params, error.orig, connection_invalidated=True)


def _may_repeat(error: DBAPIError) -> bool:
    return isinstance(error, _BrokenBefore) or getattr(error.orig, "sqlstate", None) in _COLLISIONS


def _engines(url: str) -> tuple[Engine, Engine, int]:
    """Return the engine that writes, the one that only reads, and how many threads may write at once."""
    try:
        parsed = make_url(url)
    except ArgumentError as unreadable:
        raise SettingInvalid(WRONG_URL) from unreadable
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return *sqlite.engines(Path(parsed.database)), 1
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        psycopg = parsed.set(drivername="postgresql+psycopg")
        writing = create_engine(psycopg, poolclass=NullPool, isolation_level="SERIALIZABLE")
        event.listen(writing, "connect", _commit_to_disk)
        reading = create_engine(psycopg, poolclass=NullPool, isolation_level="REPEATABLE READ")
        return writing, reading.execution_options(postgresql_readonly=True), POSTGRES_WRITERS
    raise SettingInvalid(WRONG_URL)


def _commit_to_disk(connection: DBAPIConnection, _record: object) -> None:
    """Have a commit wait for the disk whatever the cluster says: agents let go of what they are told is stored."""
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute(_COMMIT_TO_DISK)
    connection.commit()
