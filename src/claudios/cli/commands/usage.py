"""`claudios usage` and `claudios budget`."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from claudios.cli import find
from claudios.cli.completing import PROJECT, SESSION
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json, print_table
from claudios.cli.text import cost, one_line
from claudios.client.api import Client
from claudios.client.usage import Amounts, Budget, Budgets

BY = ("day", "project", "agent", "model", "person")
NO_BUDGET = "none"


class Day(click.ParamType[str]):
    """A date, or so many days ago."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        ago = re.fullmatch(r"(\d{1,4})d", text)
        if ago is not None:
            return str((datetime.now(UTC).astimezone() - timedelta(days=int(ago[1]))).date())
        try:
            return str(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date())
        except ValueError:
            self.fail(f"{value!r} is no day. Write one like 2026-11-26, or 7d for seven days ago.")


class Dollars(click.ParamType[float | str]):
    """An amount of US dollars, or `none` for no budget."""

    name = "usd"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        text = str(value).strip().lower().removeprefix("$")
        if text == NO_BUDGET:
            return NO_BUDGET
        if re.fullmatch(r"\d{1,6}(\.\d+)?", text) is None:
            self.fail(f"{value!r} is no amount of US dollars. Write one like 2.50, or `none`.")
        return float(text)


@click.command(cls=Command)
@click.option("--by", type=click.Choice(BY), default="day", show_default=True, help="What to sum up by.")
@click.option("--since", type=Day(), help="The first day: like 2026-11-26, or 7d.  [default: 30 days]")
@click.option("--until", type=Day(), help="The last day.  [default: today]")
@click.option("--project", type=PROJECT, metavar="NAME", help="Only one project, by name or id.")
@click.option("--time-zone", metavar="ZONE", help="Whose days they are, like Europe/Zurich.  [default: this machine's]")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@connected
@json_option
def usage(
    client: Client,
    by: str,
    since: str | None,
    until: str | None,
    project: str | None,
    time_zone: str | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show what Claude used in your projects: turns, time, tokens and cost.

    Sessions in a terminal report nothing, and are not among it.
    """
    project_id = find.project(client, project).id if project else None
    asked = {"by": by, "since": since, "until": until, "project_id": project_id, "time_zone": time_zone or local_zone()}
    if as_csv:
        click.echo(client.usage_csv(asked), nl=False)
        return
    found = client.usage(asked)
    if as_json:
        print_json(found)
        return
    headers = (by.upper(), "TURNS", "TIME", "IN", "OUT", "CACHE READ", "CACHE WRITTEN", "COST")
    rows = [(one_line(row.name), *_cells(row)) for row in found.rows if by != "day" or row.turns]
    none = f"Nothing was used from {found.since} to {found.until} ({found.time_zone})."
    print_table(headers, [*rows, ("TOTAL", *_cells(found.total))] if rows else [], give=by.upper(), none=none)


@click.command(cls=Command)
@click.argument("session", type=SESSION, required=False)
@click.argument("usd", type=Dollars(), required=False)
@click.option("--project", type=PROJECT, metavar="NAME", help="The budgets of a project, by name or id.")
@click.option("--day", type=Dollars(), help="What the project may use in a day, in US dollars; none: no limit.")
@click.option("--month", type=Dollars(), help="What it may use in a month; none: no limit.")
@click.option("--time-zone", metavar="ZONE", help="Whose days and months they are, like Europe/Zurich.")
@connected
@json_option
def budget(
    client: Client,
    session: str | None,
    usd: float | str | None,
    project: str | None,
    day: float | str | None,
    month: float | str | None,
    time_zone: str | None,
    as_json: bool,
) -> None:
    """Show or set what a session may use in all, as USD, or what a project may use in a day and a month.

    People are warned at 80 %. Once a budget is used up no new turn begins; a turn that runs goes on to its end.
    """
    if session is not None:
        if project or day is not None or month is not None or time_zone:
            raise click.UsageError("Give a session, or --project with its budgets, not both.")
        session_id = find.session(client, session).id
        now = client.session_budgets(session_id) if usd is None else client.set_session_budget(session_id, _amount(usd))
    else:
        found = find.project(client, project)
        now = client.budgets(found.id)
        if day is not None or month is not None or time_zone:
            is_unset = now.day is None and now.month is None
            now = client.set_budgets(
                found.id,
                _limit(now.day) if day is None else _amount(day),
                _limit(now.month) if month is None else _amount(month),
                time_zone or (local_zone() if is_unset else now.time_zone),
            )
    if as_json:
        print_json(now)
        return
    print_table(("BUDGET", "LIMIT", "USED", "STATE"), _standing(now, with_session=session is not None))


def local_zone(localtime: Path = Path("/etc/localtime")) -> str:
    """Return the name of this machine's time zone: what TZ says, or else where `localtime` leads.

    Raises UsageError where neither names one and the clock is not UTC's: other days would be summed up in silence.
    """
    said = os.environ.get("TZ")
    if said == "":
        return "UTC"
    place = (said or str(localtime.resolve())).removeprefix(":")
    _, found, name = place.partition("/zoneinfo/")
    if found or said:
        return name if found else place
    if time.timezone == 0 and not time.daylight:
        return "UTC"
    raise click.UsageError("This machine does not name its time zone. Give it with --time-zone, like Europe/Zurich.")


def _amount(usd: float | str) -> float | None:
    return None if isinstance(usd, str) else usd


def _limit(known: Budget | None) -> float | None:
    return None if known is None else known.limit_usd


def _standing(now: Budgets, *, with_session: bool) -> list[tuple[str, ...]]:
    named = [("day", now.day), ("month", now.month)]
    if with_session:
        named.append(("session", now.session))
    words = {"free": "", "near": "nearly used up", "spent": "used up: no new turn begins"}
    return [
        (name, "none", "", "")
        if one is None
        else (name, cost(one.limit_usd), cost(one.spent_usd), words.get(one.standing, one.standing))
        for name, one in named
    ]


def _cells(amounts: Amounts) -> tuple[str, ...]:
    seconds = amounts.duration_ms // 1000
    return (
        f"{amounts.turns:,}",
        f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}",
        f"{amounts.input_tokens:,}",
        f"{amounts.output_tokens:,}",
        f"{amounts.cache_read_tokens:,}",
        f"{amounts.cache_write_tokens:,}",
        cost(amounts.cost_usd),
    )
