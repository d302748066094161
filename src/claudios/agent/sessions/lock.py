"""Locks that outlive the daemon: taken here, handed to a shim, dropped by the kernel when the shim ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from claudios.agent.durable import open_private


def take(path: Path) -> int | None:
    """Return a descriptor that holds the lock of `path`, or None while another process does."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = open_private(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_held(path: Path) -> bool:
    """Say whether another process holds the lock of `path`."""
    if not path.exists():
        return False
    descriptor = take(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
