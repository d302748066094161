"""What was used in a person's projects, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Query
from sqlalchemy import Connection
from starlette.responses import Response

from claudios.protocol.errors import InputInvalid
from claudios.server.store import budgets, usage
from claudios.server.store.projects import Role
from claudios.server.store.usage import Amounts, By, Cost, Span, Usage
from claudios.server.web.auth import Caller, SignedIn, require_role
from claudios.server.web.fields import TimeMs, TimeZone
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.routing import api_router

router = api_router("usage")

MAX_DAYS = 366
MAX_COST_DAYS = 31
DAY_MS = 24 * 60 * 60 * 1000
DEFAULT_DAYS = 30
_COLUMNS = tuple(Amounts.model_fields)

WithBy = Annotated[By, Query()]
WithDay = Annotated[date | None, Query()]
WithZone = Annotated[TimeZone, Query()]
WithProject = Annotated[str | None, Query(max_length=64)]


@router.get("/usage", operation_id="get_usage")
async def get_usage(
    parts: WithParts,
    caller: SignedIn,
    by: WithBy = By.DAY,
    since: WithDay = None,
    until: WithDay = None,
    time_zone: WithZone = "UTC",
    project_id: WithProject = None,
) -> Usage:
    """Return what was used in your projects, or in one of them: by default in the last 30 days.

    A day is one of `time_zone`, and a turn counts on the day on which this server got its end.
    """
    return await _summed(parts, caller, by, since, until, time_zone, project_id)


@router.get("/usage.csv", operation_id="export_usage", response_class=Response)
async def export_usage(
    parts: WithParts,
    caller: SignedIn,
    by: WithBy = By.DAY,
    since: WithDay = None,
    until: WithDay = None,
    time_zone: WithZone = "UTC",
    project_id: WithProject = None,
) -> Response:
    """Return the same as a table of comma-separated values."""
    found = await _summed(parts, caller, by, since, until, time_zone, project_id)
    name = f"usage-by-{found.by.value}-{found.since}-{found.until}.csv"
    return Response(
        _as_csv(found), media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get("/costs", operation_id="list_costs")
async def list_costs(parts: WithParts, caller: SignedIn, since_ms: Annotated[TimeMs, Query()]) -> list[Cost]:
    """List what each session of your projects cost since a time; none that cost nothing.

    That time is at most 31 days ago; for what was used before that, ask for the usage.
    """
    if since_ms < parts.now_ms() - MAX_COST_DAYS * DAY_MS:
        raise InputInvalid(
            f"`since_ms` must not be more than {MAX_COST_DAYS} days ago. For longer times ask for /usage.", "since_ms"
        )
    return await parts.store.read(lambda connection: usage.costs(connection, caller.user_id, since_ms))


async def _summed(
    parts: Parts,
    caller: Caller,
    by: By,
    since: date | None,
    until: date | None,
    time_zone: str,
    project_id: str | None,
) -> Usage:
    span = _span(since, until, time_zone, parts.now_ms())

    def look(connection: Connection) -> Usage:
        if project_id is not None:
            require_role(connection, caller, project_id, Role.VIEWER)
        return usage.summed(connection, caller.user_id, by, span, project_id)

    return await parts.store.read(look)


def _span(since: date | None, until: date | None, time_zone: str, now_ms: int) -> Span:
    zone = budgets.zone_of(time_zone)
    last = until or datetime.fromtimestamp(now_ms / 1000, zone).date()
    if not 1971 <= last.year <= 9000 or (since is not None and since.year < 1971):
        raise InputInvalid("That is no time in which anything was used. Give days of this century.", "since")
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    if not 0 <= (last - first).days < MAX_DAYS:
        raise InputInvalid(f"`since` must not be later than `until`, nor more than {MAX_DAYS} days before.", "since")
    return Span(first, last, zone, time_zone)


def _as_csv(found: Usage) -> str:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow((found.by.value, "id", *_COLUMNS))
    for row in found.rows:
        table.writerow((_harmless(row.name), _harmless(row.key), *(getattr(row, column) for column in _COLUMNS)))
    return text.getvalue()


def _harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
