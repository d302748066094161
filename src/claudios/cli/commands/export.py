"""`claudios export`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from claudios.cli import find
from claudios.cli.completing import SESSION
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.progress import working
from claudios.cli.table import print_json
from claudios.client.api import Client
from claudios.protocol.errors import InputInvalid


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; SESSION.claudios by default."
)
@connected
@json_option
def export(client: Client, session: str, output: Path | None, as_json: bool) -> None:
    """Write the whole record of SESSION into one file, which `claudios verify FILE` checks without a server.

    The file holds everything that was said in the session, and only you can read it. One that exists is not replaced.
    """
    found = find.session(client, session)
    path = output or Path(f"{found.id}.claudios")
    unfinished = path.with_name(f"{path.name}.part")
    if path.exists():
        raise InputInvalid(f"{path} exists already. Name another file with --output.", "output")
    size = 0
    try:
        with (
            working("Exporting"),
            os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
        ):
            for piece in client.export(found.id):
                size += file.write(piece)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(path), "bytes": size})
        return
    click.echo(f"{path}: {size:,} bytes. Check it with: claudios verify {path}")
