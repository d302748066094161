"""`claudios templates`."""

from __future__ import annotations

import click

from claudios.cli import find
from claudios.cli.commands.run import EFFORTS, PERMISSION_MODES
from claudios.cli.commands.steer import text_or_stdin
from claudios.cli.completing import AGENT, DIRECTORY, PROJECT, TEMPLATE
from claudios.cli.directories import absolute
from claudios.cli.help import ListingGroup
from claudios.cli.options import connected, json_option
from claudios.cli.program import program
from claudios.cli.table import print_json, print_table
from claudios.cli.text import one_line
from claudios.client.api import Client

project_option = click.option("--project", type=PROJECT, metavar="NAME", help="The project, by name or id.")


@click.group(cls=ListingGroup)
def templates() -> None:
    """List, create and remove templates, which `claudios run --template NAME` starts from. Without a command: ls."""


@templates.command()
@project_option
@connected
@json_option
def ls(client: Client, project: str | None, as_json: bool) -> None:
    """List the templates of the projects in which you may start sessions."""
    found = client.templates(find.project(client, project).id if project else None)
    if as_json:
        print_json(found)
        return
    names = {each.id: each.name for each in client.projects()}
    rows = [
        (
            one_line(each.name),
            one_line(names.get(each.project_id, "")),
            ", ".join(each.placeholders),
            one_line(each.prompt or ""),
        )
        for each in found
    ]
    none = f"There is no template. Make one: {program()} templates create NAME --prompt TEXT"
    print_table(("NAME", "PROJECT", "PLACES", "PROMPT"), rows, give="PROMPT", none=none)


@templates.command()
@click.argument("name")
@click.option(
    "--prompt", metavar="TEXT", help="What Claude is to do (- reads standard input); {name} is filled in later."
)
@click.option("--agent", type=AGENT, metavar="NAME", help="The agent to start on, by name or id.")
@click.option("--dir", "directory", type=DIRECTORY, metavar="PATH", help="Directory on the agent's machine.")
@click.option("--model", metavar="NAME", help="Claude's model.")
@click.option("--permission-mode", type=click.Choice(PERMISSION_MODES), help="What Claude may do without asking.")
@click.option("--effort", type=click.Choice(EFFORTS), help="How much Claude is to think.")
@project_option
@connected
@json_option
def create(
    client: Client,
    name: str,
    prompt: str | None,
    agent: str | None,
    directory: str | None,
    model: str | None,
    permission_mode: str | None,
    effort: str | None,
    project: str | None,
    as_json: bool,
) -> None:
    """Keep settings under NAME, for all who start sessions in the project; what is not given is chosen then."""
    project_id = find.project(client, project).id
    settings = {
        "prompt": None if prompt is None else text_or_stdin(prompt),
        "agent_id": None if agent is None else find.agent(client, agent, project_id).id,
        "directory": None if directory is None else absolute(directory),
        "model": model,
        "permission_mode": permission_mode,
        "effort": effort,
    }
    made = client.create_template(project_id, name, settings)
    if as_json:
        print_json(made)
    else:
        click.echo(f"Created the template {one_line(made.name)}.")


@templates.command()
@click.argument("template", type=TEMPLATE)
@project_option
@connected
@json_option
def rm(client: Client, template: str, project: str | None, as_json: bool) -> None:
    """Remove TEMPLATE (name or id). Sessions that were started from it stay."""
    found = find.template(client, template, find.project(client, project).id if project else None)
    client.remove_template(found)
    if as_json:
        print_json(found)
    else:
        click.echo(f"Removed the template {one_line(found.name)}.")
