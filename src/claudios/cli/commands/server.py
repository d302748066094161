"""`claudios server`: it becomes the server (see `cli.main`), whose own program reads the arguments."""

from __future__ import annotations

import click

from claudios.cli.help import Command
from claudios.cli.main import become, has_server
from claudios.protocol.errors import SettingInvalid

NO_SERVER = "This installation has no server. Install it: pip install 'claudios[server]'"


@click.command(cls=Command, context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def server(arguments: tuple[str, ...]) -> None:
    """Run the server."""
    if not has_server():
        raise SettingInvalid(NO_SERVER)
    become("claudios.server", list(arguments))
