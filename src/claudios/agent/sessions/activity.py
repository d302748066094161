"""What Claude is at in a terminal, which its screen tells to people alone: read from its own registry of processes.

The Claude CLI keeps `sessions/<process id>.json` in its configuration while it runs, with its `status`: idle, busy or
waiting, and then `waitingFor`. A file is looked at twice a second, which costs nothing beside the CLI itself.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from claudios.shim.processes import descendants

LOOK_SECONDS = 0.5
IDLE = "idle"
MAX_CHARS = 256


@dataclass(frozen=True, slots=True)
class Activity:
    """`state` is what Claude calls it; `reason` says what it waits for."""

    state: str
    reason: str | None = None


async def changes(
    configuration: Path, pid: int, since_ns: int = 0, look_seconds: float = LOOK_SECONDS
) -> AsyncGenerator[Activity]:
    """Yield what the program `pid` is at, now and whenever that is another thing, without an end.

    What was written before `since_ns` is not of it: one that was killed leaves its file, and its number comes again.
    """
    known, told_of = None, pid
    while True:
        found = read_activity(configuration, told_of, since_ns)
        if found is None:
            told_of = _registered_below(configuration, pid, since_ns) or pid
        if found is not None and found != known:
            known = found
            yield found
        await asyncio.sleep(look_seconds)


def _registered_below(configuration: Path, pid: int, since_ns: int) -> int | None:
    """Return the process registered since then that `pid` has started, where that is a script in Claude's place."""
    entries = [entry for entry in configuration.glob("sessions/*.json") if entry.stem.isdigit()]
    registered = {int(entry.stem) for entry in entries if _is_written_since(entry, since_ns)}
    if not registered or pid in registered:  # its own entry may just be being written
        return None
    return min(registered & descendants(pid), default=None)


def _is_written_since(entry: Path, since_ns: int) -> bool:
    try:
        return entry.stat().st_mtime_ns >= since_ns
    except OSError:  # gone meanwhile
        return False


def read_activity(configuration: Path, pid: int, since_ns: int = 0) -> Activity | None:
    """Return what the registry says of a program; None where it says nothing since then, or is just being written."""
    try:
        with (configuration / "sessions" / f"{pid}.json").open("rb") as file:
            if os.fstat(file.fileno()).st_mtime_ns < since_ns:
                return None
            entry = json.loads(file.read())
    except (OSError, ValueError):
        return None
    if not isinstance(entry, dict) or not isinstance(entry.get("status"), str):
        return None
    reason = entry.get("waitingFor")
    return Activity(entry["status"][:MAX_CHARS], reason[:MAX_CHARS] if isinstance(reason, str) else None)
