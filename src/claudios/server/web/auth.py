"""Who is asking: the cookie or bearer of a request, and what that person may do in a project.

That a request with a cookie comes from the server's own page is checked before any route, in web/frame.py.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from sqlalchemy import Connection
from starlette.requests import HTTPConnection
from starlette.responses import Response

from claudios.protocol.errors import Forbidden, NotSignedIn
from claudios.server.config import Config
from claudios.server.credentials import Caller
from claudios.server.store import projects
from claudios.server.store.accounts import LOGIN_MS
from claudios.server.store.projects import Role
from claudios.server.web.parts import parts_of

__all__ = [
    "Caller",
    "OptionalCaller",
    "Role",
    "SignedIn",
    "clear_cookie",
    "cookie_name",
    "optional_caller",
    "require_login",
    "require_role",
    "set_cookie",
    "signed_in",
]


async def signed_in(connection: HTTPConnection) -> Caller:
    """Return who sends this request or opens this WebSocket. Raises NotSignedIn.

    A dependency of routes, and called directly (before `accept`) by raw ASGI and WebSocket routes.
    """
    parts = parts_of(connection)
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn
        return await parts.credentials.of_token(token.strip())
    secret = connection.cookies.get(cookie_name(parts.config))
    if not secret:
        raise NotSignedIn
    return await parts.credentials.of_login(secret)


async def optional_caller(connection: HTTPConnection) -> Caller | None:
    """Return who sends this request, or None for a stranger."""
    try:
        return await signed_in(connection)
    except NotSignedIn:
        return None


SignedIn = Annotated[Caller, Depends(signed_in)]
OptionalCaller = Annotated[Caller | None, Depends(optional_caller)]


def require_role(connection: Connection, caller: Caller, project_id: str, needed: Role) -> Role:
    """Return the caller's role in the project. Raises NotFound for a stranger, Forbidden for a role below `needed`."""
    return projects.require_role(connection, caller.user_id, project_id, needed)


def require_login(caller: Caller, what: str) -> None:
    """Refuse a program what it may not do with an API token, such as "add ways to be told". Raises Forbidden.

    What a token makes and outlives it would keep whoever stole it in, once it is revoked.
    """
    if caller.by == "token":
        raise Forbidden(f"An API token may not {what}. Sign in on the server's page.")


def cookie_name(config: Config) -> str:
    """Return the cookie's name; over https its prefix makes browsers bind it to this very host."""
    return "__Host-claudios" if config.is_secure else "claudios"


def set_cookie(response: Response, config: Config, secret: str) -> None:
    """Hand a login's secret to the browser."""
    response.set_cookie(
        cookie_name(config),
        secret,
        max_age=LOGIN_MS // 1000,
        path="/",
        httponly=True,
        samesite="lax",
        secure=config.is_secure,
    )


def clear_cookie(response: Response, config: Config) -> None:
    """Take the login's secret from the browser."""
    response.delete_cookie(cookie_name(config), path="/", httponly=True, samesite="lax", secure=config.is_secure)
