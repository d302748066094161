"""The one place where errors become HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from claudios.protocol.errors import (
    AgentInUse,
    AgentOutdated,
    BudgetSpent,
    ClaudiosError,
    Conflict,
    Expired,
    Forbidden,
    InputInvalid,
    LocalError,
    MachineAway,
    MessageTooLarge,
    NotFound,
    NotSignedIn,
    PolicyForbids,
    ProtocolError,
    Refused,
    Superseded,
    TooMany,
    Unavailable,
    VersionUnsupported,
)
from claudios.protocol.fields import Model
from claudios.server.web.wording import fault_words

log = structlog.get_logger(__name__)

STATUS: Mapping[type[ClaudiosError], int] = {
    NotSignedIn: 401,
    BudgetSpent: 402,
    Forbidden: 403,
    PolicyForbids: 403,
    NotFound: 404,
    Conflict: 409,
    Superseded: 409,
    AgentInUse: 409,
    MachineAway: 409,
    AgentOutdated: 409,
    Expired: 410,
    MessageTooLarge: 413,
    InputInvalid: 422,
    VersionUnsupported: 426,
    TooMany: 429,
    Refused: 400,
    ProtocolError: 400,
    Unavailable: 503,
    LocalError: 500,
    ClaudiosError: 500,
}
"""The status of each class of error; a class that is not named has that of its nearest ancestor."""

RETRY_SECONDS = 2
BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("input_invalid", "The request cannot be read. Send JSON in UTF-8."),
    404: (NotFound.code, str(NotFound.__doc__)),
    405: ("method_not_allowed", "This address does not take that method. Look at /openapi.json."),
    411: ("input_invalid", "The request must say how long its body is. Send Content-Length."),
    413: (MessageTooLarge.code, "The request is larger than the 1 MiB that the server takes. Send less at once."),
    415: ("input_invalid", "Bodies must be JSON. Send Content-Type: application/json."),
}


class ErrorDetail(Model):
    """What went wrong: a stable code, a sentence with the remedy, and the field at fault if there is one."""

    code: str
    message: str
    field: str | None = None


class ErrorBody(Model):
    """The body of every answer that is not a success."""

    error: ErrorDetail


def status_of(error: ClaudiosError) -> int:
    """Return the HTTP status of an error."""
    return next(STATUS[ancestor] for ancestor in type(error).__mro__ if ancestor in STATUS)


def error_response(error: ClaudiosError) -> Response:
    """Return the answer that tells of an error, with Retry-After where waiting is the remedy."""
    headers: dict[str, str] = {}
    if isinstance(error, TooMany):
        headers["retry-after"] = str(error.retry_after_seconds)
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(RETRY_SECONDS)
    if isinstance(error, NotSignedIn):
        headers["www-authenticate"] = "Bearer"
    return _answer(status_of(error), error.code, error.message, getattr(error, "field", None), headers)


def http_response(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer for a status of the web framework's own."""
    code, message = BY_STATUS.get(status, (Refused.code, str(Refused.__doc__)))
    return _answer(status, code, message, None, headers or {})


def install(app: FastAPI) -> None:
    """Make the application answer errors in this form."""
    app.add_exception_handler(ClaudiosError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, ClaudiosError)
    if status_of(error) >= 500:
        log.error("request_failed", path=request.url.path, code=error.code, error=error.message, exc_info=error)
    return error_response(error)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    """Name the first field at fault and its fault, never the value: it may be a password or a prompt."""
    assert isinstance(error, RequestValidationError)
    faults: Sequence[Mapping[str, object]] = error.errors()
    place = faults[0]["loc"]
    assert isinstance(place, tuple)
    if faults[0]["type"] == "json_invalid":
        return _answer(422, InputInvalid.code, "The body is not valid JSON. Correct it and send it again.", None, {})
    field = ".".join(str(part) for part in place[1:]) or None
    return _answer(422, InputInvalid.code, f"{field or 'The body'} {fault_words(faults[0])}", field, {})


async def _on_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return http_response(error.status_code, error.headers)


async def _on_fault(_request: Request, _error: Exception) -> Response:
    """Answer a fault of ours without its details; whoever raised it is logged by the web server."""
    return _answer(500, ClaudiosError.code, "The server failed. Its log says why; try again.", None, {})


def _answer(status: int, code: str, message: str, field: str | None, headers: Mapping[str, str]) -> Response:
    detail = {"code": code, "message": message} | ({"field": field} if field else {})
    return Response(orjson.dumps({"error": detail}), status, headers, "application/json")
