"""What a project keeps of the output of its sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field, StrictInt
from sqlalchemy import Connection

from claudios.protocol.fields import Model
from claudios.server.store import audit, projects, retention
from claudios.server.store.audit import Action
from claudios.server.store.projects import Role
from claudios.server.store.retention import Amount, Policy
from claudios.server.web.auth import SignedIn, require_role
from claudios.server.web.fields import Body, PathId
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath

router = api_router("projects", "/projects/{project_id}/retention")

Days = Annotated[StrictInt, Field(ge=1, le=36_500)]
Bytes = Annotated[StrictInt, Field(ge=0, le=2**53)]


class RetentionRequest(Body):
    """For how many days after its end a session's output is kept, and how many bytes of it in all; null: no limit."""

    keep_days: Days | None = None
    keep_bytes: Bytes | None = None


class Retention(Model):
    """What a project keeps, how much output it has, and what of that is due to be removed now.

    Output of `unremovable` sessions was due and stays: their record does not hold, which their verification shows.
    """

    keep_days: int | None
    keep_bytes: int | None
    stored: Amount
    due: Amount
    unremovable: int


@router.get("", operation_id="get_retention")
async def get_retention(project_id: PathId, parts: WithParts, caller: SignedIn) -> Retention:
    """Return what a project keeps."""

    def look(connection: Connection) -> Retention:
        require_role(connection, caller, project_id, Role.VIEWER)
        return _view(connection, parts, project_id)

    return await parts.store.read(look)


@router.get("/preview", operation_id="preview_retention")
async def preview_retention(
    project_id: PathId,
    parts: WithParts,
    caller: SignedIn,
    keep_days: Annotated[int | None, Query(ge=1, le=36_500)] = None,
    keep_bytes: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> Amount:
    """Return what would be removed at once if the project kept this."""

    def look(connection: Connection) -> Amount:
        require_role(connection, caller, project_id, Role.VIEWER)
        return _due(connection, parts, project_id, Policy(keep_days=keep_days, keep_bytes=keep_bytes))

    return await parts.store.read(look)


@router.put("", operation_id="set_retention")
async def set_retention(
    project_id: PathId, body: RetentionRequest, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Retention:
    """Say what a project keeps. What it does not is removed within the hour, and leaves a signed tombstone."""
    kept = Policy(keep_days=body.keep_days, keep_bytes=body.keep_bytes)

    def work(connection: Connection) -> Retention:
        require_role(connection, caller, project_id, Role.OWNER)
        retention.set_policy(connection, project_id, kept)
        audit.write(
            connection,
            now_ms=parts.now_ms(),
            actor=caller.username,
            action=Action.RETENTION_CHANGED,
            target=projects.get(connection, caller.user_id, project_id).name,
            detail=f"keeps {_limit(kept.keep_days, 'days')} and {_limit(kept.keep_bytes, 'bytes')}",
            project_id=project_id,
        )
        return _view(connection, parts, project_id)

    now = await parts.store.write(work)
    data.retention.hasten()
    return now


def _view(connection: Connection, parts: Parts, project_id: str) -> Retention:
    kept = retention.policy(connection, project_id)
    return Retention(
        keep_days=kept.keep_days,
        keep_bytes=kept.keep_bytes,
        stored=retention.stored(connection, project_id),
        due=_due(connection, parts, project_id, kept),
        unremovable=retention.unremovable(connection, project_id),
    )


def _due(connection: Connection, parts: Parts, project_id: str, kept: Policy) -> Amount:
    found = retention.due(connection, project_id, kept, parts.now_ms())
    return Amount(sessions=len(found), bytes=sum(each.bytes for each in found))


def _limit(value: int | None, unit: str) -> str:
    return f"any number of {unit}" if value is None else f"{value:,} {unit}"
