"""What was said before a session: the conversation, held outside of ClaudiOS, with which its log begins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from claudios.agent.output.spool import Spool
from claudios.protocol.messages import Fork, StartSession

RecordEarlier = Callable[[Path, StartSession], int]
"""Writes what was said into a spool's directory, blocking, all or nothing; returns the number of the last frame."""


async def record_once(record: RecordEarlier, spool: Spool, start: StartSession) -> None:
    """Put it at the beginning of a log where a start asks for it and it is not there yet. Raises what `record` does."""
    if isinstance(start.resume, Fork) and start.resume.is_recorded and spool.head_seq < start.first_seq:
        spool.grow(await asyncio.to_thread(record, spool.path, start))
