"""A reading transaction of a store, stopped once it has read: what it found grows old until a test lets it go on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event

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
