"""The part of `claudios up` that works on the server's own database: a short process, started by `household`.

It makes what is missing (owner, project, this machine's agent, an API token for the command line) and a sign-in code.
Input and output are one JSON object each, through pipes, because they hold secrets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Connection

from claudios.cli.up.household import Household, Named
from claudios.protocol.errors import ClaudiosError, NotSignedIn, TokenInvalid
from claudios.protocol.ids import AGENT_TOKEN, agent_keys, parse_token, secret_hash
from claudios.server import config as configuration
from claudios.server import setup
from claudios.server.clock import now_ms
from claudios.server.config import Config
from claudios.server.store import accounts, agents, projects, tokens
from claudios.server.store.agents import AgentKey
from claudios.server.store.engine import Store


async def prepare(config: Config, agent_config: Path, known_api_token: str | None) -> Household:
    """Make what is missing. An agent's token that the database does not know any more is replaced."""
    store = Store(config.database)
    try:
        if await store.read(lambda connection: _agent_of(connection, agent_config)) is None:
            agent_config.unlink(missing_ok=True)
        prepared = await setup.prepare(config, f"http://127.0.0.1:{config.port}", agent_config)
        code = await setup.sign_in_code(config)

        def rest(connection: Connection) -> Household:
            key = _agent_of(connection, agent_config)
            assert key is not None, "the agent was made, or found valid, just now"
            owner = accounts.owner(connection)
            assert owner is not None, "the owner was made, or found, just now"
            api_token = known_api_token
            holder = tokens.holder(connection, secret_hash(api_token)) if api_token else None
            if holder is None or holder.user.id != owner.id:
                api_token = tokens.create(connection, owner.id, "claudios up", now_ms()).token
            assert api_token is not None
            mine = projects.of_user(connection, owner.id)
            name = next((each.name for each in mine if each.id == key.project_id), setup.PROJECT)
            return Household(
                username=prepared.username,
                project=Named(key.project_id, name),
                agent=Named(key.agent_id, key.agent_name),
                agent_token=_token_in(agent_config) or "",
                api_token=api_token,
                link_code=code,
            )

        return await store.write(rest)
    finally:
        store.close()


def _agent_of(connection: Connection, agent_config: Path) -> AgentKey | None:
    """Return whose token the agent's settings hold, None when there is none or it is not valid any more."""
    text = _token_in(agent_config)
    try:
        return (
            None
            if text is None
            else agents.authenticate(connection, agent_keys(parse_token(text, AGENT_TOKEN)).auth, now_ms())
        )
    except (NotSignedIn, TokenInvalid):
        return None


def _token_in(agent_config: Path) -> str | None:
    try:
        token = json.loads(agent_config.read_bytes())["agentToken"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return token if isinstance(token, str) else None


def main() -> int:
    """Prepare, and print the household."""
    parser = argparse.ArgumentParser(prog="python -m claudios.cli.up.server_side", allow_abbrev=False)
    configuration.add_arguments(parser)
    parser.add_argument("--agent-config", type=Path, required=True)
    flags = vars(parser.parse_args())
    agent_config = flags.pop("agent_config")
    try:
        known = json.load(sys.stdin)
        made = asyncio.run(prepare(configuration.load(flags), agent_config, known.get("api_token")))
    except ClaudiosError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(json.dumps(asdict(made)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
