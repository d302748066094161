"""A new token of the same agent goes on with what the earlier one left: running sessions, output, instructions.

The state directory is named after the token's key. When a token is rotated, the new directory becomes a link to the
old one: shims that run have its paths. Whose a token is only the server knows, and it must be asked before the first
Hello: one that names no sessions would declare them lost.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from pathlib import Path

from claudios.agent.client.address import tls_context
from claudios.agent.client.backoff import Backoff
from claudios.agent.client.carrier import ServerBusy, TokenRejected
from claudios.agent.client.standing import agent_id_of
from claudios.agent.config import Settings
from claudios.agent.durable import write_private
from claudios.protocol.errors import ClaudiosError
from claudios.protocol.ids import agent_keys

OWNER = "agent"
INSTALLATION = "installation"

_log = logging.getLogger(__name__)


def remember(state_directory: Path, agent_id: str) -> None:
    """Note in a state directory whose it is."""
    owner = state_directory / OWNER
    if not owner.exists():
        write_private(owner, agent_id.encode())


def installation_of(state_directory: Path) -> str:
    """Return the name of this state directory, by which the server knows its daemon again; made once."""
    path = state_directory / INSTALLATION
    if not path.exists():
        write_private(path, secrets.token_hex(16).encode())
    return path.read_text()


async def earlier_state(settings: Settings) -> Path | None:
    """Return the state directory of the same agent's earlier token; None with one of its own, or none on this machine.

    Raises ClaudiosError when the server must be asked, and does not answer.
    """
    directory = settings.state_directory
    if settings.sources["stateDirectory"] != "default" or directory.exists():
        return None
    earlier = _by_owner(directory.parent)
    if not earlier:
        return None
    try:
        agent_id = await agent_id_of(
            settings.server_url,
            agent_keys(settings.token).auth,
            tls_context(settings.server_url, settings.ca_file),
        )
    except TokenRejected:
        return None  # nothing is registered with it either; the link explains it
    return None if agent_id is None else earlier.get(agent_id)


async def succeed(settings: Settings) -> None:
    """Link a fresh state directory to that of the same agent's earlier token, if there is one on this machine.

    Waits for the server where that must be asked of it.
    """
    backoff = Backoff(random.Random().random)
    while True:
        try:
            earlier = await earlier_state(settings)
            break
        except ClaudiosError as failed:
            asked = failed.retry_after_seconds if isinstance(failed, ServerBusy) else None
            delay = backoff.next_seconds(asked or 0.0)
            _log.warning("%s Trying again in %.0f s.", failed.message, delay)
            await asyncio.sleep(delay)
    if earlier is not None:
        settings.state_directory.symlink_to(earlier.name, target_is_directory=True)
        _log.info("This token goes on with the state of the agent's earlier one.")


def _by_owner(parent: Path) -> dict[str, Path]:
    """Return the state directories here by the agent whose they are; those of links are left out."""
    if not parent.is_dir():
        return {}
    return {owner.read_text(): owner.parent for owner in parent.glob(f"*/{OWNER}") if not owner.parent.is_symlink()}
