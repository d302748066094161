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
    def api_token(self) -> Path:
        """The API token with which `up` signs the command line in, at whatever port."""
        return self.state / "up" / "api-token"

    @property
    def has_server_key(self) -> bool:
        """Whether the server has been set up here before."""
        key = self.server / "server.key"
        return key.exists() and key.stat().st_size > 0

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


def write_private(path: Path, content: str) -> None:
    """Write a file whole, readable by its owner alone."""
    temporary = path.with_suffix(".new")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as opened:
        opened.write(content)
    temporary.replace(path)


def places() -> Places:
    """Return the places of this user: $XDG_STATE_HOME/claudios, or ~/.local/state/claudios."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return Places((Path(base) if base.startswith("/") else Path.home() / ".local" / "state") / "claudios")
