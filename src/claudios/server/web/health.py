"""Is the server alive, is it ready for work, and what does it say of itself?"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response

from claudios import __version__
from claudios.protocol.errors import Unavailable
from claudios.protocol.fields import Model
from claudios.server.store import accounts
from claudios.server.store.tables import agents
from claudios.server.web.auth import OptionalCaller
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router

probes = api_router(None, below="")
router = api_router("server")


class Health(Model):
    """The answer of a probe."""

    status: Literal["ok"] = "ok"


class ServerInfo(Model):
    """What the server tells everybody."""

    version: str
    registration: Literal["first", "invitation", "open"]
    signed_in: bool
    demo: bool


@probes.get("/healthz", include_in_schema=False)
async def healthz() -> Health:
    """Say that the process answers."""
    return Health()


@probes.get("/readyz", include_in_schema=False)
async def readyz(request: Request, parts: WithParts) -> Response:
    """Say whether to send work here: no longer once the server is stopping, nor while its database is away."""
    if request.app.state.is_stopping:
        raise Unavailable("The server is stopping. Try again in a moment.")
    await parts.store.read(lambda connection: connection.execute(select(1)).scalar())
    return Response('{"status":"ok"}', media_type="application/json")


@router.get("/server", operation_id="get_server")
async def get_server(parts: WithParts, caller: OptionalCaller) -> ServerInfo:
    """Say what this server is, and how one gets an account."""

    def look(connection: Connection) -> tuple[bool, bool]:
        demo = connection.execute(select(agents.c.id).where(agents.c.demo, agents.c.removed_ms.is_(None)).limit(1))
        return accounts.has_any(connection), demo.first() is not None

    has_accounts, demo = await parts.store.read(look)
    return ServerInfo(
        version=__version__,
        registration=parts.config.registration.value if has_accounts else "first",
        signed_in=caller is not None,
        demo=demo,
    )
