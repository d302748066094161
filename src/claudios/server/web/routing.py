"""How the routes of the API are declared: whole from the start, with their prefix, their failures and their names."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from claudios.server.web.errors import ErrorBody

API_PREFIX = "/api/v1"
FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": text}
    for status, text in {
        401: "Not signed in.",
        403: "Your role does not allow it.",
        404: "There is nothing here that you may see.",
        409: "It has changed, or is already decided.",
        422: "A value is not valid; `field` names it.",
        429: "Too many requests; Retry-After says when to come back.",
    }.items()
}


def api_router(
    tag: str | None, prefix: str = "", *, below: str = API_PREFIX, route_class: type[APIRoute] = APIRoute
) -> APIRouter:
    """Return a router whose routes stand in the description under `tag`, and in paths below `prefix`.

    Its routes are put among the application's as they are. Of a router that is included in another, each would be built
    a second time when the first request comes: a fifth of the server's start.
    """
    return APIRouter(
        prefix=below + prefix,
        tags=None if tag is None else [tag],
        responses=FAILURES,
        route_class=route_class,
        generate_unique_id_function=operation_id,
    )


def operation_id(route: APIRoute) -> str:
    """Return the name of a route in the description: that of its function."""
    return route.name
