"""Conversations that were held on a machine outside of ClaudiOS: listed, and gone on with as a session.

Who may start sessions there may do so; what there is to see is for the machine's own policy to say.
"""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from fastapi import Path, Query
from sqlalchemy import Connection

from claudios.protocol.conversations import (
    FIND_CONVERSATION,
    LIST_CONVERSATIONS,
    Conversation,
    FindConversation,
    ListConversations,
)
from claudios.protocol.fields import Model
from claudios.protocol.ids import UUID_PATTERN
from claudios.protocol.messages import Mode, PermissionMode
from claudios.server.instructions import importing
from claudios.server.instructions.accept import Accepted
from claudios.server.store import agents, audit, imports
from claudios.server.store.audit import Action
from claudios.server.store.projects import Role
from claudios.server.store.sessions import NewSession, Session
from claudios.server.web.auth import Caller, SignedIn, require_role
from claudios.server.web.fields import Body, PathId, Prose
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import Setting, Title, WithDataPath, asker

router = api_router("conversations", "/agents/{agent_id}/conversations")

ConversationId = Annotated[str, Path(pattern=UUID_PATTERN)]


class ListedConversations(Model):
    """Newest first, without those that sessions have gone on with. The next page is after `next_skip`, if there is one.

    `is_cut`: the machine has so many that the oldest were not looked at.
    """

    conversations: tuple[Conversation, ...]
    next_skip: int | None
    is_cut: bool


class ImportRequest(Body):
    """How Claude is to go on, and what it is to do first."""

    prompt: Prose | None = None
    title: Title = ""
    model: Setting | None = None
    permission_mode: PermissionMode = PermissionMode.DEFAULT


@router.get("", operation_id="list_conversations")
async def list_conversations(
    agent_id: PathId,
    parts: WithParts,
    data: WithDataPath,
    caller: SignedIn,
    skip: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> ListedConversations:
    """List conversations that were held on the machine outside of ClaudiOS, as Claude keeps them there."""
    await parts.store.read(lambda connection: _require(connection, caller, agent_id))
    found = await data.links.ask(agent_id, LIST_CONVERSATIONS, ListConversations(skip=skip))
    ids = [each.id for each in found.conversations]
    known = await parts.store.read(lambda connection: imports.known(connection, agent_id, ids))
    return ListedConversations(
        conversations=tuple(each for each in found.conversations if each.id not in known),
        next_skip=skip + len(ids) if found.more and ids else None,
        is_cut=found.is_cut,
    )


@router.post("/{conversation_id}/import", operation_id="import_conversation", status_code=201)
async def import_conversation(
    agent_id: PathId,
    conversation_id: ConversationId,
    body: ImportRequest,
    parts: WithParts,
    data: WithDataPath,
    caller: SignedIn,
) -> Session:
    """Start a session that goes on with a copy of the conversation, and whose transcript begins with it.

    The conversation itself stays as it is. It is imported once: asked for again, the session is the one of before.
    """
    now = parts.now_ms()
    new_id = str(uuid4())

    def look(connection: Connection) -> Session | None:
        _require(connection, caller, agent_id)
        return imports.imported(connection, agent_id, conversation_id)

    before = await parts.store.read(look)
    if before is not None:
        return before
    found = await data.links.ask(agent_id, FIND_CONVERSATION, FindConversation(id=conversation_id))

    def work(connection: Connection) -> Accepted[Session]:
        new = NewSession(
            id=new_id,
            project_id=_require(connection, caller, agent_id),
            agent_id=agent_id,
            title=body.title,
            mode=Mode.CHAT,
            directory=None,
            model=body.model,
            permission_mode=body.permission_mode,
        )
        told = found.model_copy(update={"id": conversation_id})
        accepted = importing.import_conversation(connection, new, told, body.prompt, asker(caller), now)
        if accepted.answer.id == new_id:
            _audit(connection, now, caller, accepted.answer, conversation_id)
        return accepted

    return await data.mailbox.accept(work)


def _require(connection: Connection, caller: Caller, agent_id: str) -> str:
    """Return the agent's project, where the caller may start sessions. Raises NotFound, Forbidden."""
    project_id = agents.project_of(connection, agent_id)
    require_role(connection, caller, project_id, Role.OPERATOR)
    return project_id


def _audit(connection: Connection, now_ms: int, caller: Caller, session: Session, conversation: str) -> None:
    audit.write(
        connection,
        now_ms=now_ms,
        actor=caller.username,
        action=Action.CONVERSATION_IMPORTED,
        target=session.agent_id,
        detail=f"{conversation} {session.directory or ''}",
        project_id=session.project_id,
    )
