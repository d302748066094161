"""Who is in a project, and with what role."""

from __future__ import annotations

from sqlalchemy import Connection

from claudios.server.bus.topics import ACCESS
from claudios.server.store import audit, projects
from claudios.server.store.audit import Action
from claudios.server.store.projects import Member, Role
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import SignedIn, require_role
from claudios.server.web.fields import Body, PathId
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router

router = api_router("members", "/projects/{project_id}/members")


class NewRole(Body):
    role: Role


@router.get("", operation_id="list_members")
async def list_members(project_id: PathId, parts: WithParts, caller: SignedIn) -> list[Member]:
    """List a project's members."""

    def look(connection: Connection) -> list[Member]:
        require_role(connection, caller, project_id, Role.VIEWER)
        return projects.members_of(connection, project_id)

    return await parts.store.read(look)


@router.patch("/{user_id}", operation_id="change_role")
async def change_role(project_id: PathId, user_id: PathId, body: NewRole, parts: WithParts, caller: SignedIn) -> Member:
    """Give a member another role. A project keeps at least one owner."""
    now = parts.now_ms()

    def change(connection: Connection) -> Member:
        require_role(connection, caller, project_id, Role.OWNER)
        member = projects.change_role(connection, project_id, user_id, body.role, now)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.ROLE_CHANGED,
            target=member.username,
            detail=body.role.value,
            project_id=project_id,
        )
        return member

    member = await parts.store.write(change)
    parts.bus.publish(ACCESS, user_id)
    return member


@router.delete("/{user_id}", operation_id="remove_member")
async def remove_member(project_id: PathId, user_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Take a person out of the project; anybody may leave. A project keeps at least one owner."""
    now = parts.now_ms()

    def remove(connection: Connection) -> None:
        require_role(connection, caller, project_id, Role.VIEWER if user_id == caller.user_id else Role.OWNER)
        left = projects.remove_member(connection, project_id, user_id)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.MEMBER_REMOVED,
            target=left.username,
            project_id=project_id,
        )

    await parts.store.write(remove)
    parts.bus.publish(ACCESS, user_id)
    return Nothing()
