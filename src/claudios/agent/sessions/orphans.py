"""Shims that no session claims: their directory is gone, or cannot be read. Nobody could ever reach or end them.

Only shims that were launched from this agent's own directory count: another agent's are none of its business. Found by
their command lines, which only Linux shows at little cost; elsewhere this finds none.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from claudios.shim.processes import descendants, signal_all

END_SECONDS = 15.0
LOOK_SECONDS = 0.1

_PROC = Path("/proc")
_SHIM = b"claudios/shim/__main__.py"
_log = logging.getLogger(__name__)


def find_orphans(directory: Path, claimed: Collection[str]) -> dict[int, str]:
    """Return the living shims that were launched from below `directory` for sessions that are not claimed, by pid."""
    return {pid: session_id for pid, session_id in _shims(directory.resolve()) if session_id not in claimed}


async def end_orphans(orphans: Mapping[int, str]) -> None:
    """Have each shim end its program, and kill those that have not done so in END_SECONDS."""
    for pid, session_id in orphans.items():
        _log.warning("Session %s has no readable directory any more, and still runs. It is ended.", session_id)
        signal_all({pid}, signal.SIGTERM)
    left = set(orphans)
    for _ in range(int(END_SECONDS / LOOK_SECONDS)):
        left = {pid for pid in left if _session_of(pid) == orphans[pid]}
        if not left:
            return
        await asyncio.sleep(LOOK_SECONDS)
    for pid in left:
        signal_all(descendants(pid) | {pid}, signal.SIGKILL)


def _shims(directory: Path) -> Iterator[tuple[int, str]]:
    """Yield process id and session of each living shim that was launched from below a directory."""
    for entry in _PROC.glob("[0-9]*"):
        launched = _launched_from(int(entry.name))
        if launched is not None and launched.parent.resolve() == directory:
            yield int(entry.name), launched.name


def _session_of(pid: int) -> str | None:
    launched = _launched_from(pid)
    return None if launched is None else launched.name


def _launched_from(pid: int) -> Path | None:
    """Return the session's directory of a shim of this user; None for any other process."""
    entry = _PROC / str(pid)
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        is_ours = entry.stat().st_uid == os.getuid()
    except OSError:
        return None  # it has just ended
    if not is_ours or len(words) < 3 or not words[-3].endswith(_SHIM):
        return None
    return Path(os.fsdecode(words[-2])).parent
