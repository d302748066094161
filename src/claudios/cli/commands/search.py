"""`claudios search`."""

from __future__ import annotations

from datetime import datetime

import click

from claudios.cli import find
from claudios.cli.completing import AGENT, PROJECT
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json
from claudios.cli.text import age, cost, one_line, plural
from claudios.client.api import Client
from claudios.client.shapes import Hit

PAGE = 100
STATES = ("queued", "starting", "running", "ended")
_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])


@click.command(cls=Command)
@click.argument("words", nargs=-1, required=True)
@click.option("--project", type=PROJECT, metavar="NAME", help="Only in one project, by name or id.")
@click.option("--agent", type=AGENT, metavar="NAME", help="Only in sessions of one agent, by name or id.")
@click.option("--state", type=click.Choice(STATES), help="Only in sessions of this state.")
@click.option("--since", type=_DAY, metavar="DATE", help="Only what was said from this day, or minute, on.")
@click.option("--until", type=_DAY, metavar="DATE", help="Only what was said before this day, or minute.")
@click.option(
    "--min-cost", type=click.FloatRange(0), metavar="USD", help="Only in sessions that cost at least so much."
)
@click.option("--max-cost", type=click.FloatRange(0), metavar="USD", help="Only in sessions that cost at most so much.")
@click.option("--newest", is_flag=True, help="The newest first, instead of what fits best.")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most this many.")
@connected
@json_option
def search(
    client: Client,
    words: tuple[str, ...],
    project: str | None,
    agent: str | None,
    state: str | None,
    since: datetime | None,
    until: datetime | None,
    min_cost: float | None,
    max_cost: float | None,
    newest: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Find items of all sessions that have all WORDS in them, each anywhere in a word and in any case.

    What you quote for the shell as one argument is found as a whole: claudios search "exit code" retry
    """
    if not any(word.strip() for word in words):
        raise click.UsageError("WORDS must not be empty. Give a word that was said.")
    query: dict[str, str | int | float | None] = {
        "q": " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words),
        "project_id": find.project(client, project).id if project else None,
        "agent_id": find.agent(client, agent).id if agent else None,
        "state": state,
        "since_ms": None if since is None else int(since.timestamp() * 1000),
        "until_ms": None if until is None else int(until.timestamp() * 1000) - 1,
        "min_cost_usd": min_cost,
        "max_cost_usd": max_cost,
        "order": "newest" if newest else "best",
    }
    found: list[Hit] = []
    after, unread = None, 0
    while len(found) < limit:
        page = client.search({**query, "after": after, "limit": min(PAGE, limit - len(found))})
        found += page.hits
        after, unread = page.next, page.unread
        if after is None:
            break
    if as_json:
        print_json(found)
        return
    for hit in found:
        _print(hit)
    if not found:
        click.echo("Nothing was found.")
    elif after is not None:
        click.secho("There is more: ask for it with --limit.", dim=True)
    if unread:
        click.secho(f"{plural(unread, 'session')} cannot be searched yet: the index is being built.", err=True)


def _print(hit: Hit) -> None:
    place = hit.kind if hit.no == 0 else f"{hit.kind} {hit.no}"
    told = (one_line(hit.session_title), one_line(hit.agent_name), age(hit.at_ms), cost(hit.cost_usd))
    click.echo(f"{click.style(find.short(hit.session_id), bold=True)}  {place}  {'  '.join(filter(None, told))}")
    line = "".join(
        click.style(one_line_piece(piece.text), fg="yellow", bold=True) if piece.is_hit else one_line_piece(piece.text)
        for piece in hit.excerpt
    )
    click.echo(f"    {line}")


def one_line_piece(text: str) -> str:
    """Return a piece of a line harmless, with the spaces at its ends."""
    inner = one_line(text)
    if not inner:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{inner}{' ' if text[-1].isspace() else ''}"
