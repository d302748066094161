"""The agent's process, found by the lock on its state directory."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running agent: its process, and since when, as it noted itself."""

    pid: int
    since: str


def daemon_of(state_directory: Path) -> Daemon | None:
    """Return the agent that holds the lock of a state directory, None when none does."""
    path = state_directory / "lock"
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, _, since = os.pread(file, 200, 0).decode(errors="replace").strip().partition(" ")
            return Daemon(int(pid), since) if pid.isdecimal() else None
        return None
    finally:
        os.close(file)
