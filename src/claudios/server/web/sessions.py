"""Sessions: start, list, steer and end them, and read their transcript and log."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Query
from pydantic import Field, StrictBool, StringConstraints
from sqlalchemy import Connection
from starlette.requests import HTTPConnection

from claudios.protocol.errors import Conflict, NotFound
from claudios.protocol.fields import SessionId
from claudios.protocol.messages import Mode, PermissionMode, SessionState
from claudios.protocol.terminal import TerminalSize
from claudios.server.bus.topics import Changed
from claudios.server.data_path import DataPath
from claudios.server.instructions import accept, forking, going_on, revise, starting
from claudios.server.instructions.accept import Accepted, Asker
from claudios.server.store import agents, audit, changes, retention, session_lists, sessions
from claudios.server.store.audit import Action
from claudios.server.store.instructions import Instruction
from claudios.server.store.projects import Role
from claudios.server.store.sessions import Effort, NewSession, Place, Resume, Session
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import Caller, SignedIn, require_role
from claudios.server.web.fields import Body, Images, Limited, LimitPrompt, Line, PathId, Prose, TimeMs
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router

router = api_router("sessions")

Title = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), Line]
Setting = Annotated[str, StringConstraints(min_length=1, max_length=200), Line]
Directory = Annotated[str, StringConstraints(min_length=1, max_length=4096), Line]


async def data_path_of(connection: HTTPConnection) -> DataPath:
    """Return the data path of the server that this connection came to."""
    found: DataPath = connection.app.state.data_path
    return found


WithDataPath = Annotated[DataPath, Depends(data_path_of)]


class SessionRequest(Body):
    """What to start. `id` makes it safe to send twice; without one the server chooses. `size` is a terminal's.

    `limit_prompt` is said by itself once a usage limit that stopped the session has reset.
    With `worktree` Claude works in a git worktree that is made for it, on a branch of its own, of the repository in
    which the directory is.
    """

    agent_id: Annotated[str, StringConstraints(max_length=64)]
    id: SessionId | None = None
    directory: Directory | None = None
    prompt: Prose | None = None
    images: Images = ()
    model: Setting | None = None
    permission_mode: PermissionMode = PermissionMode.DEFAULT
    effort: Effort | None = None
    title: Title = ""
    resume: Resume = Resume.MANUAL
    mode: Mode = Mode.CHAT
    size: TerminalSize | None = None
    limit_prompt: LimitPrompt | None = None
    worktree: StrictBool = False


class ResumeRequest(Body):
    """What Claude is to do first. `mode` is another one, if it is to change; `size` is a terminal's; `id` makes it
    safe to send twice."""

    id: SessionId | None = None
    prompt: Prose | None = None
    images: Images = ()
    mode: Mode | None = None
    size: TerminalSize | None = None


class ForkRequest(Body):
    """What the new session is to be called and to do first. `id` makes it safe to send twice."""

    id: SessionId | None = None
    prompt: Prose | None = None
    title: Title = ""


class SessionChange(Body):
    """What is to be another one: the title, who resumes the session once it is lost, whether its output stays, and
    whether it is archived, which only an ended one can be.
    """

    title: Annotated[Title, Field(min_length=1)] | None = None
    resume: Resume | None = None
    is_kept: StrictBool | None = None
    is_archived: StrictBool | None = None


@router.get("/sessions", operation_id="list_sessions")
async def list_sessions(
    parts: WithParts,
    caller: SignedIn,
    project_id: Annotated[str | None, Query(max_length=64)] = None,
    agent_id: Annotated[str | None, Query(max_length=64)] = None,
    state: SessionState | None = None,
    is_ended: bool | None = None,
    is_archived: bool | None = None,
    text: Annotated[str | None, Query(max_length=200)] = None,
    before_ms: Annotated[TimeMs | None, Query()] = None,
    before_id: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limited = 100,
) -> list[Session]:
    """List the sessions of your projects, newest first; by `is_ended` or `is_archived` only those that are, or are not.

    `text` is what the title, the directory, the preview of the last words or the name of agent or project contains.
    The next page has the `before_ms` and `before_id` of the last session: its `created_ms` and its `id`.
    """
    return await parts.store.read(
        lambda connection: session_lists.visible(
            connection,
            caller.user_id,
            project_id=project_id,
            agent_id=agent_id,
            state=state,
            is_ended=is_ended,
            is_archived=is_archived,
            text=text,
            before_ms=before_ms,
            before_id=before_id,
            limit=limit,
        )
    )


@router.post("/projects/{project_id}/sessions", operation_id="start_session", status_code=201)
async def start_session(
    project_id: PathId, body: SessionRequest, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Session:
    """Start a session on an agent; it waits there while the agent is offline or busy."""
    now = parts.now_ms()
    session_id = body.id or str(uuid4())

    def work(connection: Connection) -> Accepted[Session]:
        require_role(connection, caller, project_id, Role.OPERATOR)
        if agents.project_of(connection, body.agent_id) != project_id:
            raise NotFound
        new = NewSession(
            id=session_id,
            project_id=project_id,
            agent_id=body.agent_id,
            title=body.title,
            mode=body.mode,
            directory=body.directory,
            model=body.model,
            permission_mode=body.permission_mode,
            effort=body.effort,
            resume=body.resume,
            limit_prompt=body.limit_prompt,
            has_worktree=body.worktree,
        )
        return starting.start(connection, new, body.prompt, asker(caller), now, images=body.images, size=body.size)

    return await data.mailbox.accept(work)


@router.get("/sessions/{session_id}", operation_id="get_session")
async def get_session(session_id: PathId, parts: WithParts, caller: SignedIn) -> Session:
    """Return a session."""
    return await parts.store.read(lambda connection: seen_session(connection, caller, session_id))


@router.patch("/sessions/{session_id}", operation_id="change_session")
async def change_session(
    session_id: PathId, body: SessionChange, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Session:
    """Give a session another title, say who resumes it once it is lost, that its output stays, or archive it.

    A session that has not ended is not archived: what works, waits or costs stays in sight. Resuming brings it back.
    """
    now = parts.now_ms()

    def work(connection: Connection) -> Session:
        found = seen_session(connection, caller, session_id, Role.OPERATOR)
        if body.title is not None:
            sessions.retitle(connection, session_id, body.title)
        if body.resume is not None:
            if found.state is SessionState.ENDED:
                raise Conflict("This session has ended. Resume it first.")
            sessions.set_resume(connection, session_id, body.resume)
        if body.is_kept is not None:
            if found.removed_ms is not None:
                raise Conflict("The output of this session was removed already.")
            retention.set_kept(connection, session_id, is_kept=body.is_kept)
        if body.is_archived is False and found.archived_ms is not None:
            going_on.bring_back(connection, session_id)
        elif body.is_archived and not going_on.archive(connection, session_id, now):
            raise Conflict("This session has not ended, and what runs stays in sight. Terminate it first.")
        return seen_session(connection, caller, session_id)

    changed = await parts.store.write(work)
    data.mailbox.tell([changes.of_session(changed)])
    return changed


@router.delete("/sessions/{session_id}", operation_id="delete_session")
async def delete_session(session_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn) -> Nothing:
    """Delete an ended session with its whole record."""
    now = parts.now_ms()

    def required(connection: Connection) -> Session:
        found = seen_session(connection, caller, session_id, Role.OWNER)
        if found.state is not SessionState.ENDED:
            raise Conflict("This session has not ended. Terminate it first.")
        _require_no_worktree(connection, found)
        return found

    def work(connection: Connection) -> Changed:
        found = required(connection)
        revise.delete_session(connection, session_id)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.SESSION_DELETED,
            target=found.title,
            detail=session_id,
            project_id=found.project_id,
        )
        return changes.removed(found.project_id, "session", session_id, session_id)

    await parts.store.read(required)
    await data.follower.forget(session_id)
    removed = await parts.store.write(work)
    data.screens.forget(session_id)
    data.mailbox.tell([removed])
    return Nothing()


@router.post("/sessions/{session_id}/interrupt", operation_id="interrupt_session", status_code=201)
async def interrupt_session(session_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn) -> Instruction:
    """Stop the running turn; the session stays."""
    now = parts.now_ms()

    def work(connection: Connection) -> Accepted[Instruction]:
        place = require_operator(connection, caller, session_id)
        return accept.interrupt(connection, place, asker(caller), now)

    return await data.mailbox.accept(work)


@router.post("/sessions/{session_id}/terminate", operation_id="terminate_session", status_code=201)
async def terminate_session(session_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn) -> Instruction:
    """End a session: politely first, then by force."""
    now = parts.now_ms()

    def work(connection: Connection) -> Accepted[Instruction]:
        place = require_operator(connection, caller, session_id)
        return accept.terminate(connection, place, asker(caller), now)

    return await data.mailbox.accept(work)


@router.post("/sessions/{session_id}/resume", operation_id="resume_session", status_code=201)
async def resume_session(
    session_id: PathId, body: ResumeRequest, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Session:
    """Start an ended session again where it left off."""
    now = parts.now_ms()

    def work(connection: Connection) -> Accepted[Session]:
        place = require_operator(connection, caller, session_id)
        return starting.resume(
            connection,
            place,
            body.prompt,
            asker(caller),
            now,
            images=body.images,
            start_id=body.id,
            mode=body.mode,
            size=body.size,
        )

    return await data.mailbox.accept(work)


@router.post("/sessions/{session_id}/fork", operation_id="fork_session", status_code=201)
async def fork_session(
    session_id: PathId, body: ForkRequest, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Session:
    """Start a new session with a copy of this one's conversation, which stays as it is, also while it runs."""
    now = parts.now_ms()
    new_id = body.id or str(uuid4())

    def work(connection: Connection) -> Accepted[Session]:
        place = require_operator(connection, caller, session_id)
        return forking.fork(connection, place, new_id, body.title, body.prompt, asker(caller), now)

    return await data.mailbox.accept(work)


def _require_no_worktree(connection: Connection, session: Session) -> None:
    """Raise Conflict while a session's worktree is on a machine: by the session alone it can be merged and removed."""
    if session.worktree is None or session.worktree.branch is None or session.worktree.removed_ms is not None:
        return
    try:
        agents.project_of(connection, session.agent_id)
    except NotFound:
        return  # nobody can ask that machine any more
    raise Conflict("This session's worktree is still on its machine. Remove that first.")


def seen_session(connection: Connection, caller: Caller, session_id: str, needed: Role = Role.VIEWER) -> Session:
    """Return a session that the caller may see. Raises NotFound, Forbidden."""
    found = sessions.get(connection, session_id)
    if found is None:
        raise NotFound
    require_role(connection, caller, found.project_id, needed)
    return found


def require_operator(connection: Connection, caller: Caller, session_id: str) -> Place:
    """Return where a session is that the caller may steer. Raises NotFound, Forbidden."""
    place = sessions.place(connection, session_id)
    if place is None:
        raise NotFound
    require_role(connection, caller, place.project_id, Role.OPERATOR)
    return place


def asker(caller: Caller) -> Asker:
    """Return the caller as the one who asks."""
    return Asker(caller.user_id, caller.username)
