"""Invitations to a project: made by its owners, used once."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request

from claudios.server.bus.topics import ACCESS
from claudios.server.store import audit, projects
from claudios.server.store.audit import Action
from claudios.server.store.projects import Invitation, Project, Role
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import SignedIn, require_role
from claudios.server.web.fields import Body, Code, PathId
from claudios.server.web.parts import WithParts, url_of
from claudios.server.web.routing import api_router

router = api_router("invitations")


class InvitedRole(Body):
    role: Role = Role.OPERATOR


class InvitationCode(Body):
    code: Code


class NewInvitation(Invitation):
    """An invitation as it is shown once; the code stands in the URL's fragment, which browsers send to nobody."""

    code: str
    url: str


@router.get("/projects/{project_id}/invitations", operation_id="list_invitations")
async def list_invitations(project_id: PathId, parts: WithParts, caller: SignedIn) -> list[Invitation]:
    """List a project's open invitations."""
    now = parts.now_ms()

    def look(connection: Connection) -> list[Invitation]:
        require_role(connection, caller, project_id, Role.OWNER)
        return projects.invitations_of(connection, project_id, now)

    return await parts.store.read(look)


@router.post("/projects/{project_id}/invitations", operation_id="create_invitation", status_code=201)
async def create_invitation(
    project_id: PathId, body: InvitedRole, request: Request, parts: WithParts, caller: SignedIn
) -> NewInvitation:
    """Invite somebody; the code is shown in this answer and never again."""
    now = parts.now_ms()

    def invite(connection: Connection) -> tuple[str, Invitation]:
        require_role(connection, caller, project_id, Role.OWNER)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.INVITED,
            detail=body.role.value,
            project_id=project_id,
        )
        return projects.invite(connection, project_id, caller.user_id, body.role, now)

    code, made = await parts.store.write(invite)
    url = f"{url_of(request, parts.config)}/invitation#{code}"
    return NewInvitation(**made.model_dump(), code=code, url=url)


@router.delete("/projects/{project_id}/invitations/{invitation_id}", operation_id="withdraw_invitation")
async def withdraw_invitation(project_id: PathId, invitation_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Withdraw an invitation."""
    now = parts.now_ms()

    def withdraw(connection: Connection) -> None:
        require_role(connection, caller, project_id, Role.OWNER)
        projects.withdraw_invitation(connection, project_id, invitation_id)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.INVITATION_WITHDRAWN,
            target=invitation_id,
            project_id=project_id,
        )

    await parts.store.write(withdraw)
    return Nothing()


@router.post("/invitations/accept", operation_id="accept_invitation")
async def accept_invitation(body: InvitationCode, parts: WithParts, caller: SignedIn) -> Project:
    """Join the project that an invitation is for."""
    now = parts.now_ms()

    def accept(connection: Connection) -> Project:
        joined = projects.accept_invitation(connection, caller.user_id, body.code, now)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.JOINED,
            target=joined.name,
            detail=joined.role.value,
            project_id=joined.id,
        )
        return joined

    joined = await parts.store.write(accept)
    parts.bus.publish(ACCESS, caller.user_id)
    return joined
