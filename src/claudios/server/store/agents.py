"""Agents and their keys. The token itself is never stored: only the hash of what is sent, and the encrypted rest."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import orjson
from sqlalchemy import ColumnElement, Connection, case, func, insert, or_, select, update

from claudios.protocol.errors import Conflict, NotFound, NotSignedIn
from claudios.protocol.fields import Model, Number
from claudios.protocol.ids import AGENT_TOKEN, agent_keys, bearer_key_id, new_id, new_token, secret_hash
from claudios.protocol.messages import Machine, SessionState
from claudios.server.keys import ServerKey
from claudios.server.projections.plan_limits import PlanLimits
from claudios.server.store import agent_errors, plan_limits, tables
from claudios.server.store.agent_errors import ReportedError
from claudios.server.store.tables import agents, members, sessions

UNKNOWN_TOKEN = "The agent's token is unknown, revoked or rotated out. Create a new one on the server's page."
MAX_AGENTS = 1_000
REMOVED = "This agent was removed from the server, and its token never holds again. Create another agent."
HEARD_AGAIN_MS = 24 * 60 * 60 * 1000
MAX_KEYS = 10
"""Keys of one agent that may be valid at once, while rotations overlap."""


class AgentStatus(Model):
    """How the agent's machine was when it last said so. Load is the one-minute average."""

    load: Number
    memory_used_bytes: int
    disk_free_bytes: int
    disk_bytes: int | None = None
    agent_memory_bytes: int


class SessionCount(Model):
    """How many of an agent's sessions run (or start), and how many wait for a place."""

    running: int = 0
    queued: int = 0


class AgentKeyView(Model):
    """A key of an agent that is valid now, as people see it."""

    key_id: str
    created_ms: int
    expires_ms: int | None


class Agent(Model):
    """The daemon on one machine, as the members of its project see it."""

    id: str
    project_id: str
    name: str
    created_ms: int
    online: bool
    last_seen_ms: int | None
    carrier: Literal["websocket", "poll"] | None
    agent_version: str | None
    machine: Machine | None
    status: AgentStatus | None
    sessions: SessionCount
    keys: tuple[AgentKeyView, ...]
    errors: tuple[ReportedError, ...]
    demo: bool
    limits: PlanLimits | None


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
    found = _by_bearer(connection, bearer, _is_valid(now_ms) & agents.c.removed_ms.is_(None))
    if found is None:
        raise NotSignedIn(UNKNOWN_TOKEN)
    return found


def create(connection: Connection, key: ServerKey, project_id: str, name: str, now_ms: int) -> tuple[Agent, str]:
    """Make an agent; return it and its token, which cannot be had again. Raises Conflict for a name in use."""
    _require_free_name(connection, project_id, name)
    count = connection.execute(
        select(func.count()).where(agents.c.project_id == project_id, agents.c.removed_ms.is_(None))
    ).scalar()
    if (count or 0) >= MAX_AGENTS:
        raise Conflict(f"The project has {MAX_AGENTS} agents. Remove one that you do not use.")
    agent_id = new_id("agt")
    connection.execute(insert(agents), {"id": agent_id, "project_id": project_id, "name": name, "created_ms": now_ms})
    token = _add_key(connection, key, agent_id, now_ms)
    return get(connection, agent_id, now_ms), token


def get(connection: Connection, agent_id: str, now_ms: int) -> Agent:
    """Return an agent. Raises NotFound for one that is unknown or removed."""
    found = _views(connection, agents.c.id == agent_id, now_ms)
    if not found:
        raise NotFound
    return found[0]


def of_user(connection: Connection, user_id: str, now_ms: int, project_id: str | None = None) -> list[Agent]:
    """Return the agents of all projects that the user is a member of, or of one of them."""
    mine = agents.c.project_id.in_(select(members.c.project_id).where(members.c.user_id == user_id))
    return _views(connection, mine if project_id is None else mine & (agents.c.project_id == project_id), now_ms)


def project_of(connection: Connection, agent_id: str) -> str:
    """Return the id of the agent's project. Raises NotFound for an agent that is unknown or removed."""
    found = connection.execute(
        select(agents.c.project_id).where(agents.c.id == agent_id, agents.c.removed_ms.is_(None))
    ).scalar()
    if found is None:
        raise NotFound
    return str(found)


