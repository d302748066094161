"""Budgets: how much money a project's sessions may use in a day and a month, and one session in all.

What was used is exact in SQL at the moment a prompt is accepted. What it will cost nobody knows before: a turn that was
accepted runs to its end, and may go beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, func, or_, select, update

from claudios.protocol.errors import BudgetSpent
from claudios.protocol.fields import Model
from claudios.server.projections.meter import NANO
from claudios.server.store.tables import projects, sessions, usage
from claudios.server.store.usage import start_ms

NEAR = 0.8
"""The share of a budget from which on people are warned."""
AT_ONCE = 1000
"""So many sessions are named in one statement."""


class Standing(StrEnum):
    """How a budget stands."""

    FREE = "free"
    NEAR = "near"
    SPENT = "spent"


class Budget(Model):
    """Money for a time: `until_ms` is when it is fresh again (a session's never is)."""

    limit_usd: float
    spent_usd: float
    standing: Standing
    until_ms: int | None


class Budgets(Model):
    """What a project may use in a day and in a month of its time zone, and a session in all; null: no budget."""

    day: Budget | None
    month: Budget | None
    session: Budget | None
    time_zone: str


class Limits(NamedTuple):
    """Budgets in billionths of a US dollar."""

    day: int | None
    month: int | None
    time_zone: str


_SESSION_LIMIT = select(sessions.c.budget).where(sessions.c.id == bindparam("session"))
_BOTH = select(
    projects.c.budget_day, projects.c.budget_month, projects.c.budget_zone, _SESSION_LIMIT.scalar_subquery()
).where(projects.c.id == bindparam("project"))
_LIMITED = (
    select(
        sessions.c.id,
        sessions.c.project_id,
        sessions.c.budget,
        projects.c.budget_day,
        projects.c.budget_month,
        projects.c.budget_zone,
    )
    .join(projects, projects.c.id == sessions.c.project_id)
    .where(or_(*(one.is_not(None) for one in (sessions.c.budget, projects.c.budget_day, projects.c.budget_month))))
)
_SPENT = select(func.coalesce(func.sum(usage.c.cost_nano_usd), 0))
_OF_PROJECT = _SPENT.where(
    usage.c.project_id == bindparam("project"),
    usage.c.at_ms >= bindparam("from_ms"),
    usage.c.at_ms < bindparam("to_ms"),
)
_OF_SESSION = _SPENT.where(usage.c.session_id == bindparam("session"))


def set_limits(connection: Connection, project_id: str, limits: Limits) -> None:
    """Give a project other budgets."""
    connection.execute(
        update(projects)
        .where(projects.c.id == project_id)
        .values(budget_day=limits.day, budget_month=limits.month, budget_zone=limits.time_zone)
    )


def set_session_limit(connection: Connection, session_id: str, limit: int | None) -> None:
    """Give a session another budget."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(budget=limit))


def standing(connection: Connection, project_id: str, session_id: str | None, now_ms: int) -> Budgets:
    """Return how the budgets of a project, and of a session in it, stand."""
    row = connection.execute(_BOTH, {"project": project_id, "session": session_id}).one()
    limits = Limits(row[0], row[1], row[2])
    spans = _spans(limits.time_zone, now_ms)
    of_session = None
    if session_id is not None and row[3] is not None:
        of_session = _budget(row[3], _spent_by_session(connection, session_id), None)
    day, month = (
        None if limit is None else _budget(limit, _spent(connection, project_id, *span), span[1])
        for limit, span in zip(limits[:2], spans, strict=True)
    )
    return Budgets(day=day, month=month, session=of_session, time_zone=limits.time_zone)


def require_money(connection: Connection, project_id: str, session_id: str | None, now_ms: int) -> None:
    """Raise BudgetSpent where a budget is used up, naming it and the remedy. Costs one look-up where there is none."""
    row = connection.execute(_BOTH, {"project": project_id, "session": session_id}).first()
    if row is None or (row[0] is None and row[1] is None and row[3] is None):
        return
    if session_id is not None and row[3] is not None and _spent_by_session(connection, session_id) >= row[3]:
        raise BudgetSpent(
            f"The budget of this session, {_dollars(row[3])}, is used up. Give it a larger one, or start another "
            "session."
        )
    used_up = _spent_of(connection, project_id, Limits(row[0], row[1], row[2]), now_ms)
    if used_up is not None:
        name, limit, until_ms = used_up
        raise BudgetSpent(
            f"The budget of this project for {name}, {_dollars(limit)}, is used up. Ask an owner to raise it in "
            f"the project's settings, or wait until {_when(until_ms, row[2])}."
        )


def with_money(connection: Connection, session_ids: Sequence[str], now_ms: int) -> list[str]:
    """Return those of the sessions, in their order, of which no budget is used up. Sums up each project once."""
    spent: set[str] = set()
    projects_spent: dict[str, bool] = {}
    for start in range(0, len(session_ids), AT_ONCE):
        some = _LIMITED.where(sessions.c.id.in_(session_ids[start : start + AT_ONCE]))
        for session_id, project_id, limit, *limits in connection.execute(some).all():
            if project_id not in projects_spent:
                projects_spent[project_id] = _spent_of(connection, project_id, Limits(*limits), now_ms) is not None
            is_spent = limit is not None and _spent_by_session(connection, session_id) >= limit
            if is_spent or projects_spent[project_id]:
                spent.add(session_id)
    return [session_id for session_id in session_ids if session_id not in spent]


def has_money(connection: Connection, project_id: str, session_id: str | None, now_ms: int) -> bool:
    """Say whether no budget is used up."""
    try:
        require_money(connection, project_id, session_id, now_ms)
    except BudgetSpent:
        return False
    return True


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name. Raises KeyError, ValueError or OSError for none."""
    return UTC if name == "UTC" else ZoneInfo(name)


def _spent_of(connection: Connection, project_id: str, limits: Limits, now_ms: int) -> tuple[str, int, int] | None:
    """Return which budget of a project is used up, how large it is and until when; None for none."""
    for name, limit, span in zip(("today", "this month"), limits[:2], _spans(limits.time_zone, now_ms), strict=True):
        if limit is not None and _spent(connection, project_id, *span) >= limit:
            return name, limit, span[1]
    return None


def _spans(zone_name: str, now_ms: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return when the day and the month that now is began, and when they are over."""
    zone = zone_of(zone_name)
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    first = today.replace(day=1)
    next_first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return (
        (start_ms(today, zone), start_ms(today + timedelta(days=1), zone)),
        (start_ms(first, zone), start_ms(next_first, zone)),
    )


def _spent(connection: Connection, project_id: str, from_ms: int, to_ms: int) -> int:
    found = connection.execute(_OF_PROJECT, {"project": project_id, "from_ms": from_ms, "to_ms": to_ms}).scalar()
    return int(found or 0)


def _spent_by_session(connection: Connection, session_id: str) -> int:
    return int(connection.execute(_OF_SESSION, {"session": session_id}).scalar() or 0)


def _budget(limit: int, spent: int, until_ms: int | None) -> Budget:
    standing = Standing.SPENT if spent >= limit else Standing.NEAR if spent >= NEAR * limit else Standing.FREE
    return Budget(limit_usd=limit / NANO, spent_usd=spent / NANO, standing=standing, until_ms=until_ms)


def _dollars(nano_usd: int) -> str:
    usd = nano_usd / NANO
    return f"${usd:,.2f}" if usd >= 0.1 or usd == 0 else f"${usd:.4f}"


def _when(at_ms: int, zone_name: str) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, zone_of(zone_name)):%Y-%m-%d %H:%M} ({zone_name})"
