"""Where `claudios up` keeps things: all of it below the user's state directory, readable by the user alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The directories and files of one user's `claudios up`."""

    state: Path

    @property
    def server(self) -> Path:
        return self.state / "server"

    @property
    def agent(self) -> Path:
        """Where the agent of this machine keeps sessions and undelivered output."""
        return self.state / "agent" / "up"

    @property
    def agent_config(self) -> Path:
        """The agent's settings, its token among them."""
        return self.state / "up" / "agent.json"

    @property
    def demo(self) -> Path:
        """The home of the Claude CLI in a demo, so that the person's own settings stay untouched."""
        return self.state / "up" / "demo"

    @property
    def logs(self) -> Path:
        return self.state / "up" / "logs"

    @property
    def lock(self) -> Path:
        return self.state / "up.lock"

    def make(self) -> None:
        """Make the directories, each 0700."""
        for each in (self.state, self.agent_config.parent, self.logs):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)


def places() -> Places:
    """Return the places of this user: $XDG_STATE_HOME/claudios, or ~/.local/state/claudios."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return Places((Path(base) if base.startswith("/") else Path.home() / ".local" / "state") / "claudios")
