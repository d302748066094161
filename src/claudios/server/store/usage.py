"""What was used, turn by turn: written with the fold that found it, and summed up for those who may see the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, or_, select

from claudios.protocol.errors import InputInvalid
from claudios.protocol.fields import Model
from claudios.server.projections.meter import NANO, Turn
from claudios.server.store import log
from claudios.server.store.sessions import Place
from claudios.server.store.tables import agents, instructions, members, projects, sessions, usage, users

QUARTER_MS = 15 * 60 * 1000
"""Every time zone in use today is so many whole quarters of an hour from UTC: what is summed by them makes any days."""
NOBODY = "unknown"
MOST_COSTS = 10_000


class By(StrEnum):
    """What usage is summed up by."""

    DAY = "day"
    PROJECT = "project"
    AGENT = "agent"
    MODEL = "model"
    PERSON = "person"


class Amounts(Model):
    """What was used. Tokens read from and written to the cache are no part of `input_tokens`."""

    turns: int
    duration_ms: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float


class UsageRow(Amounts):
    """What one day, project, agent, model or person used: `key` is its id (a day: its date), `name` is for people."""

    key: str
    name: str


class Usage(Model):
    """What was used from the day `since` to the day `until`, both included, as they are in `time_zone`."""

    by: By
    since: date
    until: date
    time_zone: str
    rows: tuple[UsageRow, ...]
    total: Amounts


class Cost(Model):
    """What one session cost since a time, in US dollars."""

    session_id: str
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days, both included, of a time zone."""

    since: date
    until: date
    zone: tzinfo
    zone_name: str

    @property
    def from_ms(self) -> int:
        return start_ms(self.since, self.zone)

    @property
    def to_ms(self) -> int:
        """When the last day is over."""
        return start_ms(self.until + timedelta(days=1), self.zone)

    def days(self) -> list[date]:
        return [self.since + timedelta(days=n) for n in range((self.until - self.since).days + 1)]


def start_ms(day: date, zone: tzinfo) -> int:
    """Return when a day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def put(connection: Connection, place: Place, turns: Sequence[Turn], now_ms: int) -> None:
    """Count turns of a session; those that are counted already are counted anew, and so once."""
    for turn in turns:
        connection.execute(
            delete(usage).where(
                usage.c.session_id == place.session_id, usage.c.seq == turn.seq, usage.c.place == turn.place
            )
        )
        shared = {
            "session_id": place.session_id,
            "seq": turn.seq,
            "place": turn.place,
            "project_id": place.project_id,
            "agent_id": place.agent_id,
            "user_id": _asked_by(connection, place.session_id, turn.prompt),
            "at_ms": log.received_ms(connection, place.session_id, turn.seq) or now_ms,
        }
        connection.execute(
            insert(usage),
            [
                {
                    **shared,
                    "model": used.model,
                    "turns": 1 if number == 0 else 0,
                    "duration_ms": turn.duration_ms if number == 0 else 0,
                    "input_tokens": used.amount.input,
                    "output_tokens": used.amount.output,
                    "cache_read_tokens": used.amount.cache_read,
                    "cache_write_tokens": used.amount.cache_write,
                    "cost_nano_usd": used.amount.cost,
                }
                for number, used in enumerate(turn.used)
            ],
        )


def summed(connection: Connection, user_id: str, by: By, span: Span, project_id: str | None = None) -> Usage:
    """Return what was used in the person's projects, or in one of them."""
    where = [members.c.user_id == user_id, usage.c.at_ms >= span.from_ms, usage.c.at_ms < span.to_ms]
    if project_id is not None:
        where.append(usage.c.project_id == project_id)
    key, name = _GROUPS[by]
    found = connection.execute(
        select(key.label("group_key"), name.label("group_name"), *_SUMS)
        .join(members, members.c.project_id == usage.c.project_id)
        .join(projects, projects.c.id == usage.c.project_id)
        .join(agents, agents.c.id == usage.c.agent_id)
        .join(users, users.c.id == usage.c.user_id, isouter=True)
        .where(*where)
        .group_by("group_key", "group_name")
    ).all()
    amounts: dict[tuple[str, str], Counts] = {(str(day), str(day)): NOTHING for day in span.days() if by is By.DAY}
    for row in found:
        group = (row.group_key, row.group_name) if by is not By.DAY else _local_day(row.group_key, span)
        amounts[group] = _added(amounts.get(group, NOTHING), tuple(int(getattr(row, field)) for field in FIELDS))
    rows = [UsageRow(key=group[0], name=group[1], **_shown(counts)) for group, counts in amounts.items()]
    if by is not By.DAY:
        rows.sort(key=lambda row: (-row.cost_usd, -row.output_tokens, row.name, row.key))
    total = NOTHING
    for counts in amounts.values():
        total = _added(total, counts)
    return Usage(
        by=by,
        since=span.since,
        until=span.until,
        time_zone=span.zone_name,
        rows=tuple(rows),
        total=Amounts(**_shown(total)),
    )


