"""First things: an owner's account, a project, this machine's agent, and links to sign in with.

All of it works on the database itself, also while the server runs on it, and does nothing twice. For scripts it is a
command, `claudios server setup`; `claudios up` calls it as a function (`cli.up.server_side`), because it wants more of
the same visit to the database: an API token for the command line, and secrets back through a pipe.
"""

from __future__ import annotations

import getpass
import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from claudios.server.clock import now_ms
from claudios.server.config import Config
from claudios.server.durable import replace_private
from claudios.server.keys import ServerKey
from claudios.server.store import accounts, agents, audit, projects
from claudios.server.store.accounts import User
from claudios.server.store.audit import Action
from claudios.server.store.engine import Store
from claudios.server.store.tables import members

PROJECT = "Home"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `claudios up` needs to know. `created_agent` says whether a token was written this time."""

    username: str
    project_id: str
    agent_id: str | None
    agent_config: str
    created_agent: bool


async def prepare(config: Config, server_url: str, agent_config: Path) -> Prepared:
    """Make sure of an owner, a project and an agent for this machine, whose token goes into `agent_config` (0600).

    An `agent_config` that is there already is left alone. Raises SettingInvalid, Unavailable.
    """
    store, key = _open(config)
    needs_agent = not agent_config.exists()
    try:
        user, project_id, made = await store.write(
            lambda connection: _prepare(connection, key, needs_agent=needs_agent)
        )
    finally:
        store.close()
    if made is not None:
        agent_config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = {"serverUrl": server_url, "agentToken": made[1]}
        replace_private(agent_config, f"{json.dumps(settings, indent=2)}\n".encode())
    return Prepared(user.username, project_id, made[0] if made else None, str(agent_config), made is not None)


async def sign_in_code(config: Config) -> str:
    """Return the code of a fresh sign-in link of the server's owner, making the account where there is none."""
    store, _ = _open(config)
    try:
        return await store.write(
            lambda connection: accounts.create_sign_in_link(connection, _owner(connection).id, now_ms())
        )
    finally:
        store.close()


def _open(config: Config) -> tuple[Store, ServerKey]:
    config.state_dir.mkdir(parents=True, exist_ok=True)
    config.state_dir.chmod(0o700)
    return Store(config.database), ServerKey.open(config.state_dir / "server.key")


def _prepare(connection: Connection, key: ServerKey, *, needs_agent: bool) -> tuple[User, str, tuple[str, str] | None]:
    user, now = _owner(connection), now_ms()
    owned = select(members.c.project_id).where(members.c.user_id == user.id, members.c.role == "owner")
    project_id = connection.execute(owned.order_by(members.c.created_ms).limit(1)).scalar()
    if project_id is None:
        project_id = projects.create(connection, user.id, PROJECT, now).id
    if not needs_agent:
        return user, project_id, None
    name = _free_name(connection, user.id, project_id, socket.gethostname()[:90] or "this machine")
    agent, token = agents.create(connection, key, project_id, name, now)
    audit.write(
        connection,
        now_ms=now,
        actor=user.username,
        action=Action.AGENT_CREATED,
        target=agent.name,
        detail=agent.id,
        project_id=project_id,
    )
    return user, project_id, (agent.id, token)


def _owner(connection: Connection) -> User:
    present = accounts.owner(connection)
    if present is not None:
        return present
    user = accounts.create(connection, re.sub(r"[^\w.@+-]", "", getpass.getuser())[:64] or "owner", None, now_ms())
    audit.write(connection, now_ms=now_ms(), actor=user.username, action=Action.REGISTERED, detail="set up here")
    return user


def _free_name(connection: Connection, user_id: str, project_id: str, wanted: str) -> str:
    taken = {agent.name for agent in agents.of_user(connection, user_id, now_ms(), project_id)}
    return next(name for name in (wanted, *(f"{wanted} {number}" for number in range(2, 10_000))) if name not in taken)
