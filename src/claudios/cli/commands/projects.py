"""`claudios projects`."""

from __future__ import annotations

import click

from claudios.cli.help import ListingGroup
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json, print_table
from claudios.cli.text import one_line
from claudios.client.api import Client


@click.group(cls=ListingGroup)
def projects() -> None:
    """List and create projects. Without a command: ls."""


@projects.command()
@connected
@json_option
def ls(client: Client, as_json: bool) -> None:
    """List the projects you are a member of."""
    found = client.projects()
    if as_json:
        print_json(found)
        return
    rows = [(one_line(each.name), each.role, str(each.agents), str(each.sessions), each.id) for each in found]
    print_table(("NAME", "YOUR ROLE", "AGENTS", "SESSIONS", "ID"), rows, give="NAME")


@projects.command()
@click.argument("name")
@connected
@json_option
def create(client: Client, name: str, as_json: bool) -> None:
    """Create a project called NAME, and own it."""
    made = client.create_project(name)
    if as_json:
        print_json(made)
    else:
        click.echo(f"Created the project {one_line(made.name)} ({made.id}).")
