"""Agents and their keys. The token itself is never stored: only the hash of what is sent, and the encrypted rest."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from claudios.protocol.errors import NotSignedIn
from claudios.protocol.ids import bearer_key_id, secret_hash
from claudios.server.store.tables import agent_keys, agents

UNKNOWN_TOKEN = "The agent's token is unknown, revoked or rotated out. Create a new one on the server's page."


@dataclass(frozen=True, slots=True)
class AgentKey:
    """The key an agent proved to hold."""

    agent_id: str
    agent_name: str
    project_id: str
    key_id: str
    sign_key_encrypted: bytes


def authenticate(connection: Connection, bearer: str, now_ms: int) -> AgentKey:
    """Return the key behind an agent's bearer. Raises NotSignedIn when it is unknown, expired or revoked."""
    key_id = bearer_key_id(bearer)
    if key_id is None:
        raise NotSignedIn(UNKNOWN_TOKEN)
    row = connection.execute(
        select(
            agent_keys.c.agent_id,
            agents.c.name,
            agents.c.project_id,
            agent_keys.c.auth_hash,
            agent_keys.c.sign_key_encrypted,
        )
        .join(agents, agents.c.id == agent_keys.c.agent_id)
        .where(
            agent_keys.c.key_id == key_id,
            agent_keys.c.revoked_ms.is_(None),
            or_(agent_keys.c.expires_ms.is_(None), agent_keys.c.expires_ms > now_ms),
            agents.c.removed_ms.is_(None),
        )
    ).first()
    if row is None or not hmac.compare_digest(row.auth_hash, secret_hash(bearer)):
        raise NotSignedIn(UNKNOWN_TOKEN)
    return AgentKey(row.agent_id, row.name, row.project_id, key_id, row.sign_key_encrypted)
