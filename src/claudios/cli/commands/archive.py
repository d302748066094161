"""`claudios archive` and `unarchive`."""

from __future__ import annotations

import click

from claudios.cli import find
from claudios.cli.completing import SESSION
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json
from claudios.client.api import Client


@click.command(cls=Command)
@click.argument("sessions", metavar="SESSION...", nargs=-1, required=True, type=SESSION)
@connected
@json_option
def archive(client: Client, sessions: tuple[str, ...], as_json: bool) -> None:
    """Put each SESSION, which has ended, out of the way: `claudios ps --archived` still lists it.

    Its transcript and its record stay as they are. Resuming one brings it back.
    """
    _change(client, sessions, is_archived=True, as_json=as_json)


@click.command(cls=Command)
@click.argument("sessions", metavar="SESSION...", nargs=-1, required=True, type=SESSION)
@connected
@json_option
def unarchive(client: Client, sessions: tuple[str, ...], as_json: bool) -> None:
    """Bring each archived SESSION back into the lists."""
    _change(client, sessions, is_archived=False, as_json=as_json)


def _change(client: Client, typed: tuple[str, ...], *, is_archived: bool, as_json: bool) -> None:
    found = [find.session(client, each) for each in typed]
    changed = [client.change_session(each.id, is_archived=is_archived) for each in found]
    if as_json:
        print_json(changed)
    else:
        for each in changed:
            click.echo(each.id)
