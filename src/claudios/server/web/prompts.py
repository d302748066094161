"""Prompts that wait until Claude has nothing to do: see, add, edit, reorder, withdraw, send now."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from claudios.protocol.fields import SessionId
from claudios.server.instructions import waiting
from claudios.server.instructions.accept import Accepted
from claudios.server.store import prompts
from claudios.server.store.instructions import Instruction
from claudios.server.store.prompts import Queue
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import Body, Images, PathId, Prose
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, asker, require_operator, seen_session

router = api_router("prompts")


class PromptToWait(Body):
    """A prompt. `id` makes it safe to send twice."""

    id: SessionId
    text: Prose
    images: Images = ()


class ChangedPrompt(Body):
    """Another text; images stay. `instead_of` is the text one saw: a conflict when it has changed since."""

    text: Prose
    instead_of: Prose


class Order(Body):
    """The ids of all prompts that wait, in the order in which they are to be sent."""

    ids: Annotated[tuple[SessionId, ...], Field(max_length=waiting.MAX_PROMPTS)]


@router.get("/sessions/{session_id}/prompts", operation_id="list_waiting_prompts")
async def list_waiting_prompts(session_id: PathId, parts: WithParts, caller: SignedIn) -> Queue:
    """List what waits until Claude has nothing to do, the next one first."""

    def look(connection: Connection) -> Queue:
        seen_session(connection, caller, session_id)
        return prompts.queue(connection, session_id)

    return await parts.store.read(look)


@router.post("/sessions/{session_id}/prompts", operation_id="add_waiting_prompt", status_code=201)
async def add_waiting_prompt(
    session_id: PathId, body: PromptToWait, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Queue:
    """Have a prompt wait until Claude has nothing to do; then it is sent as the command of the same id."""
    now = parts.now_ms()

    def work(connection: Connection) -> Accepted[Queue]:
        place = require_operator(connection, caller, session_id)
        return waiting.add(connection, place, body.id, body.text, asker(caller), now, images=body.images)

    return await data.mailbox.accept(work)


@router.put("/sessions/{session_id}/prompts", operation_id="arrange_waiting_prompts")
async def arrange_waiting_prompts(session_id: PathId, body: Order, data: WithDataPath, caller: SignedIn) -> Queue:
    """Put what waits into another order."""

    def work(connection: Connection) -> Accepted[Queue]:
        return waiting.arrange(connection, require_operator(connection, caller, session_id), body.ids)

    return await data.mailbox.accept(work)


@router.patch("/sessions/{session_id}/prompts/{prompt_id}", operation_id="edit_waiting_prompt")
async def edit_waiting_prompt(
    session_id: PathId, prompt_id: PathId, body: ChangedPrompt, data: WithDataPath, caller: SignedIn
) -> Queue:
    """Put another text into a prompt that waits. A conflict once it was sent."""

    def work(connection: Connection) -> Accepted[Queue]:
        place = require_operator(connection, caller, session_id)
        return waiting.edit(connection, place, prompt_id, body.text, body.instead_of)

    return await data.mailbox.accept(work)


@router.delete("/sessions/{session_id}/prompts/{prompt_id}", operation_id="withdraw_waiting_prompt")
async def withdraw_waiting_prompt(session_id: PathId, prompt_id: PathId, data: WithDataPath, caller: SignedIn) -> Queue:
    """Take back a prompt that waits. A conflict once it was sent."""

    def work(connection: Connection) -> Accepted[Queue]:
        return waiting.withdraw(connection, require_operator(connection, caller, session_id), prompt_id)

    return await data.mailbox.accept(work)


@router.post("/sessions/{session_id}/prompts/{prompt_id}/send", operation_id="send_waiting_prompt", status_code=201)
async def send_waiting_prompt(
    session_id: PathId, prompt_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Instruction:
    """Send a prompt that waits now: Claude takes it up at its next step."""
    now = parts.now_ms()

    def work(connection: Connection) -> Accepted[Instruction]:
        return waiting.send(connection, require_operator(connection, caller, session_id), prompt_id, now)

    return await data.mailbox.accept(work)
