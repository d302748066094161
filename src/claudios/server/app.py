"""The composition root: which parts the server has, and what they are given."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from claudios import __version__
from claudios.server.bus.memory import MemoryBus
from claudios.server.clock import now_ms as wall_clock_ms
from claudios.server.config import Config
from claudios.server.credentials import Credentials
from claudios.server.data_path import DataPath
from claudios.server.keys import ServerKey
from claudios.server.limits import AtOnce, Limit, Turns
from claudios.server.passwords import Passwords
from claudios.server.state_lock import StateLock
from claudios.server.store import agents as agent_store
from claudios.server.store.engine import READERS, Store
from claudios.server.web import (
    accounts,
    agent_check,
    agents,
    answer_links,
    audit,
    budgets,
    commands,
    conversations,
    data_routes,
    devices,
    errors,
    examples,
    files,
    git,
    health,
    instructions,
    invitations,
    logins,
    members,
    metrics,
    notifications,
    paths,
    pictures,
    plan_limits,
    projects,
    prompts,
    records,
    requests,
    retention,
    schedules,
    search,
    sessions,
    settings,
    shares,
    templates,
    tokens,
    transcripts,
    usage,
    webhooks,
)
from claudios.server.web.frame import Frame
from claudios.server.web.parts import Limits, Parts
from claudios.server.web.static import Page

RECORDS_AT_ONCE = 4
"""Sessions of one project that are checked or exported at once: each reads a whole log, and hashes it."""
RECORDS_OF_ONE_AT_ONCE = 2
"""Of these, those for one person: somebody whose line is slow leaves room for others."""
DOWNLOADS_AT_ONCE = 4
"""Of files of machines, for one person."""
SEARCHES_AT_ONCE = READERS - 1
"""Of all people, and of each person one: whoever reads anything else finds a reader that does not search."""
SEARCHES_WAITING = 3
"""Of one person: a page asks again with each letter."""
SHARED_AT_ONCE = 4
"""Pieces of shared transcripts that are read at once for one address, and by one link."""
# In this order they are matched, one after the other: the busiest first.
RESOURCES: tuple[APIRouter, ...] = (
    commands.router,
    sessions.router,
    instructions.router,
    transcripts.router,
    search.router,
    pictures.router,
    paths.router,
    records.router,
    prompts.router,
    requests.router,
    settings.router,
    health.router,
    accounts.router,
    devices.router,
    logins.router,
    tokens.router,
    projects.router,
    retention.router,
    members.router,
    invitations.router,
    shares.router,
    agents.router,
    conversations.router,
    files.router,
    git.router,
    notifications.router,
    webhooks.router,
    answer_links.router,
    audit.router,
    usage.router,
    budgets.router,
    templates.router,
    plan_limits.router,
    schedules.router,
)


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
                answer_by_address=Limit(burst=20, seconds_per_try=6, clock=monotonic),
                told_by_person=Limit(burst=20, seconds_per_try=6, clock=monotonic),
                records_by_project=AtOnce(RECORDS_AT_ONCE, records.BUSY, retry_after_seconds=5),
                records_by_person=AtOnce(RECORDS_OF_ONE_AT_ONCE, records.BUSY_FOR_YOU, retry_after_seconds=5),
                downloads_by_person=AtOnce(DOWNLOADS_AT_ONCE, files.BUSY, retry_after_seconds=5),
                searches_by_person=Turns(SEARCHES_AT_ONCE, SEARCHES_WAITING, search.BUSY, retry_after_seconds=1),
                pieces_by_address=Limit(burst=300, seconds_per_try=1, clock=monotonic),
                shared_by_address=AtOnce(SHARED_AT_ONCE, shares.BUSY_FOR_YOU, retry_after_seconds=1),
                shared_by_link=AtOnce(SHARED_AT_ONCE, shares.BUSY, retry_after_seconds=1),
            ),
            now_ms=now_ms,
        )
        self.data_path = DataPath(
            store, self.parts.bus, self.parts.key, now_ms, config.audit_days, config.notify_networks
        )
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
        await self.data_path.close()
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
        separate_input_output_schemas=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    errors.install(api)
    api.router.routes[:0] = data_routes.ROUTES
    for router in (*RESOURCES, agent_check.router, health.probes, metrics.router):
        api.router.routes.extend(router.routes)
    api.router.default = Page()
    return api


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = examples.add_to(super().openapi())
        return self.openapi_schema
