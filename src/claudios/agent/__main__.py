"""`python -m claudios.agent`: read the settings, take the state directory, and run until a signal comes.

Exit codes: 0 ended as asked, 1 failed, 2 wrong settings.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # no scan of all installed packages at start

import asyncio
import gc
import logging
from collections.abc import Sequence

from claudios import __version__
from claudios.agent import config, log
from claudios.agent.flags import Flag, usage
from claudios.agent.lock import StateLock
from claudios.agent.succession import succeed
from claudios.protocol.errors import ClaudiosError

GENERAL_FLAGS = (Flag("--help", None, "show this and exit"), Flag("--version", None, "show the version and exit"))
USAGE = f"""Usage: claudios agent [FLAGS]

Run Claude sessions on this machine for a ClaudiOS server.

{usage((*config.FLAGS, *GENERAL_FLAGS))}

Every setting may also stand in config.json or in the environment: see the documentation. The agent's token comes from
there or from a file, never from the command line.
"""

_log = logging.getLogger("claudios.agent")


def main(arguments: Sequence[str]) -> int:
    """Run the agent; return the exit code."""
    if "--help" in arguments or "-h" in arguments:
        sys.stdout.write(USAGE)
        return 0
    if "--version" in arguments:
        sys.stdout.write(f"claudios {__version__}\n")
        return 0
    try:
        settings = config.load(arguments, os.environ)
    except config.SettingsInvalid as invalid:
        for problem in invalid.problems:
            sys.stderr.write(f"error: {problem}\n")
        return 2
    log.configure(settings.log_format)
    _log.info("Agent starting...")
    _log.info("Configuration loaded from %s", settings.config_file or "flags and environment")
    for warning in settings.warnings:
        _log.warning("%s", warning)
    try:
        asyncio.run(succeed(settings))
        lock = StateLock(settings.state_directory)
        ends_for_good = asyncio.run(_serve(settings))
    except ClaudiosError as failed:
        _log.error("%s", failed.message)
        return 1
    except KeyboardInterrupt:
        return 130  # before the daemon began to listen for it
    lock.release()
    if not ends_for_good:
        os.execv(sys.executable, sys.orig_argv)
    return 0


async def _serve(settings: config.Settings) -> bool:
    from claudios.agent import machine
    from claudios.agent.runtime import Agent, Ending
    from claudios.agent.sessions.launcher import ClaudeCommand, claude_environment

    path = machine.find_claude(settings.claude_path)
    own = {name: value for name, value in os.environ.items() if name not in config.VARIABLES}
    claude = ClaudeCommand(path, {**claude_environment(own), **settings.claude_environment})
    if path is None:
        _log.warning("The Claude CLI was not found. Install it, or set claudePath; until then no session can start.")
    described = await machine.describe(settings, path, claude.environment)
    agent = Agent(settings, described, claude)
    gc.collect()
    gc.freeze()
    return await agent.run() is not Ending.RESTART


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
