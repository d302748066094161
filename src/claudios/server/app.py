"""The composition root: which parts the server has, and what they are given."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from claudios import __version__
from claudios.server.bus.memory import MemoryBus
from claudios.server.clock import now_ms as wall_clock_ms
from claudios.server.config import Config
from claudios.server.credentials import Credentials
from claudios.server.data_path import DataPath
from claudios.server.keys import ServerKey
from claudios.server.limits import Limit
from claudios.server.passwords import Passwords
from claudios.server.state_lock import StateLock
from claudios.server.store import agents as agent_store
from claudios.server.store.engine import Store
from claudios.server.web import (
    accounts,
    agent_check,
    agents,
    audit,
    commands,
    data_routes,
    devices,
    errors,
    examples,
    health,
    instructions,
    invitations,
    members,
    metrics,
    projects,
    prompts,
    records,
    requests,
    retention,
    sessions,
    settings,
    tokens,
    transcripts,
)
from claudios.server.web.errors import ErrorBody
from claudios.server.web.frame import Frame
from claudios.server.web.parts import Limits, Parts
from claudios.server.web.static import Page

API_PREFIX = "/api/v1"
# In this order they are matched, one after the other: the busiest first.
RESOURCES: tuple[APIRouter, ...] = (
    commands.router,
    sessions.router,
    instructions.router,
    transcripts.router,
    records.router,
    prompts.router,
    requests.router,
    settings.router,
    health.router,
    accounts.router,
    devices.router,
    tokens.router,
    projects.router,
    retention.router,
    members.router,
    invitations.router,
    agents.router,
    audit.router,
)
_FAILURES = {
    401: "Not signed in.",
    403: "Your role does not allow it.",
    404: "There is nothing here that you may see.",
    409: "It has changed, or is already decided.",
    422: "A value is not valid; `field` names it.",
    429: "Too many requests; Retry-After says when to come back.",
}


class Application:
    """A server without its socket."""

    def __init__(
        self,
        config: Config,
        now_ms: Callable[[], int] = wall_clock_ms,
        monotonic: Callable[[], float] = time.monotonic,
        passwords: Passwords | None = None,
    ) -> None:
        """Open the database and the key in the state directory. Raises SettingInvalid, Unavailable."""
        config.state_dir.mkdir(parents=True, exist_ok=True)
        config.state_dir.chmod(0o700)
        self._lock = StateLock(config.state_dir, alone=False)
        store = Store(config.database)
        self.parts = Parts(
            config=config,
            store=store,
            bus=MemoryBus(),
            key=ServerKey.open(config.state_dir / "server.key"),
            credentials=Credentials(store, now_ms),
            passwords=passwords or Passwords(),
            limits=Limits(
                sign_in_by_address=Limit(burst=20, seconds_per_try=6, clock=monotonic),
                sign_in_by_account=Limit(burst=10, seconds_per_try=60, clock=monotonic),
                register_by_address=Limit(burst=20, seconds_per_try=30, clock=monotonic),
                code_by_address=Limit(burst=20, seconds_per_try=6, clock=monotonic),
            ),
            now_ms=now_ms,
        )
        self.data_path = DataPath(store, self.parts.bus, self.parts.key, now_ms, config.audit_days)
        self.loops: asyncio.Task[None] | None = None
        self.api = describe()
        self.api.state.parts = self.parts
        self.api.state.data_path = self.data_path
        self.api.state.metrics = metrics.Metrics()
        self.api.state.is_stopping = False
        self.asgi: ASGIApp = Frame(self.api, config, self.api.state.metrics)

    async def start(self) -> None:
        """Begin: nothing is connected yet, whatever was when the server last stopped."""
        await self.parts.store.write(agent_store.forget_presence)
        self.loops = asyncio.create_task(self.data_path.run(), name="data path")

    def drain(self) -> None:
        """Let /readyz fail, so that no new work is sent here."""
        self.api.state.is_stopping = True

    def part(self) -> None:
        """Tell agents and viewers that the server stops, and when to come back."""
        self.data_path.stop()

    async def close(self) -> None:
        """Finish what was begun and let go of the database."""
        if self.loops is not None:
            self.loops.cancel()
            await asyncio.gather(self.loops, return_exceptions=True)
        self.data_path.close()
        await self.parts.credentials.close()
        self.parts.passwords.close()
        self.parts.store.close()
        self._lock.release()


def describe() -> FastAPI:
    """Return the HTTP application with all its routes and its OpenAPI description, without any part behind them."""
    api = _Api(
        title="ClaudiOS",
        version=__version__,
        summary="Run the Claude CLI on any machine you own and steer it from anywhere.",
        docs_url=None,  # its scripts would come from elsewhere
        redoc_url=None,
        openapi_url="/openapi.json",
        generate_unique_id_function=_operation_id,
        separate_input_output_schemas=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        responses={status: {"model": ErrorBody, "description": text} for status, text in _FAILURES.items()},
    )
    errors.install(api)
    api.router.routes[:0] = data_routes.ROUTES
    for router in RESOURCES:
        api.include_router(router, prefix=API_PREFIX)
    api.include_router(agent_check.router)
    api.include_router(health.probes)
    api.include_router(metrics.router)
    api.router.default = Page()
    return api


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = examples.add_to(super().openapi())
        return self.openapi_schema


def _operation_id(route: APIRoute) -> str:
    return route.name