def rename(connection: Connection, agent_id: str, name: str, now_ms: int) -> Agent:
    """Give the agent another name. Raises NotFound, or Conflict for a name in use in its project."""
    agent = get(connection, agent_id, now_ms)
    if name != agent.name:
        _require_free_name(connection, agent.project_id, name)
        connection.execute(update(agents).where(agents.c.id == agent_id).values(name=name))
    return get(connection, agent_id, now_ms)


def rotate(
    connection: Connection, key: ServerKey, agent_id: str, overlap_seconds: int, now_ms: int
) -> tuple[Agent, str, frozenset[str]]:
    """Give the agent a new token; its older ones hold for `overlap_seconds` more.

    Returns the agent, the token (which cannot be had again) and the ids of the keys that ended at once.
    Raises NotFound, or Conflict when too many older tokens still hold.
    """
    agent = get(connection, agent_id, now_ms)
    if overlap_seconds and len(agent.keys) >= MAX_KEYS:
        raise Conflict(f"{MAX_KEYS} tokens of this agent still hold. Wait until they end, or revoke them.")
    ends_ms = now_ms + overlap_seconds * 1000
    connection.execute(
        update(tables.agent_keys)
        .where(tables.agent_keys.c.agent_id == agent_id, _is_valid(now_ms))
        .where(or_(tables.agent_keys.c.expires_ms.is_(None), tables.agent_keys.c.expires_ms > ends_ms))
        .values(expires_ms=ends_ms)
    )
    token = _add_key(connection, key, agent_id, now_ms)
    renewed = get(connection, agent_id, now_ms)
    ended = {old.key_id for old in agent.keys} - {kept.key_id for kept in renewed.keys}
    return renewed, token, frozenset(ended)


def revoke(connection: Connection, agent_id: str, now_ms: int) -> tuple[Agent, frozenset[str]]:
    """End all of the agent's keys at once; return the agent and their ids. Raises NotFound."""
    agent = get(connection, agent_id, now_ms)
    connection.execute(
        update(tables.agent_keys)
        .where(tables.agent_keys.c.agent_id == agent_id, tables.agent_keys.c.revoked_ms.is_(None))
        .values(revoked_ms=now_ms)
    )
    return get(connection, agent_id, now_ms), frozenset(key.key_id for key in agent.keys)


def remove(connection: Connection, agent_id: str, now_ms: int) -> frozenset[str]:
    """Take the agent away and end its keys; its sessions stay readable.

    Returns the ids of the keys. Raises NotFound, or Conflict while its sessions have not ended.
    """
    living = connection.execute(
        select(func.count()).where(sessions.c.agent_id == agent_id, sessions.c.state != SessionState.ENDED.value)
    ).scalar()
    if living:
        raise Conflict(
            f"{living} sessions of this agent have not ended. Terminate them first. "
            "Where the machine is gone for good, give it up: they end as lost then."
        )
    _, keys = revoke(connection, agent_id, now_ms)
    connection.execute(update(agents).where(agents.c.id == agent_id).values(removed_ms=now_ms, carrier=None))
    return keys


def of_removed(connection: Connection, bearer: str) -> AgentKey | None:
    """Return the agent that was removed whose bearer this is; None for any other."""
    return _by_bearer(connection, bearer, agents.c.removed_ms.is_not(None))


def is_news_after_removal(connection: Connection, agent_id: str, now_ms: int) -> bool:
    """Say whether it is news that a removed agent is heard of: the first time, and then once a day."""
    return connection.execute(select(agents.c.id).where(*_is_news(agent_id, now_ms))).first() is not None


def heard_after_removal(connection: Connection, agent_id: str, now_ms: int) -> bool:
    """Note that a removed agent was heard of; say whether that is news."""
    heard = connection.execute(update(agents).where(*_is_news(agent_id, now_ms)).values(last_seen_ms=now_ms))
    return heard.rowcount == 1


def forget_presence(connection: Connection) -> None:
    """Count every agent as offline: what was connected to this server when it stopped is not any more."""
    connection.execute(update(agents).where(agents.c.carrier.is_not(None)).values(carrier=None))


