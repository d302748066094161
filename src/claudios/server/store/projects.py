"""Projects, their members and the invitations to them. What a person is no member of does not exist for them."""

from __future__ import annotations

import secrets
from enum import StrEnum

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from claudios.protocol.errors import Conflict, Expired, Forbidden, NotFound
from claudios.protocol.fields import Model
from claudios.protocol.ids import new_id, secret_hash
from claudios.server.store.tables import agents, invitations, members, projects, sessions, users

INVITATION_MS = 7 * 24 * 60 * 60 * 1000
INVITATION_GONE = "This invitation was used already, withdrawn, or is too old. Ask for a new one."


class Role(StrEnum):
    """What a member may do: viewers read, operators also steer sessions, owners also manage agents and members."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    OWNER = "owner"

    def covers(self, needed: Role) -> bool:
        """Say whether this role includes `needed`."""
        return _RANK[self] >= _RANK[needed]


_ROLE = select(members.c.role).where(
    members.c.project_id == bindparam("project"), members.c.user_id == bindparam("user")
)
_RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.OWNER: 2}


class Project(Model):
    """A project as one of its members sees it."""

    id: str
    name: str
    role: Role
    created_ms: int
    agents: int
    sessions: int


class Member(Model):
    """A person in a project."""

    user_id: str
    username: str
    role: Role


class Invitation(Model):
    """An open invitation to a project."""

    id: str
    role: Role
    created_by: str
    created_ms: int
    expires_ms: int


def require_role(connection: Connection, user_id: str, project_id: str, needed: Role) -> Role:
    """Return the user's role in the project. Raises NotFound for a stranger, Forbidden for a role below `needed`."""
    found = connection.execute(_ROLE, {"project": project_id, "user": user_id}).scalar()
    if found is None:
        raise NotFound
    role = Role(found)
    if not role.covers(needed):
        raise Forbidden
    return role


def is_member(connection: Connection, user_id: str, project_id: str) -> bool:
    """Say whether the user is a member of the project."""
    return connection.execute(_ROLE, {"project": project_id, "user": user_id}).scalar() is not None


def create(connection: Connection, user_id: str, name: str, now_ms: int) -> Project:
    """Make a project that the user owns."""
    project_id = new_id("prj")
    connection.execute(insert(projects), {"id": project_id, "name": name, "created_ms": now_ms})
    put_member(connection, project_id, user_id, Role.OWNER, now_ms)
    return get(connection, user_id, project_id)


def of_user(connection: Connection, user_id: str) -> list[Project]:
    """Return the projects that the user is a member of, oldest first."""
    rows = connection.execute(_of_user(user_id).order_by(projects.c.created_ms, projects.c.id)).mappings()
    return [Project.model_validate(dict(row)) for row in rows]


def get(connection: Connection, user_id: str, project_id: str) -> Project:
    """Return a project of the user's. Raises NotFound."""
    row = connection.execute(_of_user(user_id).where(projects.c.id == project_id)).mappings().first()
    if row is None:
        raise NotFound
    return Project.model_validate(dict(row))


def rename(connection: Connection, project_id: str, name: str) -> None:
    """Give the project another name."""
    connection.execute(update(projects).where(projects.c.id == project_id).values(name=name))


def members_of(connection: Connection, project_id: str) -> list[Member]:
    """Return the project's members by name."""
    rows = connection.execute(
        select(members.c.user_id, users.c.username, members.c.role)
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.project_id == project_id)
        .order_by(users.c.username_key)
    ).mappings()
    return [Member.model_validate(dict(row)) for row in rows]


def member(connection: Connection, project_id: str, user_id: str) -> Member:
    """Return one member. Raises NotFound."""
    found = [one for one in members_of(connection, project_id) if one.user_id == user_id]
    if not found:
        raise NotFound
    return found[0]


def put_member(connection: Connection, project_id: str, user_id: str, role: Role, now_ms: int) -> None:
    """Make the user a member, or give a member another role."""
    row = {"project_id": project_id, "user_id": user_id, "role": role.value, "created_ms": now_ms}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(members)
        .values(row)
        .on_conflict_do_update(index_elements=["project_id", "user_id"], set_={"role": role.value})
    )


def change_role(connection: Connection, project_id: str, user_id: str, role: Role, now_ms: int) -> Member:
    """Give a member another role. Raises NotFound, or Conflict when no owner would be left."""
    changed = member(connection, project_id, user_id)
    if changed.role is Role.OWNER and role is not Role.OWNER:
        _require_other_owner(connection, project_id, user_id)
    put_member(connection, project_id, user_id, role, now_ms)
    return member(connection, project_id, user_id)


