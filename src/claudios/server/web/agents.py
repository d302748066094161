"""Agents: create, list, rename, remove, and their tokens: rotate and revoke."""

from __future__ import annotations

import shlex
from typing import Annotated

from fastapi import Query
from pydantic import Field, StrictInt
from sqlalchemy import Connection
from starlette.requests import Request

from claudios.protocol.fields import Model
from claudios.server.bus.topics import OVERVIEW, revoked
from claudios.server.instructions.abandon import Abandoned, give_up_machine
from claudios.server.store import agents, audit, changes
from claudios.server.store.agents import Agent
from claudios.server.store.audit import Action
from claudios.server.store.projects import Role
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import Caller, SignedIn, require_role
from claudios.server.web.fields import Body, Name, PathId
from claudios.server.web.parts import Parts, WithParts, url_of
from claudios.server.web.routing import api_router

router = api_router("agents")

DAY_SECONDS = 24 * 60 * 60


class AgentName(Body):
    name: Name


class Rotation(Body):
    """How long the older tokens hold on, so that the daemon can be given the new one in peace."""

    overlap_seconds: Annotated[StrictInt, Field(ge=0, le=30 * DAY_SECONDS)] = 3600


class AgentWithToken(Model):
    """An agent with a new token, shown once, and the command that starts it on another machine.

    The command asks for the token instead of containing it: it may be kept in a shell's history and seen in `ps`.
    """

    agent: Agent
    token: str
    command: str


class GivenUp(Model):
    """How many sessions ended as lost with the machine that was given up."""

    sessions: int


