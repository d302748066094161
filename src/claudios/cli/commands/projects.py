"""`claudios projects`, and what they keep."""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

from claudios.cli import find
from claudios.cli.help import ListingGroup
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json, print_table
from claudios.cli.text import one_line, plural
from claudios.cli.text import size as text_size
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


class Limit(click.ParamType[int | str]):
    """A whole number of units, or `any` for no limit."""

    name = "limit"

    def __init__(self, units: Mapping[str, int]) -> None:
        self._units = units

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        text = str(value).strip().upper()
        if text == "ANY":
            return ANY
        found = re.fullmatch(r"(\d+)([A-Z]*)", text)
        if found is None or found[2] not in self._units:
            units = ", ".join(unit for unit in self._units if unit)
            self.fail(f"{value!r} is neither a whole number{f' (with {units} or nothing)' if units else ''} nor `any`.")
        return int(found[1]) * self._units[found[2]]


ANY = "any"
SIZES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@projects.command(short_help="Show or say how much output a project keeps")
@click.argument("project", required=False)
@click.option("--days", type=Limit({"": 1}), help="Keep output for so many days; any: no limit.")
@click.option("--size", type=Limit(SIZES), help="Keep so much in all, like 20G; any: no limit.")
@click.option("--yes", is_flag=True, help="Do not ask before output goes.")
@connected
@json_option
def retention(
    client: Client, project: str | None, days: int | str | None, size: int | str | None, yes: bool, as_json: bool
) -> None:
    """Show how much output of its ended sessions PROJECT keeps, or say so with --days and --size.

    What is not kept is removed within the hour, a day after the end of its session at the earliest. Title, times and
    cost stay, and a signed tombstone that verifies. `claudios update SESSION --keep` exempts one.
    """
    found = find.project(client, project)
    kept = client.retention(found.id)
    if days is not None or size is not None:
        keep_days, keep_bytes = _chosen(days, kept.keep_days), _chosen(size, kept.keep_bytes)
        going = client.preview_retention(found.id, keep_days, keep_bytes)
        if going.sessions and not yes:
            much = f"{plural(going.sessions, 'session')} ({text_size(going.bytes)})"
            click.confirm(f"The output of {much} goes within the hour, for good. Go on?", abort=True, err=True)
        kept = client.set_retention(found.id, keep_days, keep_bytes)
    if as_json:
        print_json(kept)
        return
    age = "for ever" if kept.keep_days is None else f"for {plural(kept.keep_days, 'day')}"
    room = "any amount" if kept.keep_bytes is None else f"at most {text_size(kept.keep_bytes)}"
    click.echo(f"{one_line(found.name)} keeps output {age}, and {room}.")
    click.echo(f"Stored: {text_size(kept.stored.bytes)} of {plural(kept.stored.sessions, 'session')}.")
    if kept.due.sessions:
        click.echo(f"Due to go: {text_size(kept.due.bytes)} of {plural(kept.due.sessions, 'session')}.")
    if kept.unremovable:
        click.echo(f"Not removed, because the record does not hold: {plural(kept.unremovable, 'session')}.")


def _chosen(wanted: int | str | None, known: int | None) -> int | None:
    if wanted is None:
        return known
    return None if isinstance(wanted, str) else wanted
