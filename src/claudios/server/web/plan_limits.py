"""What becomes of a session that a usage limit of its account has stopped."""

from __future__ import annotations

from sqlalchemy import Connection

from claudios.server.instructions import going_on
from claudios.server.instructions.accept import Accepted
from claudios.server.store.sessions import Session
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import Body, LimitPrompt, PathId
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, require_operator

router = api_router("usage")


class AfterLimit(Body):
    """What is said by itself once a limit that stopped the session has reset; null: it waits for a person."""

    prompt: LimitPrompt | None


@router.put("/sessions/{session_id}/limit-prompt", operation_id="set_limit_prompt")
async def set_limit_prompt(
    session_id: PathId, body: AfterLimit, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Session:
    """Say with what a session goes on by itself once a usage limit that stopped it has reset."""
    now = parts.now_ms()

    def work(connection: Connection) -> Accepted[Session]:
        require_operator(connection, caller, session_id)
        return going_on.set_prompt(connection, session_id, body.prompt, now)

    return await data.mailbox.accept(work)


@router.post("/sessions/{session_id}/limit-stop/cancel", operation_id="cancel_limit_stop")
async def cancel_limit_stop(session_id: PathId, data: WithDataPath, caller: SignedIn) -> Session:
    """Have a session that waits for a limit to reset wait for a person instead, this time."""

    def work(connection: Connection) -> Accepted[Session]:
        require_operator(connection, caller, session_id)
        return going_on.cancel(connection, session_id)

    return await data.mailbox.accept(work)
