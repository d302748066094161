"""What was asked of a session, what became of it, and what people may still do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Query
from sqlalchemy import Connection

from claudios.server.instructions import revise
from claudios.server.instructions.accept import Accepted, Asker
from claudios.server.store import asked, audit, instructions
from claudios.server.store.audit import Action
from claudios.server.store.instructions import Instruction
from claudios.server.store.sessions import Place
from claudios.server.web.auth import Caller, SignedIn
from claudios.server.web.fields import Body, Limited, PathId, Prose
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, asker, require_operator, seen_session

router = api_router("instructions")

INSTRUCTIONS_SHOWN = 200


class NewText(Body):
    """Another text for a prompt that waits. `instead_of` is the text one saw: a Conflict when it has changed since."""

    text: Prose
    instead_of: Prose | None = None


@router.get("/sessions/{session_id}/instructions", operation_id="list_instructions")
async def list_instructions(
    session_id: PathId,
    parts: WithParts,
    caller: SignedIn,
    before: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limited = INSTRUCTIONS_SHOWN,
) -> list[Instruction]:
    """List what was asked of a session and what became of it, oldest first: the newest, or those before the id."""

    def look(connection: Connection) -> list[Instruction]:
        seen_session(connection, caller, session_id)
        return instructions.of_session(connection, session_id, limit, before)

    return await parts.store.read(look)


@router.get("/instructions", operation_id="find_instructions")
async def find_instructions(
    parts: WithParts, caller: SignedIn, id: Annotated[str, Query(min_length=1, max_length=64)], limit: Limited = 50
) -> list[Instruction]:
    """Find instructions in your projects by the beginning of their id, newest first."""
    return await parts.store.read(lambda connection: asked.visible(connection, caller.user_id, id, limit))


@router.patch("/sessions/{session_id}/instructions/{instruction_id}", operation_id="edit_instruction")
async def edit_instruction(
    session_id: PathId, instruction_id: PathId, body: NewText, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Instruction:
    """Put another text into a prompt that waits for its agent. A conflict once the agent may have it."""

    def work(connection: Connection, place: Place, _: Asker, now_ms: int) -> Accepted[Instruction]:
        return revise.edit(connection, place, instruction_id, body.text, body.instead_of)

    return await data.mailbox.accept(
        _audited(work, Action.COMMAND_EDITED, caller, session_id, instruction_id, parts.now_ms())
    )


@router.post("/sessions/{session_id}/instructions/{instruction_id}/withdraw", operation_id="withdraw_instruction")
async def withdraw_instruction(
    session_id: PathId, instruction_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Instruction:
    """Take back what waits for its agent; a start takes its session with it. A conflict once the agent may have it."""

    def work(connection: Connection, place: Place, by: Asker, now_ms: int) -> Accepted[Instruction]:
        return revise.withdraw(connection, place, instruction_id, by, now_ms)

    return await data.mailbox.accept(
        _audited(work, Action.COMMAND_WITHDRAWN, caller, session_id, instruction_id, parts.now_ms())
    )


@router.post("/sessions/{session_id}/instructions/{instruction_id}/retry", operation_id="retry_instruction")
async def retry_instruction(
    session_id: PathId, instruction_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Instruction:
    """Send a prompt again that was not done, or whose fate is unknown: Claude runs it once, even if it did arrive.

    Returns the new instruction. A session that has ended is resumed with it.
    """

    def work(connection: Connection, place: Place, by: Asker, now_ms: int) -> Accepted[Instruction]:
        return revise.retry(connection, place, instruction_id, by, now_ms)

    return await data.mailbox.accept(
        _audited(work, Action.COMMAND_RETRIED, caller, session_id, instruction_id, parts.now_ms())
    )


@router.post("/sessions/{session_id}/instructions/{instruction_id}/drop", operation_id="drop_instruction")
async def drop_instruction(
    session_id: PathId, instruction_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Instruction:
    """Settle what was not done, or whose fate is unknown: nobody means to do more about it."""

    def work(connection: Connection, place: Place, by: Asker, now_ms: int) -> Accepted[Instruction]:
        return revise.drop(connection, place, instruction_id, by, now_ms)

    return await data.mailbox.accept(
        _audited(work, Action.COMMAND_DROPPED, caller, session_id, instruction_id, parts.now_ms())
    )


def _audited(
    work: Callable[[Connection, Place, Asker, int], Accepted[Instruction]],
    action: Action,
    caller: Caller,
    session_id: str,
    instruction_id: str,
    now_ms: int,
) -> Callable[[Connection], Accepted[Instruction]]:
    """Return the transaction that does `work` for an operator and records that it was done."""

    def whole(connection: Connection) -> Accepted[Instruction]:
        place = require_operator(connection, caller, session_id)
        accepted = work(connection, place, asker(caller), now_ms)
        audit.write(
            connection,
            now_ms=now_ms,
            actor=caller.username,
            action=action,
            target=place.title,
            detail=f"{instruction_id} of {session_id}",
            project_id=place.project_id,
        )
        return accepted

    return whole
