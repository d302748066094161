"""Templates of a project, and the directories its agents' sessions used last: what makes starting quick."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints
from sqlalchemy import Connection

from claudios.protocol.messages import PermissionMode
from claudios.server.store import agents, audit, directories, templates
from claudios.server.store.audit import Action
from claudios.server.store.directories import RecentDirectory
from claudios.server.store.projects import Role
from claudios.server.store.sessions import Effort
from claudios.server.store.templates import Settings, Template
from claudios.server.web.accounts import Nothing
from claudios.server.web.agents import ProjectFilter
from claudios.server.web.auth import Caller, SignedIn, require_role
from claudios.server.web.fields import Body, Name, PathId, Storable
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import Directory, Setting

router = api_router("sessions")

TemplatePrompt = Annotated[str, StringConstraints(min_length=1, max_length=10_000), Storable]


class TemplateRequest(Body):
    """A template's name and settings; null: whoever starts from it is to choose."""

    name: Name
    prompt: TemplatePrompt | None = None
    agent_id: Annotated[str, StringConstraints(max_length=64)] | None = None
    directory: Directory | None = None
    model: Setting | None = None
    permission_mode: PermissionMode | None = None
    effort: Effort | None = None


@router.get("/templates", operation_id="list_templates")
async def list_templates(parts: WithParts, caller: SignedIn, project_id: ProjectFilter = None) -> list[Template]:
    """List the templates of all projects in which you may start sessions, or of one of them, by name."""
    return await parts.store.read(lambda connection: templates.of_user(connection, caller.user_id, project_id))


@router.post("/projects/{project_id}/templates", operation_id="create_template", status_code=201)
async def create_template(project_id: PathId, body: TemplateRequest, parts: WithParts, caller: SignedIn) -> Template:
    """Keep settings under a name, for all who start sessions in the project."""
    now = parts.now_ms()

    def create(connection: Connection) -> Template:
        require_role(connection, caller, project_id, Role.OPERATOR)
        made = templates.create(connection, project_id, body.name, _settings(body), caller.user_id, now)
        _audit(connection, now, caller, Action.TEMPLATE_CREATED, made)
        return made

    return await parts.store.write(create)


@router.put("/projects/{project_id}/templates/{template_id}", operation_id="change_template")
async def change_template(
    project_id: PathId, template_id: PathId, body: TemplateRequest, parts: WithParts, caller: SignedIn
) -> Template:
    """Put another name and other settings in the place of a template's."""
    now = parts.now_ms()

    def change(connection: Connection) -> Template:
        require_role(connection, caller, project_id, Role.OPERATOR)
        changed = templates.change(connection, project_id, template_id, body.name, _settings(body), now)
        _audit(connection, now, caller, Action.TEMPLATE_CHANGED, changed)
        return changed

    return await parts.store.write(change)


@router.delete("/projects/{project_id}/templates/{template_id}", operation_id="remove_template")
async def remove_template(project_id: PathId, template_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Remove a template; sessions that were started from it stay as they are."""
    now = parts.now_ms()

    def remove(connection: Connection) -> None:
        require_role(connection, caller, project_id, Role.OPERATOR)
        gone = templates.remove(connection, project_id, template_id)
        _audit(connection, now, caller, Action.TEMPLATE_REMOVED, gone)

    await parts.store.write(remove)
    return Nothing()


@router.get("/agents/{agent_id}/recent-directories", operation_id="list_recent_directories")
async def list_recent_directories(agent_id: PathId, parts: WithParts, caller: SignedIn) -> list[RecentDirectory]:
    """List the directories that sessions were started in on an agent, the one used last first; at most 20."""

    def look(connection: Connection) -> list[RecentDirectory]:
        require_role(connection, caller, agents.project_of(connection, agent_id), Role.VIEWER)
        return directories.recent(connection, agent_id)

    return await parts.store.read(look)


def _settings(body: TemplateRequest) -> Settings:
    return Settings.model_validate(body.model_dump(exclude={"name"}))


def _audit(connection: Connection, now_ms: int, caller: Caller, action: Action, template: Template) -> None:
    audit.write(
        connection,
        now_ms=now_ms,
        actor=caller.username,
        action=action,
        target=template.name,
        project_id=template.project_id,
    )
