"""`claudios agents`."""

from __future__ import annotations

import click

from claudios.cli import find
from claudios.cli.completing import AGENT, PROJECT
from claudios.cli.help import ListingGroup
from claudios.cli.limits import in_words
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json, print_table
from claudios.cli.text import age, one_line, plural
from claudios.client.api import Client
from claudios.client.shapes import Agent, AgentWithToken, ReportedError

project_option = click.option("--project", type=PROJECT, metavar="NAME", help="The project, by name or id.")


@click.group(cls=ListingGroup)
def agents() -> None:
    """List agents, create them, and manage their tokens. Without a command: ls."""


@agents.command()
@project_option
@connected
@json_option
def ls(client: Client, project: str | None, as_json: bool) -> None:
    """List agents: where they run, whether they are online, and what they do."""
    found = client.agents(find.project(client, project).id if project else None)
    if as_json:
        print_json(found)
        return
    names = {each.id: each.name for each in client.projects()}
    rows = [_row(each, names.get(each.project_id, "")) for each in found]
    print_table(
        ("NAME", "PROJECT", "STATE", "MACHINE", "SESSIONS", "CLAUDE", "LIMITS", "VERSION", "ID"), rows, give="MACHINE"
    )
    for each in found:
        for error in each.errors:
            click.echo(f"{one_line(each.name)}, {_when(error)}: {one_line(error.message)}", err=True)


@agents.command()
@click.argument("name")
@project_option
@connected
@json_option
def create(client: Client, name: str, project: str | None, as_json: bool) -> None:
    """Create an agent called NAME, and show its token: this once."""
    _show(client.create_agent(find.project(client, project).id, name), as_json)


@agents.command()
@click.argument("agent", type=AGENT)
@click.option("--overlap", type=click.IntRange(0), metavar="SECONDS", help="How long the old token stays valid (3600).")
@connected
@json_option
def rotate(client: Client, agent: str, overlap: int | None, as_json: bool) -> None:
    """Give AGENT (name or id) a new token; the old one stays valid for a while."""
    _show(client.rotate_agent_token(find.agent(client, agent).id, overlap), as_json)


@agents.command()
@click.argument("agent", type=AGENT)
@click.confirmation_option("--yes", prompt="The agent will be cut off at once. Go on?")
@connected
@json_option
def revoke(client: Client, agent: str, as_json: bool) -> None:
    """Make all tokens of AGENT (name or id) invalid, at once."""
    found = find.agent(client, agent)
    client.revoke_agent(found.id)
    if as_json:
        print_json({"id": found.id, "revoked": True})
    else:
        click.echo(
            f"{one_line(found.name)} is cut off. `claudios agents rotate {one_line(found.name)}` lets it in again."
        )


@agents.command()
@click.argument("agent", type=AGENT)
@click.option("--gone", is_flag=True, help="Its machine is gone for good: end its sessions as lost.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@connected
@json_option
def remove(client: Client, agent: str, gone: bool, yes: bool, as_json: bool) -> None:
    """Remove AGENT (name or id) for good. Its sessions stay readable."""
    found = find.agent(client, agent)
    living = found.sessions.running + found.sessions.queued
    name = one_line(found.name)
    if not yes:
        loses = (
            f" {plural(living, 'session')} end as lost, and what the machine has not sent is never taken."
            if gone
            else ""
        )
        click.confirm(f"{name} can never come back.{loses} Go on?", abort=True, err=True)
    ended = 0
    if gone:
        ended = client.give_up_agent(found.id)
    else:
        client.remove_agent(found.id)
    if as_json:
        print_json({"id": found.id, "removed": True, "sessions_lost": ended})
    else:
        click.echo(f"{name} is removed." + (f" {plural(ended, 'session')} ended as lost." if ended else ""))


def _show(made: AgentWithToken, as_json: bool) -> None:
    if as_json:
        print_json({"agent": made.agent, "token": made.token, "command": made.command})
        return
    click.echo(f"The token of {one_line(made.agent.name)}, shown this once:", err=True)
    click.echo(made.token)
    click.echo(f"\nStart it on its machine:\n  {made.command}", err=True)


def _when(error: ReportedError) -> str:
    session = f", session {error.session_id[:8]}" if error.session_id else ""
    return f"{age(error.last_ms)} ago{f' ({error.times} times)' if error.times > 1 else ''}{session}"


def _row(agent: Agent, project: str) -> tuple[str, ...]:
    machine = agent.machine
    seen = f"offline {age(agent.last_seen_ms)}" if agent.last_seen_ms else "never connected"
    where = f"{machine.hostname} ({machine.os} {machine.arch}, {plural(machine.cpus, 'core')})" if machine else ""
    sessions = str(agent.sessions.running) + (f" (+{agent.sessions.queued} queued)" if agent.sessions.queued else "")
    claude = ""
    if machine:
        claude = machine.claude_version or "not found"
        claude += " DEMO" if agent.demo else " not signed in" if machine.claude_signed_in is False else ""
    name, place = one_line(agent.name), one_line(where)
    return (
        name,
        one_line(project),
        "online" if agent.online else seen,
        place,
        sessions,
        one_line(claude),
        one_line(in_words(agent.limits)),
        one_line(agent.agent_version or ""),
        agent.id,
    )
