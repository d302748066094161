"""`claudios version`."""

from __future__ import annotations

import platform

import click

from claudios import __version__
from claudios.cli.help import Command
from claudios.cli.options import json_option
from claudios.cli.table import print_json


@click.command(cls=Command)
@json_option
def version(as_json: bool) -> None:
    """Print the version."""
    if as_json:
        print_json({"version": __version__, "python": platform.python_version(), "platform": platform.platform()})
    else:
        click.echo(f"claudios {__version__}")