def costs(connection: Connection, user_id: str, since_ms: int) -> list[Cost]:
    """Return what each session of the person's projects cost since a time; none that cost nothing.

    Raises InputInvalid for more than MOST_COSTS: a part of them would be taken for all.
    """
    cost = func.sum(usage.c.cost_nano_usd).label("cost")
    found = connection.execute(
        select(usage.c.session_id, cost)
        .join(members, members.c.project_id == usage.c.project_id)
        .where(members.c.user_id == user_id, usage.c.at_ms >= since_ms)
        .group_by(usage.c.session_id)
        .having(cost > 0)
        .limit(MOST_COSTS + 1)
    ).all()
    if len(found) > MOST_COSTS:
        raise InputInvalid(
            f"More than {MOST_COSTS:,} sessions cost something since then. Ask for a later time, or for /usage.",
            "since_ms",
        )
    return [Cost(session_id=row.session_id, cost_usd=int(row.cost) / NANO) for row in found]


Counts = tuple[int, ...]
FIELDS = (
    "turns",
    "duration_ms",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost_nano_usd",
)
NOTHING: Counts = (0,) * len(FIELDS)
_SUMS = [func.sum(usage.c[field]).label(field) for field in FIELDS]
_QUARTER = usage.c.at_ms // QUARTER_MS
_GROUPS: Mapping[By, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
    By.DAY: (_QUARTER, literal("")),
    By.PROJECT: (usage.c.project_id, projects.c.name),
    By.AGENT: (usage.c.agent_id, agents.c.name),
    By.MODEL: (usage.c.model, usage.c.model),
    By.PERSON: (func.coalesce(usage.c.user_id, ""), func.coalesce(users.c.username, NOBODY)),
}


def _local_day(quarter: int, span: Span) -> tuple[str, str]:
    day = str(datetime.fromtimestamp(quarter * QUARTER_MS / 1000, span.zone).date())
    return day, day


def _added(some: Counts, more: Counts) -> Counts:
    return tuple(one + other for one, other in zip(some, more, strict=True))


def _shown(counts: Counts) -> dict[str, Any]:
    return {**dict(zip(FIELDS[:-1], counts, strict=False)), "cost_usd": counts[-1] / NANO}


def _asked_by(connection: Connection, session_id: str, prompt: str | None) -> str | None:
    """Return who wrote a prompt, or else started the session."""
    author = None
    if prompt is not None:
        author = connection.execute(
            select(instructions.c.created_by)
            .where(
                instructions.c.session_id == session_id,
                or_(instructions.c.id == prompt, instructions.c.input_id == prompt),
                instructions.c.created_by.is_not(None),
            )
            .order_by(instructions.c.iseq)
            .limit(1)
        ).scalar()
    return author or connection.execute(select(sessions.c.created_by).where(sessions.c.id == session_id)).scalar()
