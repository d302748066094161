"""Commands: the prompts for a running session. A person waits for each, so their route is the swift one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from claudios.protocol.fields import SessionId
from claudios.server.instructions import accept
from claudios.server.instructions.accept import Accepted
from claudios.server.store.instructions import Instruction
from claudios.server.web.auth import SignedIn, signed_in
from claudios.server.web.fields import Body, Images, PathId, Prose
from claudios.server.web.parts import WithParts, parts_of
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, asker, data_path_of, require_operator


class CommandRequest(Body):
    """A prompt for a running session. `id` makes it safe to send twice."""

    text: Prose
    images: Images = ()
    id: SessionId | None = None


class SwiftRoute(APIRoute):
    """A route described like any other, which finds its five values itself: the framework's general way to them takes
    as long as the command's whole transaction."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request. Raises, as any route, RequestValidationError naming the field at fault."""

        async def answer(request: Request) -> Response:
            caller = await signed_in(request)
            sent = await self.endpoint(
                session_id=_checked(_PATH_ID, request.path_params["session_id"], "path", "session_id"),
                body=_read(await request.body()),
                parts=parts_of(request),
                data=await data_path_of(request),
                caller=caller,
            )
            return Response(sent.model_dump_json(), self.status_code or 200, media_type="application/json")

        return answer


_PATH_ID: TypeAdapter[str] = TypeAdapter(PathId)

router = api_router("sessions", route_class=SwiftRoute)


@router.post("/sessions/{session_id}/commands", operation_id="send_command", status_code=201)
async def send_command(
    session_id: PathId, body: CommandRequest, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Instruction:
    """Send a prompt to a session. While a turn runs, Claude takes it up as soon as it can."""
    now = parts.now_ms()
    command_id = body.id or str(uuid4())

    def work(connection: Connection) -> Accepted[Instruction]:
        place = require_operator(connection, caller, session_id)
        return accept.command(connection, place, body.text, command_id, asker(caller), now, images=body.images)

    return await data.mailbox.accept(work)


def _read(raw: bytes) -> CommandRequest:
    try:
        return CommandRequest.model_validate_json(raw)
    except ValidationError as invalid:
        raise _refused(invalid, "body") from invalid


def _checked(kind: TypeAdapter[str], value: str, *place: str) -> str:
    try:
        return kind.validate_python(value)
    except ValidationError as invalid:
        raise _refused(invalid, *place) from invalid


def _refused(invalid: ValidationError, *place: str) -> RequestValidationError:
    return RequestValidationError([{**error, "loc": (*place, *error["loc"])} for error in invalid.errors()])
