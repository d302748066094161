"""Which environment Claude gets: the agent's, which need not be that of who asks the doctor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import psutil

from claudios.agent.config import VARIABLES, Settings
from claudios.agent.sessions.launcher import claude_environment
from claudios.cli.daemon import Daemon
from claudios.cli.service import installed


def environment_of_claude(daemon: Daemon | None, settings: Settings) -> Mapping[str, str]:
    """Return what the agent with these settings gives Claude.

    It comes from the agent's process, else from its service, else from here: an agent started here would have that.
    """
    own = _of_process(daemon) or _of_service(settings) or os.environ
    kept = {name: value for name, value in own.items() if name not in VARIABLES}
    return {**claude_environment(kept), **settings.claude_environment}


def _of_process(daemon: Daemon | None) -> Mapping[str, str]:
    try:
        return psutil.Process(daemon.pid).environ() if daemon is not None else {}
    except (psutil.Error, OSError):  # another user's, or it has just ended
        return {}


def _of_service(settings: Settings) -> Mapping[str, str]:
    if settings.config_file is None:
        return {}
    try:
        return installed.environment(settings.config_file.absolute(), Path.home()) or {}
    except PermissionError:  # another user's
        return {}
