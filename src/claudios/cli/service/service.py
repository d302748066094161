"""What a service needs to know, and what installing one comes to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MODULE = ("-P", "-m", "claudios.agent")
"""What the interpreter runs, with nothing from the directory it is started in."""
WRONG_SETTINGS = 2
"""The agent's exit code for wrong settings, which no restart mends."""


@dataclass(frozen=True, slots=True)
class Service:
    """An agent to be run: its interpreter, its settings file (which holds the token), its PATH, and as whom."""

    python: Path
    config: Path
    search_path: str
    home: Path
    is_system: bool
    run_as: str | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """A file to write, and the commands around it."""

    path: Path
    content: str
    start: tuple[str, ...]
    logs: str
    undo: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """What an installed service gives its agent: a file of variables, a PATH, and a user where one is named."""

    variables: Path
    search_path: str
    run_as: str | None
