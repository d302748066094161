"""Waits for what must come by itself, that end: what does not come fails its test, and is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def patience(what: str) -> AsyncIterator[None]:
    """Wait for `what` in the block. Raises AssertionError when it does not come."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS) as waiting:
            yield
    except TimeoutError as late:
        if not waiting.expired():
            raise
        raise AssertionError(f"{what} did not come within {PATIENCE_SECONDS:.0f} s") from late
