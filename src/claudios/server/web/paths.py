"""Paths below a session's directory, asked of its machine, for whom writes a prompt."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import StringConstraints
from sqlalchemy import Connection

from claudios.protocol.fields import Model
from claudios.server.store.projects import Role
from claudios.server.store.sessions import Session
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import PathId, Storable
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, seen_session

router = api_router("sessions")

Beginning = Annotated[str, StringConstraints(max_length=256), Storable, Query()]


class FoundPaths(Model):
    """Paths from the session's directory, directories with a slash at the end. `problem` says why there can be none."""

    paths: tuple[str, ...]
    is_cut: bool
    problem: str | None


@router.get("/sessions/{session_id}/paths", operation_id="list_paths")
async def list_paths(
    session_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn, beginning: Beginning = ""
) -> FoundPaths:
    """Complete the beginning of a path on the session's machine, which is asked now: it may be away."""

    def look(connection: Connection) -> Session:
        return seen_session(connection, caller, session_id, Role.OPERATOR)

    session = await parts.store.read(look)
    found = await data.links.list_paths(session.agent_id, session.directory, beginning)
    return FoundPaths(paths=found.paths, is_cut=found.is_cut, problem=found.problem)
