"""How long the database may work at what a person asked for: a reader that works at it is no one else's meanwhile."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from claudios.protocol.errors import ClaudiosError

_STEPS = 10_000
"""Of SQLite's virtual machine between two looks at the clock: less than a millisecond."""
_QUERY_CANCELED = "57014"


@contextmanager
def within(connection: Connection, seconds: float, otherwise: ClaudiosError) -> Iterator[None]:
    """Have the database give up once `seconds` are over. Raises `otherwise` then."""
    raw = connection.connection.driver_connection
    try:
        if isinstance(raw, sqlite3.Connection):
            until = time.monotonic() + seconds
            raw.set_progress_handler(lambda: time.monotonic() >= until, _STEPS)
        else:  # until the end of the transaction
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")
        yield
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_INTERRUPT or getattr(error.orig, "sqlstate", None) == _QUERY_CANCELED:
            raise otherwise from error
        raise
    finally:
        if isinstance(raw, sqlite3.Connection):
            raw.set_progress_handler(None, 0)
