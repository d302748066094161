"""All processes that a session has brought into the world, wherever they have hidden."""

from __future__ import annotations

import os
import sys

from claudios.shim.processes import descendants, marked


class Family:
    """The processes below this one, and those anywhere that carry the session's marker.

    On Linux this process is a sub-reaper, so no descendant ever leaves it. Elsewhere orphans go to the system's first
    process: call `collect` before killing anything, while the way down to them still exists.
    """

    def __init__(self, marker: str) -> None:
        self._marker = marker
        self._collected: set[int] = set()

    def collect(self) -> None:
        """Remember who is below this process now."""
        if sys.platform != "linux":
            self._collected |= descendants(os.getpid())

    def living(self) -> set[int]:
        """Return the ids of those that live."""
        found = descendants(os.getpid()) | marked(self._marker)
        return found | {pid for pid in self._collected - found if _exists(pid)}


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
