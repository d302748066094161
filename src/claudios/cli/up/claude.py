"""Which Claude CLI this machine has, and whether it can be used for real."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ANSWER_SECONDS = 10.0
CREDENTIALS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
PROVIDERS = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY")
STUB_KEY = "sk-ant-demo"


class Account(Enum):
    """How Claude would be paid for: by a variable, by a sign-in of the CLI, or not at all."""

    ENVIRONMENT = "environment"
    SIGNED_IN = "signed in"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Claude:
    """The CLI that was found, and what credentials there are."""

    path: Path | None
    account: Account
    variable: str | None = None


async def look(configured: Path | None, environment: Mapping[str, str] = os.environ) -> Claude:
    """Find the CLI and ask it whether it is signed in; that is asked of its files alone, not of the network."""
    from claudios.agent.machine import find_claude

    path = find_claude(configured)
    variable = next((name for name in (*CREDENTIALS, *PROVIDERS) if environment.get(name)), None)
    if variable is not None:
        return Claude(path, Account.ENVIRONMENT, variable)
    if path is not None and await is_signed_in(path, environment):
        return Claude(path, Account.SIGNED_IN)
    return Claude(path, Account.NONE)


async def is_signed_in(path: Path, environment: Mapping[str, str]) -> bool | None:
    """Say whether the CLI has credentials; None when it does not answer in time or cannot be run."""
    try:
        asked = await asyncio.create_subprocess_exec(
            path,
            "auth",
            "status",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            code = await asked.wait()
    except TimeoutError:
        return None
    finally:
        if asked.returncode is None:
            asked.kill()
            await asked.wait()
    return {0: True, 1: False}.get(code)


def demo_environment(home: Path, model_url: str) -> dict[str, str]:
    """Return the variables with which the real CLI talks to the scripted model, and to nothing else."""
    return {
        "CLAUDE_CONFIG_DIR": str(home),
        "ANTHROPIC_BASE_URL": model_url,
        "ANTHROPIC_API_KEY": STUB_KEY,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
