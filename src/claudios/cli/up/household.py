"""What the server must know before a person can use it: the owner, a project, this machine's agent, their tokens."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from claudios.cli.up.places import Places, write_private
from claudios.client.reading import parse, read
from claudios.protocol.errors import LocalError

SETUP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of the server's by id and name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Household:
    """The answer of the server's setup. The link code signs the owner in, once, within minutes."""

    username: str
    project: Named
    agent: Named
    agent_token: str = field(repr=False)
    api_token: str = field(repr=False)
    link_code: str = field(repr=False)


async def set_up(places: Places, flags: Sequence[str], environment: Mapping[str, str]) -> Household:
    """Make what is missing, in a process that has the server's own database open; also while the server runs.

    The API token of the last time stays if it is still valid. Secrets go through pipes alone. Raises LocalError.
    """
    asked = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "claudios.cli.up.server_side",
        *flags,
        "--agent-config",
        str(places.agent_config),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        async with asyncio.timeout(SETUP_SECONDS):
            told, complaint = await asked.communicate(json.dumps({"api_token": _known_api_token(places)}).encode())
    except TimeoutError as stuck:
        raise LocalError("The server's setup does not end. Look whether another process holds its database.") from stuck
    finally:
        if asked.returncode is None:
            asked.kill()
            await asked.wait()
    if asked.returncode != 0:
        last = complaint.decode(errors="replace").strip().rsplit("\n", 1)[-1]
        raise LocalError(f"The server cannot be set up: {last or f'exit code {asked.returncode}'}")
    household = read(Household, parse(told))
    write_private(places.api_token, household.api_token)
    return household


def _known_api_token(places: Places) -> str | None:
    return places.api_token.read_text() if places.api_token.exists() else None


def write_agent_config(places: Places, settings: Mapping[str, object]) -> None:
    """Write the agent's settings whole, mode 0600."""
    write_private(places.agent_config, json.dumps(settings, indent=2))
