"""Git on the machine of a session, asked of it now: how it stands, what differs, and the session's worktree.

The machine's own policy decides what is looked at. Merging and removing are in the audit log.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import StringConstraints
from sqlalchemy import Connection

from claudios.protocol.errors import Conflict
from claudios.protocol.fields import Hex32
from claudios.protocol.git import (
    GIT_DIFF,
    GIT_STATE,
    LIST_WORKTREES,
    MERGE_WORKTREE,
    REMOVE_WORKTREE,
    Against,
    AskGitDiff,
    AskGitState,
    AskMerge,
    AskRemoval,
    AskWorktrees,
    GitDiff,
    GitState,
    ListedWorktrees,
    MergedWorktree,
    RemovedWorktree,
)
from claudios.server.bus.topics import Changed
from claudios.server.store import agents, audit, changes, worktrees
from claudios.server.store.audit import Action
from claudios.server.store.projects import Role
from claudios.server.store.sessions import Session
from claudios.server.web.auth import Caller, SignedIn, require_role
from claudios.server.web.fields import Body, PathId, Storable
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, seen_session

router = api_router("git")

FilePath = Annotated[str, StringConstraints(min_length=1, max_length=4096), Storable]


class WorktreeRemoval(Body):
    """`confirmed` is the digest of the loss that is agreed to; without it nothing is removed that would be lost."""

    confirmed: Hex32 | None = None


@router.get("/sessions/{session_id}/git", operation_id="git_state")
async def git_state(session_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn) -> GitState:
    """Tell how the repository stands in which the session works."""
    session = await parts.store.read(lambda connection: _session(connection, caller, session_id))
    asked = AskGitState(session_id=session.id, directory=session.directory)
    return await data.links.ask(session.agent_id, GIT_STATE, asked)


@router.get("/sessions/{session_id}/git/diff", operation_id="git_diff")
async def git_diff(
    session_id: PathId,
    parts: WithParts,
    data: WithDataPath,
    caller: SignedIn,
    against: Against = Against.HEAD,
    path: Annotated[FilePath | None, Query()] = None,
) -> GitDiff:
    """Tell what differs there from the newest commit, or from where the branch began; with `path` in that file alone.

    A file's patch is bounded, and all of them together. Asked for alone, a file shows more of its own.
    """
    session = await parts.store.read(lambda connection: _session(connection, caller, session_id))
    asked = AskGitDiff(session_id=session.id, directory=session.directory, against=against, path=path)
    return await data.links.ask(session.agent_id, GIT_DIFF, asked)


@router.post("/sessions/{session_id}/git/worktree/merge", operation_id="merge_worktree")
async def merge_worktree(session_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn) -> MergedWorktree:
    """Merge the branch of the session's worktree into the one that it was made from; on a conflict nothing changes."""
    session = await parts.store.read(lambda connection: _with_worktree(connection, caller, session_id))
    merged = await data.links.ask(session.agent_id, MERGE_WORKTREE, AskMerge(session_id=session.id))
    detail = f"{session.id} {merged.how.value} {merged.commit}"
    now = parts.now_ms()
    await parts.store.write(lambda connection: _audit(connection, now, caller, session, Action.WORKTREE_MERGED, detail))
    return merged


@router.post("/sessions/{session_id}/git/worktree/remove", operation_id="remove_worktree")
async def remove_worktree(
    session_id: PathId, body: WorktreeRemoval, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> RemovedWorktree:
    """Remove the session's worktree with its branch; where work would be lost with it, that is told instead.

    To remove it all the same, ask again with the digest of that loss as `confirmed`.
    """

    def look(connection: Connection) -> Session:
        session = _with_worktree(connection, caller, session_id)
        living = worktrees.living_in(connection, session.agent_id, session.directory or "")
        if living:
            raise Conflict(f"The session {living[0]!r} still runs in this worktree. Terminate it first.")
        return session

    session = await parts.store.read(look)
    asked = AskRemoval(session_id=session.id, confirmed=body.confirmed)
    answer = await data.links.ask(session.agent_id, REMOVE_WORKTREE, asked)
    if not answer.is_removed:
        return answer
    now = parts.now_ms()

    def write(connection: Connection) -> Changed:
        worktrees.removed(connection, session.id, now)
        detail = f"{session.id} {'with what was lost' if body.confirmed else 'nothing was lost'}"
        _audit(connection, now, caller, session, Action.WORKTREE_REMOVED, detail)
        return changes.of_session(seen_session(connection, caller, session.id))

    data.mailbox.tell([await parts.store.write(write)])
    return answer


@router.get("/agents/{agent_id}/worktrees", operation_id="list_worktrees")
async def list_worktrees(agent_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn) -> ListedWorktrees:
    """List the worktrees of sessions on a machine, and how each stands."""

    def look(connection: Connection) -> None:
        require_role(connection, caller, agents.project_of(connection, agent_id), Role.OPERATOR)

    await parts.store.read(look)
    return await data.links.ask(agent_id, LIST_WORKTREES, AskWorktrees())


def _session(connection: Connection, caller: Caller, session_id: str) -> Session:
    return seen_session(connection, caller, session_id, Role.OPERATOR)


def _with_worktree(connection: Connection, caller: Caller, session_id: str) -> Session:
    session = _session(connection, caller, session_id)
    if session.worktree is None or session.worktree.branch is None:
        raise Conflict("This session has no worktree of its own.")
    return session


def _audit(connection: Connection, now_ms: int, caller: Caller, session: Session, action: Action, detail: str) -> None:
    audit.write(
        connection,
        now_ms=now_ms,
        actor=caller.username,
        action=action,
        target=session.worktree.branch or "" if session.worktree else "",
        detail=detail,
        project_id=session.project_id,
    )
