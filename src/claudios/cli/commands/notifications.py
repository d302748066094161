"""`claudios notifications`."""

from __future__ import annotations

import click

from claudios.cli import find
from claudios.cli.completing import CHANNEL, PROJECT
from claudios.cli.help import ListingGroup
from claudios.cli.options import connected, json_option
from claudios.cli.program import program
from claudios.cli.table import print_json, print_table
from claudios.cli.text import age, one_line
from claudios.client.api import Client

STATES = {"pending": "on its way", "withdrawn": "not needed"}
NO_CHANNEL = "You are told nowhere yet. Add a browser or an ntfy topic on the server's page, under Account."


@click.group(cls=ListingGroup)
def notifications() -> None:
    """List what you were told while you looked elsewhere, and how it went. Without a command: ls."""


@notifications.command()
@connected
@json_option
def ls(client: Client, as_json: bool) -> None:
    """List what you were told lately, newest first."""
    found = client.notifications()
    if as_json:
        print_json(found)
        return
    rows = [
        (
            age(each.created_ms),
            one_line(each.channel_name),
            STATES.get(each.state, each.state),
            find.short(each.session_id or ""),
            one_line(each.title),
            one_line(each.problem or each.text),
        )
        for each in found
    ]
    headers = ("AGE", "CHANNEL", "STATE", "SESSION", "TITLE", "TEXT")
    print_table(headers, rows, give="TEXT", none="You were told nothing lately.")


@notifications.command()
@connected
@json_option
def channels(client: Client, as_json: bool) -> None:
    """List the ways by which you are told, and what is wrong with them."""
    found = client.channels()
    if as_json:
        print_json(found)
        return
    rows = [(one_line(each.name), each.kind, age(each.created_ms), one_line(each.problem or "")) for each in found]
    print_table(("NAME", "KIND", "AGE", "PROBLEM"), rows, give="PROBLEM", none=NO_CHANNEL)


@notifications.command()
@click.argument("channel", type=CHANNEL)
@connected
@json_option
def test(client: Client, channel: str, as_json: bool) -> None:
    """Send a notification by CHANNEL (name or id) that shows that it works."""
    found = find.channel(client, channel)
    client.test_channel(found.id)
    if as_json:
        print_json(found)
    else:
        click.echo(f"A notification is on its way to {one_line(found.name)}. See: {program()} notifications")


@notifications.command()
@click.argument("project", type=PROJECT, required=False)
@connected
@json_option
def mute(client: Client, project: str | None, as_json: bool) -> None:
    """Be told nothing of PROJECT (name or id) any more; without it, list the projects you are not told of."""
    muted = client.muted_projects()
    if project is not None:
        found = find.project(client, project)
        if found.id not in muted:
            client.mute_projects((*muted, found.id))
        if as_json:
            print_json(found)
        else:
            click.echo(f"You are told nothing of {one_line(found.name)} any more.")
        return
    silent = [each for each in client.projects() if each.id in muted]
    if as_json:
        print_json(silent)
        return
    print_table(("PROJECT", "ID"), [(one_line(each.name), each.id) for each in silent], none="No project is muted.")


@notifications.command()
@click.argument("project", type=PROJECT)
@connected
@json_option
def unmute(client: Client, project: str, as_json: bool) -> None:
    """Be told of PROJECT (name or id) again."""
    found = find.project(client, project)
    client.mute_projects(tuple(each for each in client.muted_projects() if each != found.id))
    if as_json:
        print_json(found)
    else:
        click.echo(f"You are told of {one_line(found.name)} again.")
