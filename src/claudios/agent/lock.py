"""One daemon per state directory: a lock the kernel drops with the process, and a note of who holds it."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from claudios.protocol.errors import AlreadyRunning


class StateLock:
    """Holds `directory`/lock while the process lives; the file says `pid since` for the one that comes second."""

    def __init__(self, directory: Path) -> None:
        """Take the lock, making the directory (0700). Raises AlreadyRunning, naming the holder."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            holder = os.pread(self._file, 200, 0).decode(errors="replace").split(maxsplit=1)
            os.close(self._file)
            pid, since = holder if len(holder) == 2 else ("unknown", "an unknown time")
            raise AlreadyRunning(
                f"An agent already runs on {directory}: process {pid}, since {since.strip()}. "
                "Stop it first, or give this one another `stateDirectory`."
            ) from held
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()} {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode(), 0)

    def release(self) -> None:
        """Let another daemon in."""
        os.close(self._file)
