"""Templates: what a session is started with, under a name, for all who start sessions in a project."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from claudios.protocol.errors import Conflict, InputInvalid, NotFound
from claudios.protocol.fields import Model
from claudios.protocol.ids import new_id
from claudios.protocol.messages import PermissionMode
from claudios.protocol.placeholders import names_of
from claudios.server.store.projects import Role
from claudios.server.store.sessions import Effort
from claudios.server.store.tables import agents, members, templates, users

MOST_TEMPLATES = 50
"""Of one project."""
MOST_PLACEHOLDERS = 20
NAME_IN_USE = "This project has a template of this name. Choose another name, or edit that one."


class Settings(Model):
    """What a session starts with; null: whoever starts it is to choose.

    A `{name}` in the prompt is a place to be filled in before it is sent; `{{name}}` stands for `{name}` itself.
    """

    prompt: str | None = None
    agent_id: str | None = None
    directory: str | None = None
    model: str | None = None
    permission_mode: PermissionMode | None = None
    effort: Effort | None = None


class Template(Settings):
    """Settings under a name. `placeholders` are the names of the places in its prompt, in their order."""

    id: str
    project_id: str
    name: str
    placeholders: tuple[str, ...]
    created_by: str | None
    created_ms: int
    updated_ms: int


_VIEW = (
    select(
        templates.c.id,
        templates.c.project_id,
        templates.c.name,
        templates.c.prompt,
        agents.c.id.label("agent_id"),
        templates.c.directory,
        templates.c.model,
        templates.c.permission_mode,
        templates.c.effort,
        users.c.username.label("created_by"),
        templates.c.created_ms,
        templates.c.updated_ms,
    )
    .join(agents, and_(agents.c.id == templates.c.agent_id, agents.c.removed_ms.is_(None)), isouter=True)
    .join(users, users.c.id == templates.c.created_by, isouter=True)
    .order_by(templates.c.name_key, templates.c.id)
)


def of_user(connection: Connection, user_id: str, project_id: str | None = None) -> list[Template]:
    """Return the templates of all projects in which the user may start sessions, or of one of them, by name."""
    may_start = [role.value for role in Role if role.covers(Role.OPERATOR)]
    mine = select(members.c.project_id).where(members.c.user_id == user_id, members.c.role.in_(may_start))
    wanted = templates.c.project_id.in_(mine)
    return _views(connection, wanted if project_id is None else wanted & (templates.c.project_id == project_id))


def create(
    connection: Connection, project_id: str, name: str, settings: Settings, user_id: str, now_ms: int
) -> Template:
    """Add a template. Raises Conflict for a name in use and for one too many, InputInvalid for an agent elsewhere."""
    known = select(func.count()).where(templates.c.project_id == project_id)
    if (connection.execute(known).scalar() or 0) >= MOST_TEMPLATES:
        raise Conflict(f"A project has at most {MOST_TEMPLATES} templates. Remove one that nobody uses.")
    template_id = new_id("tpl")
    new = {
        **_values(connection, project_id, name, settings),
        "id": template_id,
        "project_id": project_id,
        "created_by": user_id,
        "created_ms": now_ms,
        "updated_ms": now_ms,
    }
    try:
        connection.execute(insert(templates), new)
    except IntegrityError as taken:
        raise Conflict(NAME_IN_USE) from taken
    return require(connection, project_id, template_id)


def change(
    connection: Connection, project_id: str, template_id: str, name: str, settings: Settings, now_ms: int
) -> Template:
    """Put other settings, and another name, in the place of a template's. Raises NotFound, and as `create` does."""
    new = {**_values(connection, project_id, name, settings), "updated_ms": now_ms}
    try:
        connection.execute(update(templates).where(_is(project_id, template_id)).values(new))
    except IntegrityError as taken:
        raise Conflict(NAME_IN_USE) from taken
    return require(connection, project_id, template_id)


def remove(connection: Connection, project_id: str, template_id: str) -> Template:
    """Remove a template, and return it. Raises NotFound."""
    gone = require(connection, project_id, template_id)
    connection.execute(delete(templates).where(_is(project_id, template_id)))
    return gone


def require(connection: Connection, project_id: str, template_id: str) -> Template:
    """Return a template of a project. Raises NotFound."""
    found = _views(connection, _is(project_id, template_id))
    if not found:
        raise NotFound
    return found[0]


def _values(connection: Connection, project_id: str, name: str, settings: Settings) -> dict[str, str | None]:
    if len(names_of(settings.prompt or "")) > MOST_PLACEHOLDERS:
        raise InputInvalid(f"A template's prompt has at most {MOST_PLACEHOLDERS} places to fill in.", "prompt")
    if settings.agent_id is not None:
        is_here = select(agents.c.id).where(
            agents.c.id == settings.agent_id, agents.c.project_id == project_id, agents.c.removed_ms.is_(None)
        )
        if connection.execute(is_here).first() is None:
            raise InputInvalid("There is no such agent in this project. Choose another.", "agent_id")
    return {**settings.model_dump(mode="json"), "name": name, "name_key": name.casefold()}


def _is(project_id: str, template_id: str) -> ColumnElement[bool]:
    return and_(templates.c.project_id == project_id, templates.c.id == template_id)


def _views(connection: Connection, wanted: ColumnElement[bool]) -> list[Template]:
    return [_template(row) for row in connection.execute(_VIEW.where(wanted))]


def _template(row: Row[*tuple[Any, ...]]) -> Template:
    shown = dict(row._mapping)
    return Template.model_validate({**shown, "placeholders": names_of(row.prompt or "")})