ProjectFilter = Annotated[str | None, Query(max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]


@router.get("/agents", operation_id="list_agents")
async def list_agents(parts: WithParts, caller: SignedIn, project_id: ProjectFilter = None) -> list[Agent]:
    """List the agents of all your projects, or of one."""
    now = parts.now_ms()
    return await parts.store.read(lambda connection: agents.of_user(connection, caller.user_id, now, project_id))


@router.post("/projects/{project_id}/agents", operation_id="create_agent", status_code=201)
async def create_agent(
    project_id: PathId, body: AgentName, request: Request, parts: WithParts, caller: SignedIn
) -> AgentWithToken:
    """Create an agent; its token is shown in this answer and never again."""
    now = parts.now_ms()

    def create(connection: Connection) -> tuple[Agent, str]:
        require_role(connection, caller, project_id, Role.OWNER)
        made, token = agents.create(connection, parts.key, project_id, body.name, now)
        _audit(connection, now, caller, Action.AGENT_CREATED, made)
        return made, token

    agent, token = await parts.store.write(create)
    _publish(parts, agent)
    return AgentWithToken(agent=agent, token=token, command=start_command(url_of(request, parts.config)))


@router.get("/agents/{agent_id}", operation_id="get_agent")
async def get_agent(agent_id: PathId, parts: WithParts, caller: SignedIn) -> Agent:
    """Return an agent."""
    now = parts.now_ms()

    def look(connection: Connection) -> Agent:
        _require(connection, caller, agent_id, Role.VIEWER)
        return agents.get(connection, agent_id, now)

    return await parts.store.read(look)


@router.patch("/agents/{agent_id}", operation_id="rename_agent")
async def rename_agent(agent_id: PathId, body: AgentName, parts: WithParts, caller: SignedIn) -> Agent:
    """Rename an agent."""
    now = parts.now_ms()

    def rename(connection: Connection) -> Agent:
        _require(connection, caller, agent_id, Role.OWNER)
        agent = agents.rename(connection, agent_id, body.name, now)
        _audit(connection, now, caller, Action.AGENT_RENAMED, agent)
        return agent

    agent = await parts.store.write(rename)
    _publish(parts, agent)
    return agent


@router.delete("/agents/{agent_id}", operation_id="delete_agent")
async def delete_agent(agent_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Remove an agent and revoke its tokens; its sessions stay readable. Refused while one of them runs."""
    now = parts.now_ms()

    def remove(connection: Connection) -> tuple[Agent, frozenset[str]]:
        _require(connection, caller, agent_id, Role.OWNER)
        agent = agents.get(connection, agent_id, now)
        _audit(connection, now, caller, Action.AGENT_REMOVED, agent)
        return agent, agents.remove(connection, agent_id, now)

    agent, keys = await parts.store.write(remove)
    parts.bus.publish(revoked(agent_id), keys)
    parts.bus.publish(OVERVIEW, changes.removed(agent.project_id, "agent", agent_id))
    return Nothing()


@router.post("/agents/{agent_id}/give-up", operation_id="give_up_agent")
async def give_up_agent(agent_id: PathId, parts: WithParts, caller: SignedIn) -> GivenUp:
    """Remove an agent whose machine is gone for good: its sessions end as lost, and it can never come back.

    Refused while the machine is connected.
    """
    now = parts.now_ms()

    def give_up(connection: Connection) -> tuple[Agent, Abandoned]:
        _require(connection, caller, agent_id, Role.OWNER)
        agent = agents.get(connection, agent_id, now)
        abandoned = give_up_machine(connection, agent_id, caller.username, now)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.AGENT_GIVEN_UP,
            target=agent.name,
            detail=f"{agent.id}: {abandoned.sessions} sessions ended as lost",
            project_id=agent.project_id,
        )
        return agent, abandoned

    agent, abandoned = await parts.store.write(give_up)
    parts.bus.publish(revoked(agent_id), abandoned.keys)
    for change in (*abandoned.told, changes.removed(agent.project_id, "agent", agent_id)):
        parts.bus.publish(OVERVIEW, change)
    return GivenUp(sessions=abandoned.sessions)


@router.post("/agents/{agent_id}/token", operation_id="rotate_agent_token", status_code=201)
async def rotate_agent_token(
    agent_id: PathId, body: Rotation, request: Request, parts: WithParts, caller: SignedIn
) -> AgentWithToken:
    """Give an agent a new token, shown once; the older ones hold for `overlap_seconds` more."""
    now = parts.now_ms()

    def rotate(connection: Connection) -> tuple[Agent, str, frozenset[str]]:
        _require(connection, caller, agent_id, Role.OWNER)
        agent, token, ended = agents.rotate(connection, parts.key, agent_id, body.overlap_seconds, now)
        _audit(connection, now, caller, Action.AGENT_TOKEN_ROTATED, agent)
        return agent, token, ended

    agent, token, ended = await parts.store.write(rotate)
    if ended:
        parts.bus.publish(revoked(agent_id), ended)
    _publish(parts, agent)
    return AgentWithToken(agent=agent, token=token, command=start_command(url_of(request, parts.config)))


@router.post("/agents/{agent_id}/revoke", operation_id="revoke_agent")
async def revoke_agent(agent_id: PathId, parts: WithParts, caller: SignedIn) -> Agent:
    """Revoke all tokens of an agent at once and cut its link. A new token brings it back."""
    now = parts.now_ms()

    def revoke(connection: Connection) -> tuple[Agent, frozenset[str]]:
        _require(connection, caller, agent_id, Role.OWNER)
        agent, keys = agents.revoke(connection, agent_id, now)
        _audit(connection, now, caller, Action.AGENT_REVOKED, agent)
        return agent, keys

    agent, keys = await parts.store.write(revoke)
    parts.bus.publish(revoked(agent_id), keys)
    _publish(parts, agent)
    return agent


def start_command(server_url: str) -> str:
    """Return one line for any shell that asks for the token, unseen, and starts the agent with it."""
    script = (
        'stty -echo; printf "Agent token: "; IFS= read -r AGENT_TOKEN; stty echo; echo; '
        f"export AGENT_TOKEN; SERVER_URL={shlex.quote(server_url)} exec claudios agent"
    )
    return f"sh -c {shlex.quote(script)}"


def _require(connection: Connection, caller: Caller, agent_id: str, needed: Role) -> None:
    require_role(connection, caller, agents.project_of(connection, agent_id), needed)


def _audit(connection: Connection, now_ms: int, caller: Caller, action: Action, agent: Agent) -> None:
    audit.write(
        connection,
        now_ms=now_ms,
        actor=caller.username,
        action=action,
        target=agent.name,
        detail=agent.id,
        project_id=agent.project_id,
    )


def _publish(parts: Parts, agent: Agent) -> None:
    parts.bus.publish(OVERVIEW, changes.agent(agent.project_id, agent))
