"""What sessions ask of people: permissions, questions and plans, and their answers."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field, StrictBool, StrictInt, StringConstraints
from sqlalchemy import Connection

from claudios.protocol.messages import PermissionMode
from claudios.server.instructions import accept
from claudios.server.instructions.accept import Accepted, Decision
from claudios.server.store import requests
from claudios.server.store.requests import Request, RequestState
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import Body, PathId, Prose, Storable
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, asker, require_operator

router = api_router("requests")

RequestId = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Answer = Annotated[str, StringConstraints(max_length=100_000), Storable]


class AnswerRequest(Body):
    """An answer. `suggestions` are indices of the request's own; `answers` maps a question's text to what is chosen.

    `updated_input` is what the tool gets instead of what Claude asked for; a plan is carried out in `permission_mode`.
    """

    behavior: Literal["allow", "deny"]
    message: Prose | None = None
    updated_input: dict[str, object] | None = None
    suggestions: Annotated[tuple[StrictInt, ...], Field(max_length=32)] = ()
    answers: Annotated[dict[Answer, Answer], Field(max_length=32)] | None = None
    permission_mode: PermissionMode | None = None
    interrupt: StrictBool = False


@router.get("/requests", operation_id="list_requests")
async def list_requests(
    parts: WithParts,
    caller: SignedIn,
    state: RequestState | None = None,
    session_id: Annotated[str | None, Query(max_length=64)] = None,
) -> list[Request]:
    """List what the sessions of your projects ask, newest first."""
    return await parts.store.read(
        lambda connection: requests.visible(connection, caller.user_id, state=state, session_id=session_id)
    )


@router.post("/sessions/{session_id}/requests/{request_id}/answer", operation_id="answer_request")
async def answer_request(
    session_id: PathId,
    request_id: RequestId,
    body: AnswerRequest,
    parts: WithParts,
    data: WithDataPath,
    caller: SignedIn,
) -> Request:
    """Answer a request. Only the first answer counts; a later one is told whose that was."""
    now = parts.now_ms()
    decision = Decision(
        behavior=body.behavior,
        message=body.message,
        updated_input=body.updated_input,
        suggestions=body.suggestions,
        answers=body.answers,
        permission_mode=body.permission_mode,
        interrupt=body.interrupt,
    )

    def work(connection: Connection) -> Accepted[Request]:
        place = require_operator(connection, caller, session_id)
        return accept.answer(connection, place, request_id, decision, asker(caller), now)

    answered = await data.mailbox.accept(work)
    data.projector.answered_by(session_id, request_id, caller.username)
    return answered
