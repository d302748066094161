"""What the server counts, in the Prometheus text format; for this machine and the server's owner only."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from fastapi import Depends
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Connection, func, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from claudios.protocol.errors import NotFound
from claudios.server.store.tables import agents, sessions
from claudios.server.web.auth import Caller, optional_caller
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router

router = api_router(None, below="")

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """Counters of one server; each server has a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        requests = ("method", "route", "status")
        self._requests = Counter("claudios_http_requests", "Requests answered.", requests, registry=self.registry)
        self._seconds = Histogram(
            "claudios_http_request_seconds", "Time to answer.", ("route",), buckets=_BUCKETS, registry=self.registry
        )
        self._agents = Gauge("claudios_agents_online", "Agents connected.", registry=self.registry)
        self._sessions = Gauge("claudios_sessions", "Sessions by state.", ("state",), registry=self.registry)
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._histograms: dict[str, Histogram] = {}

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one answer under its route's template, never under its path: that would grow without bound."""
        route = getattr(scope.get("route"), "path", "other")
        key = (scope["method"] if scope["method"] in _METHODS else "other", route, status)
        if (counter := self._counters.get(key)) is None:
            counter = self._counters[key] = self._requests.labels(key[0], route, str(status))
        if (histogram := self._histograms.get(route)) is None:
            histogram = self._histograms[route] = self._seconds.labels(route)
        counter.inc()
        histogram.observe(seconds)

    def show(self, online: int, by_state: dict[str, int]) -> bytes:
        """Return all of it as text."""
        self._agents.set(online)
        for state in ("queued", "starting", "running", "ended"):
            self._sessions.labels(state).set(by_state.get(state, 0))
        return generate_latest(self.registry)


_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"})


@router.get("/metrics", include_in_schema=False)
async def metrics(
    request: Request, parts: WithParts, caller: Annotated[Caller | None, Depends(optional_caller)]
) -> Response:
    """Show the counters to this machine and to the server's owner. Raises NotFound for anybody else."""
    if not (is_this_machine(request) or (caller is not None and caller.is_owner)):
        raise NotFound
    online, by_state = await parts.store.read(_levels)
    return Response(request.app.state.metrics.show(online, by_state), media_type=CONTENT_TYPE_LATEST)


def is_this_machine(request: Request) -> bool:
    """Say whether the request comes from the machine that the server runs on."""
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _levels(connection: Connection) -> tuple[int, dict[str, int]]:
    online = connection.execute(select(func.count()).where(agents.c.carrier.is_not(None))).scalar() or 0
    states = connection.execute(select(sessions.c.state, func.count()).group_by(sessions.c.state))
    return online, {row[0]: row[1] for row in states}
