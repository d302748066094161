"""What a project and a session may cost."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictFloat
from sqlalchemy import Connection

from claudios.server.projections.meter import MAX_NANO_USD, NANO, nano
from claudios.server.store import audit, budgets, projects
from claudios.server.store.audit import Action
from claudios.server.store.budgets import Budgets, Limits
from claudios.server.store.projects import Role
from claudios.server.web.auth import SignedIn, require_role
from claudios.server.web.fields import Body, PathId, TimeZone
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import require_operator, seen_session

router = api_router("usage")

Money = Annotated[StrictFloat, Field(ge=0, le=MAX_NANO_USD // NANO)]
"""US dollars."""


class ProjectBudgets(Body):
    """What a project may use in a day and in a month, as these are in `time_zone`; null: no budget."""

    day_usd: Money | None = None
    month_usd: Money | None = None
    time_zone: TimeZone = "UTC"


class SessionBudget(Body):
    """What a session may use in all; null: no budget of its own."""

    usd: Money | None


@router.get("/projects/{project_id}/budgets", operation_id="get_budgets")
async def get_budgets(project_id: PathId, parts: WithParts, caller: SignedIn) -> Budgets:
    """Return a project's budgets, and how they stand."""
    now = parts.now_ms()

    def look(connection: Connection) -> Budgets:
        require_role(connection, caller, project_id, Role.VIEWER)
        return budgets.standing(connection, project_id, None, now)

    return await parts.store.read(look)


@router.put("/projects/{project_id}/budgets", operation_id="set_budgets")
async def set_budgets(project_id: PathId, body: ProjectBudgets, parts: WithParts, caller: SignedIn) -> Budgets:
    """Say what a project may use. Where that is used up no turn begins; what runs goes on, and what waits waits on."""
    now = parts.now_ms()
    limits = Limits(nano(body.day_usd), nano(body.month_usd), body.time_zone)

    def work(connection: Connection) -> Budgets:
        require_role(connection, caller, project_id, Role.OWNER)
        budgets.set_limits(connection, project_id, limits)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.BUDGET_CHANGED,
            target=projects.get(connection, caller.user_id, project_id).name,
            detail=f"{_dollars(body.day_usd)} a day and {_dollars(body.month_usd)} a month ({body.time_zone})",
            project_id=project_id,
        )
        return budgets.standing(connection, project_id, None, now)

    return await parts.store.write(work)


@router.get("/sessions/{session_id}/budgets", operation_id="get_session_budgets")
async def get_session_budgets(session_id: PathId, parts: WithParts, caller: SignedIn) -> Budgets:
    """Return the budgets that bind a session, its project's and its own, and how they stand."""
    now = parts.now_ms()

    def look(connection: Connection) -> Budgets:
        found = seen_session(connection, caller, session_id)
        return budgets.standing(connection, found.project_id, session_id, now)

    return await parts.store.read(look)


@router.put("/sessions/{session_id}/budget", operation_id="set_session_budget")
async def set_session_budget(session_id: PathId, body: SessionBudget, parts: WithParts, caller: SignedIn) -> Budgets:
    """Say what a session may use in all."""
    now = parts.now_ms()

    def work(connection: Connection) -> Budgets:
        place = require_operator(connection, caller, session_id)
        budgets.set_session_limit(connection, session_id, nano(body.usd))
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.BUDGET_CHANGED,
            target=place.title,
            detail=f"{_dollars(body.usd)} for session {session_id}",
            project_id=place.project_id,
        )
        return budgets.standing(connection, place.project_id, session_id, now)

    return await parts.store.write(work)


def _dollars(usd: float | None) -> str:
    return "any amount" if usd is None else f"${usd:,.2f}"
