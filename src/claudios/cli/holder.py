"""What the process that holds a lock file has noted in it. The kernel drops such a lock with its process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

NOTE_BYTES = 4096


def note_of_holder(path: Path) -> str | None:
    """Return what the holder of the lock noted, "" when it has not yet; None when nobody holds it."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(file, NOTE_BYTES, 0).decode(errors="replace")
    finally:
        os.close(file)
    return None
