"""The shapes of what was used and of what may be, as frozen values: see shapes.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amounts:
    """What was used. Tokens read from and written to the cache are no part of `input_tokens`."""

    turns: int
    duration_ms: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class UsageRow(Amounts):
    """What one day, project, agent, model or person used: `key` is its id (a day: its date), `name` is for people."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used from the day `since` to the day `until`, both included, as they are in `time_zone`."""

    by: str
    since: str
    until: str
    time_zone: str
    rows: tuple[UsageRow, ...]
    total: Amounts


@dataclass(frozen=True, slots=True)
class Budget:
    """Money for a time: `until_ms` is when it is fresh again (a session's never is).

    `standing` is `free`, `near` or `spent`.
    """

    limit_usd: float
    spent_usd: float
    standing: str
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Budgets:
    """What a project may use in a day and in a month of its time zone, and a session in all; None: no budget."""

    time_zone: str
    day: Budget | None = None
    month: Budget | None = None
    session: Budget | None = None
