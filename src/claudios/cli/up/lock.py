"""One supervisor per state directory: a lock the kernel drops with the process, and a note of what runs."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from claudios.cli.holder import note_of_holder
from claudios.protocol.errors import AlreadyRunning


@dataclass(frozen=True, slots=True)
class Running:
    """What the supervisor that holds the lock says of itself; no url before its server is ready."""

    pid: int
    port: int
    url: str
    is_demo: bool
    is_ready: bool


class UpLock:
    """Holds the lock file while this process lives."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises AlreadyRunning when another process has it; `running` then tells of that one."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            os.close(self._file)
            raise AlreadyRunning("`claudios up` already runs.") from held
        os.ftruncate(self._file, 0)

    def note(self, running: Running) -> None:
        """Tell others what runs, in one write."""
        raw = json.dumps(asdict(running)).encode()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, raw, 0)

    def release(self) -> None:
        """Let another supervisor in."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def running(path: Path) -> Running | None:
    """Return what the holder of the lock noted, None when it has not yet, or nobody holds it."""
    try:
        return Running(**json.loads(note_of_holder(path) or ""))
    except (ValueError, TypeError):  # not noted yet, or half of it
        return None
