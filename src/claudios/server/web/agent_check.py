"""What `claudios doctor` asks from an agent's machine, with the agent's token. It stores nothing and starts no link."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from sqlalchemy import Connection, select
from starlette.requests import Request

from claudios import __version__
from claudios.protocol.codec import decode_from_agent
from claudios.protocol.errors import InputInvalid, NotSignedIn
from claudios.protocol.fields import Model, SessionId
from claudios.protocol.signing import Batch, verify_batch
from claudios.server.store import agents
from claudios.server.store.agents import UNKNOWN_TOKEN, AgentKey
from claudios.server.store.tables import sessions
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.routing import api_router

router = api_router("agent link", "/agent/v1/check", below="")


class AgentStanding(Model):
    """How the server sees the agent of a token. `expires_ms` is set when the token was rotated out.

    `stored` says for each session asked about that is the agent's how far its log is stored.
    """

    agent_id: str
    agent_name: str
    key_id: str
    expires_ms: int | None
    online: bool
    carrier: str | None
    server_version: str
    server_time_ms: int
    stored: dict[str, int]


class Proven(Model):
    """The signature was right."""

    proven: bool = True


@router.get("", operation_id="check_agent")
async def check_agent(
    request: Request, parts: WithParts, session: Annotated[list[SessionId] | None, Query(max_length=200)] = None
) -> AgentStanding:
    """Say how the server sees the agent whose token asks."""
    now = parts.now_ms()

    def look(connection: Connection) -> AgentStanding:
        key = agents.authenticate(connection, _bearer(request), now)
        agent = agents.get(connection, key.agent_id, now)
        asked = select(sessions.c.id, sessions.c.last_seq).where(
            sessions.c.agent_id == key.agent_id, sessions.c.id.in_(session or ())
        )
        return AgentStanding(
            agent_id=agent.id,
            agent_name=agent.name,
            key_id=key.key_id,
            expires_ms=next((each.expires_ms for each in agent.keys if each.key_id == key.key_id), None),
            online=agent.online,
            carrier=agent.carrier,
            server_version=__version__,
            server_time_ms=now,
            stored={row.id: row.last_seq for row in connection.execute(asked)},
        )

    return await parts.store.read(look)


@router.post("", operation_id="prove_signature")
async def prove_signature(request: Request, parts: WithParts) -> Proven:
    """Check the signature of one batch of boot 0, which no link would ever take. Nothing is stored."""
    bearer, now = _bearer(request), parts.now_ms()
    key = await parts.store.read(lambda connection: agents.authenticate(connection, bearer, now))
    _verify(parts, key, await request.body())
    return Proven()


def _verify(parts: Parts, key: AgentKey, raw: bytes) -> None:
    messages = decode_from_agent(raw)
    if len(messages) != 1 or not isinstance(messages[0], Batch) or messages[0].boot != 0:
        raise InputInvalid("The body is one batch of boot 0.")
    sign_key = parts.key.decrypt(key.sign_key_encrypted, agent_id=key.agent_id, key_id=key.key_id)
    verify_batch(sign_key, key.agent_id, messages[0])


def _bearer(request: Request) -> str:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn(UNKNOWN_TOKEN)
    return bearer.strip()
