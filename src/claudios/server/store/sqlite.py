"""The embedded database: a file with a write-ahead log, written by one connection and read by a few.

A dialect of its own begins the transactions: a listener that does so costs more than many a statement.
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import NullPool

BUSY_TIMEOUT_MS = 5_000
"""How long SQLite waits for another process (such as `setup`) that is writing."""


class Writing(SQLiteDialect_pysqlite):
    """Begins transactions as those that write, so that none is refused in its middle."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: DBAPIConnection) -> None:
        dbapi_connection.cursor().execute("BEGIN IMMEDIATE")


class Reading(SQLiteDialect_pysqlite):
    """Begins transactions that see one snapshot."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: DBAPIConnection) -> None:
        dbapi_connection.cursor().execute("BEGIN")


registry.register("sqlite.writing", __name__, Writing.__name__)
registry.register("sqlite.reading", __name__, Reading.__name__)


def engines(path: Path) -> tuple[Engine, Engine]:
    """Return the engine that writes the file at `path`, which is made if it is not there, and the one that reads it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    writing = create_engine(f"sqlite+writing:///{path}", poolclass=NullPool)
    _on_connect(writing, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}")
    reading = create_engine(f"sqlite+reading:///{path}", poolclass=NullPool)
    _on_connect(reading, f"busy_timeout={BUSY_TIMEOUT_MS}", "query_only=ON")
    return writing, reading


def _on_connect(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _record: object) -> None:
        connection.create_function("lower", 1, _lower, deterministic=True)
        connection.isolation_level = None  # the driver would begin transactions late and by its own lights
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")


def _lower(text: str | None) -> str | None:
    """Return a text in small letters of any alphabet, as the page compares it; SQLite's own knows ASCII alone."""
    return None if text is None else text.lower()
