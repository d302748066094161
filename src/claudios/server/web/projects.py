"""Projects of the signed-in person."""

from __future__ import annotations

from sqlalchemy import Connection

from claudios.server.bus.topics import ACCESS, revoked
from claudios.server.store import agents, audit, project_removal, projects
from claudios.server.store.audit import Action
from claudios.server.store.projects import Project, Role
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import SignedIn, require_role
from claudios.server.web.fields import Body, Name, PathId
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath

router = api_router("projects", "/projects")


class ProjectName(Body):
    name: Name


@router.get("", operation_id="list_projects")
async def list_projects(parts: WithParts, caller: SignedIn) -> list[Project]:
    """List the projects that you are a member of."""
    return await parts.store.read(lambda connection: projects.of_user(connection, caller.user_id))


@router.post("", operation_id="create_project", status_code=201)
async def create_project(body: ProjectName, parts: WithParts, caller: SignedIn) -> Project:
    """Create a project that you own."""
    now = parts.now_ms()

    def create(connection: Connection) -> Project:
        made = projects.create(connection, caller.user_id, body.name, now)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.PROJECT_CREATED,
            target=made.name,
            project_id=made.id,
        )
        return made

    made = await parts.store.write(create)
    parts.bus.publish(ACCESS, caller.user_id)
    return made


@router.get("/{project_id}", operation_id="get_project")
async def get_project(project_id: PathId, parts: WithParts, caller: SignedIn) -> Project:
    """Return a project."""
    return await parts.store.read(lambda connection: projects.get(connection, caller.user_id, project_id))


@router.patch("/{project_id}", operation_id="rename_project")
async def rename_project(project_id: PathId, body: ProjectName, parts: WithParts, caller: SignedIn) -> Project:
    """Rename a project."""
    now = parts.now_ms()

    def rename(connection: Connection) -> Project:
        require_role(connection, caller, project_id, Role.OWNER)
        projects.rename(connection, project_id, body.name)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.PROJECT_CHANGED,
            target=body.name,
            project_id=project_id,
        )
        return projects.get(connection, caller.user_id, project_id)

    return await parts.store.write(rename)


@router.delete("/{project_id}", operation_id="delete_project")
async def delete_project(project_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn) -> Nothing:
    """Delete a project with its agents, sessions and their logs. Refused while sessions run in it."""
    now = parts.now_ms()

    def delete(connection: Connection) -> dict[str, frozenset[str]]:
        require_role(connection, caller, project_id, Role.OWNER)
        name = projects.get(connection, caller.user_id, project_id).name
        keys = {
            agent.id: frozenset(key.key_id for key in agent.keys)
            for agent in agents.of_user(connection, caller.user_id, now, project_id)
        }
        project_removal.hide(connection, project_id, now)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.PROJECT_DELETED,
            target=name,
            project_id=project_id,
        )
        return keys

    for agent_id, keys in (await parts.store.write(delete)).items():
        parts.bus.publish(revoked(agent_id), keys)
    parts.bus.publish(ACCESS, None)
    data.removal.wake()
    return Nothing()
