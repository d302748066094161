"""Reading transactions of a store that are stopped once they have read, so that what they found grows old, or fail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from claudios.server.store.engine import Store


@asynccontextmanager
async def paused_read(store: Store, about: str) -> AsyncIterator[Callable[[], Any]]:
    """Stop the next reading whose SQL contains `about` until the block ends; await what is yielded to be there."""
    there, go_on = threading.Event(), threading.Event()
    engine = store.engines[1]

    def stop(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if about in statement and not there.is_set():
            there.set()
            go_on.wait(60)

    event.listen(engine, "after_cursor_execute", stop)
    try:
        yield lambda: asyncio.to_thread(there.wait, 20)
    finally:
        go_on.set()  # it stays a listener, which other threads may be calling: it stops nothing any more


@contextmanager
def failing_read(store: Store, about: str) -> Iterator[None]:
    """Let every reading whose SQL contains `about` fail until the block ends, as where the database is away."""
    is_over = threading.Event()

    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if about in statement and not is_over.is_set():
            raise OperationalError(statement, None, Exception("the database is away"))

    event.listen(store.engines[1], "before_cursor_execute", fail)
    try:
        yield
    finally:
        is_over.set()  # it stays a listener, which other threads may be calling: it fails nothing any more