def _is_news(agent_id: str, now_ms: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return agents.c.id == agent_id, or_(
        agents.c.last_seen_ms.is_(None),
        agents.c.last_seen_ms <= agents.c.removed_ms,
        agents.c.last_seen_ms < now_ms - HEARD_AGAIN_MS,
    )


def _by_bearer(connection: Connection, bearer: str, condition: ColumnElement[bool]) -> AgentKey | None:
    """Return the key behind a bearer, if its agent and it meet the condition."""
    keys = tables.agent_keys.c
    row = connection.execute(
        select(keys.key_id, keys.agent_id, agents.c.name, agents.c.project_id, keys.auth_hash, keys.sign_key_encrypted)
        .join(agents, agents.c.id == keys.agent_id)
        .where(keys.key_id == (bearer_key_id(bearer) or ""), condition)
    ).first()
    if row is None or not hmac.compare_digest(row.auth_hash, secret_hash(bearer)):
        return None
    return AgentKey(row.agent_id, row.name, row.project_id, row.key_id, row.sign_key_encrypted)


def _add_key(connection: Connection, key: ServerKey, agent_id: str, now_ms: int) -> str:
    token = new_token(AGENT_TOKEN)
    keys = agent_keys(token)
    connection.execute(
        insert(tables.agent_keys),
        {
            "key_id": keys.key_id,
            "agent_id": agent_id,
            "auth_hash": secret_hash(keys.auth),
            "sign_key_encrypted": key.encrypt(keys.sign, agent_id=agent_id, key_id=keys.key_id),
            "created_ms": now_ms,
        },
    )
    return token.text


def _require_free_name(connection: Connection, project_id: str, name: str) -> None:
    taken = connection.execute(
        select(agents.c.id).where(
            agents.c.project_id == project_id, agents.c.name == name, agents.c.removed_ms.is_(None)
        )
    ).first()
    if taken is not None:
        raise Conflict(f"The project has an agent named {name} already. Choose another name.")


def _is_valid(now_ms: int) -> ColumnElement[bool]:
    keys = tables.agent_keys.c
    return keys.revoked_ms.is_(None) & or_(keys.expires_ms.is_(None), keys.expires_ms > now_ms)


def _views(connection: Connection, condition: ColumnElement[bool], now_ms: int) -> list[Agent]:
    rows = connection.execute(
        select(agents).where(condition, agents.c.removed_ms.is_(None)).order_by(agents.c.created_ms, agents.c.id)
    ).all()
    ids = [row.id for row in rows]
    keys, counts = _valid_keys(connection, ids, now_ms), _session_counts(connection, ids)
    errors, limits = agent_errors.of_agents(connection, ids, now_ms), plan_limits.of_agents(connection, ids)
    return [
        Agent(
            id=row.id,
            project_id=row.project_id,
            name=row.name,
            created_ms=row.created_ms,
            online=row.carrier is not None,
            last_seen_ms=row.last_seen_ms,
            carrier=row.carrier,
            agent_version=row.agent_version,
            machine=None if row.machine is None else Machine.model_validate_json(row.machine),
            status=None if row.status is None else AgentStatus.model_validate(orjson.loads(row.status)),
            sessions=counts.get(row.id, SessionCount()),
            keys=tuple(keys.get(row.id, ())),
            errors=tuple(errors.get(row.id, ())),
            demo=row.demo,
            limits=limits.get(row.id),
        )
        for row in rows
    ]


def _valid_keys(connection: Connection, agent_ids: Sequence[str], now_ms: int) -> dict[str, list[AgentKeyView]]:
    found: dict[str, list[AgentKeyView]] = {}
    keys = tables.agent_keys.c
    rows = connection.execute(
        select(keys.agent_id, keys.key_id, keys.created_ms, keys.expires_ms)
        .where(keys.agent_id.in_(agent_ids), _is_valid(now_ms))
        .order_by(keys.created_ms, keys.key_id)
    )
    for row in rows:
        view = AgentKeyView(key_id=row.key_id, created_ms=row.created_ms, expires_ms=row.expires_ms)
        found.setdefault(row.agent_id, []).append(view)
    return found


def _session_counts(connection: Connection, agent_ids: Iterable[str]) -> dict[str, SessionCount]:
    queued = case((sessions.c.state == SessionState.QUEUED.value, 1), else_=0)
    rows = connection.execute(
        select(sessions.c.agent_id, func.count().label("living"), func.sum(queued).label("queued"))
        .where(sessions.c.agent_id.in_(list(agent_ids)), sessions.c.state != SessionState.ENDED.value)
        .group_by(sessions.c.agent_id)
    )
    return {row.agent_id: SessionCount(running=row.living - row.queued, queued=row.queued) for row in rows}
