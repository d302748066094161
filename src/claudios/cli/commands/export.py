"""`claudios export`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from claudios.cli import find
from claudios.cli.completing import SESSION
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.playable import playable
from claudios.cli.program import program
from claudios.cli.progress import working
from claudios.cli.table import print_json
from claudios.client.api import Client
from claudios.client.shapes import Session
from claudios.protocol.errors import Conflict, InputInvalid

FORMATS = {"record": "claudios", "markdown": "md", "html": "html", "jsonl": "jsonl"}


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file, or - for standard output; SESSION with the ending of its format by default.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="record",
    show_default=True,
    help="The record that can be checked, or the transcript to read or for programs.",
)
@click.option("--asciicast", is_flag=True, help="Write what it showed in a terminal, for players such as asciinema.")
@connected
@json_option
def export(client: Client, session: str, output: Path | None, form: str, asciicast: bool, as_json: bool) -> None:
    """Write the whole record of SESSION into one file, which `claudios verify FILE` checks without a server.

    With --format markdown, html or jsonl it is the transcript instead, which proves nothing. The file holds
    everything that was said in the session, and only you can read it. One that exists is not replaced.
    """
    if asciicast and form != "record":
        raise click.UsageError("--asciicast is a format of its own; leave --format out.")
    found = find.session(client, session)
    if asciicast:
        pieces = _shown(playable(client.asciicast(found.id)), found)
    else:
        pieces = client.export(found.id) if form == "record" else client.transcript(found.id, form)
    if output is not None and str(output) == "-":
        size = sum(sys.stdout.buffer.write(piece) for piece in pieces)
        if as_json:
            print_json({"file": "-", "bytes": size}, err=True)
        else:
            click.echo(f"{size:,} bytes.", err=True)
        return
    ending = "cast" if asciicast else FORMATS[form]
    path = output or Path(f"{found.id}.{ending}")
    unfinished = path.with_name(f"{path.name}.part")
    if path.exists():
        raise InputInvalid(f"{path} exists already. Name another file with --output.", "output")
    size = 0
    try:
        with (
            working("Exporting"),
            os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
        ):
            for piece in pieces:
                size += file.write(piece)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(path), "bytes": size})
        return
    told = f"{path}: {size:,} bytes."
    if asciicast:
        told += f" Play it with: asciinema play {path}"
    elif form == "record":
        told += f" Check it with: claudios verify {path}"
    click.echo(told)


def _shown(lines: Iterator[bytes], session: Session) -> Iterator[bytes]:
    """Yield the lines of an asciicast. Raises Conflict where nothing follows its header."""
    first = list(islice(lines, 2))
    if len(first) < 2:
        raise Conflict(
            f"This session never showed anything in a terminal. See it: {program()} logs {find.short(session.id)}"
        )
    yield from first
    yield from lines
