"""Which agent this machine is configured for: the settings that a daemon started here would have."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from claudios.agent import config
from claudios.agent.config import Settings, SettingsInvalid
from claudios.agent.succession import earlier_state
from claudios.cli.up.places import places
from claudios.protocol.errors import ClaudiosError, LocalError, NotFound


@dataclass(frozen=True, slots=True)
class Configured:
    """Settings of an agent, or the problems in them; neither where no agent is configured here."""

    settings: Settings | None
    problems: Sequence[str]

    @property
    def is_of_up(self) -> bool:
        """Whether this is the agent that `claudios up` runs."""
        return self.settings is not None and self.settings.config_file == places().agent_config


def configured(config_path: str | None) -> Configured:
    """Read the settings as the agent would; without any, those of `claudios up`."""
    arguments = [] if config_path is None else ["--config", config_path]
    try:
        return Configured(config.load(arguments, os.environ), ())
    except SettingsInvalid as invalid:
        is_meant = config_path is not None or any(os.environ.get(name) for name in ("AGENT_TOKEN", "AGENT_TOKEN_FILE"))
        is_absent = all("is missing" in problem for problem in invalid.problems)
        if is_meant or not is_absent:
            return Configured(None, invalid.problems)
    if places().agent_config.exists():
        return configured(str(places().agent_config))
    return Configured(None, ())


def require(config_path: str | None) -> Configured:
    """Return the settings of this machine's agent. Raises SettingsInvalid, or NotFound when there is none."""
    found = configured(config_path)
    if found.problems:
        raise SettingsInvalid(found.problems)
    if found.settings is None:
        raise NotFound(
            "No agent is configured here. Give --config PATH, or write config.json: see `claudios agent --help`."
        )
    return found


def state_of(settings: Settings) -> Path:
    """Return the directory with the agent's state: that of its earlier token, until its daemon knows the new one.

    Raises LocalError when only the server knows which that is, and it does not answer.
    """
    try:
        return asyncio.run(earlier_state(settings)) or settings.state_directory
    except ClaudiosError as failed:
        raise LocalError(
            "The token is new on this machine, and whose it is only the server knows. "
            f"{failed.message} Try again when it answers."
        ) from failed
