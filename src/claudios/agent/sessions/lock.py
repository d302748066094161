"""Locks that outlive the daemon: taken here, handed to a shim, dropped by the kernel when the shim ends."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

from claudios.agent.durable import open_private

LOOK_SECONDS = 0.01


def take(path: Path) -> int | None:
    """Return a descriptor that holds the lock of `path`, or None while another process does."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        descriptor = open_private(path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)  # it was dropped and unlinked between opening and locking: lock the file that is there now


async def take_within(path: Path, seconds: float) -> int | None:
    """Take a lock, waiting for a holder that is just leaving; None when it stays."""
    for _ in range(int(seconds / LOOK_SECONDS)):
        held = take(path)
        if held is not None:
            return held
        await asyncio.sleep(LOOK_SECONDS)
    return None


def is_held(path: Path) -> bool:
    """Say whether another process holds the lock of `path`."""
    if not path.exists():
        return False
    descriptor = take(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


async def is_free_within(path: Path, seconds: float) -> bool:
    """Say whether the lock of `path` is free, waiting for a holder that is just leaving."""
    held = await take_within(path, seconds) if path.exists() else None
    if held is None:
        return not path.exists()
    os.close(held)
    return True


def unlink(path: Path) -> None:
    """Remove a lock file that nobody holds."""
    held = take(path)
    if held is not None:
        path.unlink()
        os.close(held)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
