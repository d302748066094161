"""The agent's process, found by the lock on its state directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from claudios.cli.holder import note_of_holder


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running agent: its process, and since when, as it noted itself."""

    pid: int
    since: str


def daemon_of(state_directory: Path) -> Daemon | None:
    """Return the agent that holds the lock of a state directory, None when none does."""
    pid, _, since = (note_of_holder(state_directory / "lock") or "").strip().partition(" ")
    return Daemon(int(pid), since) if pid.isdecimal() else None
