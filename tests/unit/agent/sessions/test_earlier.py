"""When the log of a session begins with what was said before it (I-20)."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from claudios.agent.output.spool import Spool
from claudios.agent.sessions.earlier import record_once
from claudios.protocol.messages import Fork, StartSession

CONVERSATION = "dc929a62-469a-4413-829d-8f294f920ae4"


@pytest.mark.parametrize("resume", [None, CONVERSATION, Fork(of=CONVERSATION)])
async def test_a_start_that_does_not_ask_for_it_records_nothing(tmp_path: Path, resume: str | Fork | None) -> None:
    assert await recorded(tmp_path, resume=resume) == []


async def test_it_is_recorded_once(tmp_path: Path) -> None:
    fork = Fork(of=CONVERSATION, is_recorded=True)
    assert await recorded(tmp_path, resume=fork) == [1]
    assert await recorded(tmp_path, resume=fork, head=3) == [], "it stands there"


async def recorded(directory: Path, *, resume: str | Fork | None, head: int = 0) -> list[int]:
    """Return from which frame on it was recorded, each time."""
    asked: list[int] = []

    def record(spool_directory: Path, start: StartSession) -> int:
        assert spool_directory == spool.path
        asked.append(start.first_seq)
        return 3

    session_id = str(uuid4())
    spool = Spool(directory / session_id, session_id)
    spool.grow(head)
    await record_once(record, spool, StartSession(session_id=session_id, resume=resume))
    assert spool.head_seq == (3 if asked or head else 0)
    return asked