def remove_member(connection: Connection, project_id: str, user_id: str) -> Member:
    """Take a person out of the project. Raises NotFound, or Conflict when no owner would be left."""
    leaving = member(connection, project_id, user_id)
    if leaving.role is Role.OWNER:
        _require_other_owner(connection, project_id, user_id)
    connection.execute(delete(members).where(members.c.project_id == project_id, members.c.user_id == user_id))
    return leaving


def invite(connection: Connection, project_id: str, user_id: str, role: Role, now_ms: int) -> tuple[str, Invitation]:
    """Return the code of a new invitation, which works once, and the invitation."""
    code, invitation_id = secrets.token_urlsafe(32), new_id("inv")
    connection.execute(
        insert(invitations),
        {
            "id": invitation_id,
            "secret_hash": secret_hash(code),
            "project_id": project_id,
            "role": role.value,
            "created_by": user_id,
            "created_ms": now_ms,
            "expires_ms": now_ms + INVITATION_MS,
        },
    )
    made = [one for one in invitations_of(connection, project_id, now_ms) if one.id == invitation_id]
    return code, made[0]


def invitations_of(connection: Connection, project_id: str, now_ms: int) -> list[Invitation]:
    """Return the project's invitations that still work, newest first."""
    rows = connection.execute(
        select(
            invitations.c.id,
            invitations.c.role,
            users.c.username.label("created_by"),
            invitations.c.created_ms,
            invitations.c.expires_ms,
        )
        .join(users, users.c.id == invitations.c.created_by)
        .where(invitations.c.project_id == project_id, invitations.c.expires_ms > now_ms)
        .order_by(invitations.c.created_ms.desc(), invitations.c.id)
    ).mappings()
    return [Invitation.model_validate(dict(row)) for row in rows]


def withdraw_invitation(connection: Connection, project_id: str, invitation_id: str) -> None:
    """Delete an invitation. Raises NotFound."""
    gone = connection.execute(
        delete(invitations).where(invitations.c.id == invitation_id, invitations.c.project_id == project_id)
    )
    if gone.rowcount == 0:
        raise NotFound


def require_invitation(connection: Connection, code: str, now_ms: int) -> None:
    """Raise Expired unless the invitation still works."""
    found = connection.execute(
        select(invitations.c.id).where(
            invitations.c.secret_hash == secret_hash(code), invitations.c.expires_ms > now_ms
        )
    ).first()
    if found is None:
        raise Expired(INVITATION_GONE)


def accept_invitation(connection: Connection, user_id: str, code: str, now_ms: int) -> Project:
    """Use an invitation up and return the project joined; a member keeps a higher role. Raises Expired."""
    row = connection.execute(
        delete(invitations)
        .where(invitations.c.secret_hash == secret_hash(code))
        .returning(invitations.c.project_id, invitations.c.role, invitations.c.expires_ms)
    ).first()
    if row is None or row.expires_ms <= now_ms:
        raise Expired(INVITATION_GONE)
    present = connection.execute(
        select(members.c.role).where(members.c.project_id == row.project_id, members.c.user_id == user_id)
    ).scalar()
    if present is None or not Role(present).covers(Role(row.role)):
        put_member(connection, row.project_id, user_id, Role(row.role), now_ms)
    return get(connection, user_id, row.project_id)


def _of_user(user_id: str) -> Select[tuple[str, str, str, int, int, int]]:
    agent_count = select(func.count()).where(agents.c.project_id == projects.c.id, agents.c.removed_ms.is_(None))
    session_count = select(func.count()).where(sessions.c.project_id == projects.c.id)
    return (
        select(
            projects.c.id,
            projects.c.name,
            members.c.role,
            projects.c.created_ms,
            agent_count.correlate(projects).scalar_subquery().label("agents"),
            session_count.correlate(projects).scalar_subquery().label("sessions"),
        )
        .join(members, members.c.project_id == projects.c.id)
        .where(members.c.user_id == user_id)
    )


def _require_other_owner(connection: Connection, project_id: str, user_id: str) -> None:
    others = connection.execute(
        select(func.count()).where(
            members.c.project_id == project_id, members.c.user_id != user_id, members.c.role == Role.OWNER.value
        )
    ).scalar()
    if not others:
        raise Conflict("A project keeps at least one owner. Make somebody else an owner first.")
