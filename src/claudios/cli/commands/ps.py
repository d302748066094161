"""`claudios ps`."""

from __future__ import annotations

import click

from claudios.cli import find
from claudios.cli.completing import AGENT, PROJECT
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json, print_table
from claudios.cli.text import age, cost, one_line
from claudios.client.api import Client
from claudios.client.shapes import Session

MOST_SHOWN = 200
LIVE_STATES = ("running", "starting", "queued")


@click.command(cls=Command)
@click.option("-a", "--all", "with_ended", is_flag=True, help="Ended sessions too.")
@click.option("--archived", is_flag=True, help="Archived sessions instead.")
@click.option("-q", "--quiet", is_flag=True, help="Print ids only.")
@click.option("--project", type=PROJECT, metavar="NAME", help="Only those of one project, by name or id.")
@click.option("--agent", type=AGENT, metavar="NAME", help="Only those of one agent, by name or id.")
@click.option("-n", "--limit", type=click.IntRange(1), default=MOST_SHOWN, show_default=True, help="At most this many.")
@connected
@json_option
def ps(
    client: Client,
    with_ended: bool,
    archived: bool,
    quiet: bool,
    project: str | None,
    agent: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List sessions, newest first; archived ones only with --archived.

    Those of demo agents, whose Claude answers from a script, are marked DEMO.
    """
    project_id = find.project(client, project).id if project else None
    agent_id = find.agent(client, agent).id if agent else None
    found: list[Session] = []
    for state in (None,) if with_ended or archived else LIVE_STATES:
        found += client.sessions(
            project_id=project_id, agent_id=agent_id, state=state, is_archived=archived, limit=limit
        )
    found = sorted(found, key=lambda each: each.created_ms, reverse=True)[:limit]
    if as_json:
        print_json(found)
    elif quiet:
        for each in found:
            click.echo(each.id)
    else:
        headers = ("SESSION", "TITLE", "AGENT", "PROJECT", "STATE", "AGE", "COST")
        is_part = with_ended or archived or project_id or agent_id
        none = "There is no such session." if is_part else "No session runs. `claudios ps -a` lists the ended ones."
        print_table(headers, [_row(each) for each in found], give="TITLE", none=none)


def state_of(session: Session) -> str:
    """Return the state of a session in a few words."""
    if session.state == "ended":
        code = f" ({session.exit_code})" if session.exit_code else ""
        return f"{session.reason if session.reason in ('failed', 'lost') else 'ended'}{code}"
    if session.state != "running":
        return session.state
    if not session.agent_online:
        return "agent offline"
    does = "waiting for you" if session.activity == "waiting" else session.activity or "running"
    return f"{does} (terminal)" if session.mode == "terminal" else does


def _row(session: Session) -> tuple[str, ...]:
    return (
        find.short(session.id),
        one_line(session.title or session.last_text or ""),
        one_line(session.agent_name) + (" DEMO" if session.demo else ""),
        one_line(session.project_name),
        state_of(session),
        age(session.created_ms),
        cost(session.cost_usd),
    )
