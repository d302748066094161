"""`claudios send`, `interrupt`, `stop` and `resume`."""

from __future__ import annotations

import sys
from uuid import uuid4

import click

from claudios.cli import find
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json
from claudios.client.api import Client
from claudios.protocol.errors import Conflict


def text_or_stdin(text: str) -> str:
    """Return `text`, or all of standard input where it is "-". Raises UsageError when that is empty."""
    said = sys.stdin.read() if text == "-" else text
    if not said.strip():
        raise click.UsageError("There is nothing to say. Give a text, or - and a text on standard input.")
    return said


@click.command(cls=Command)
@click.argument("session")
@click.argument("text", nargs=-1, required=True)
@connected
@json_option
def send(client: Client, session: str, text: tuple[str, ...], as_json: bool) -> None:
    """Send TEXT to SESSION as a further prompt; - reads it from standard input.

    What Claude says is in `claudios logs -f SESSION`.
    """
    found = find.session(client, session)
    if found.state == "ended":
        raise Conflict(f"The session has ended. Go on with it: claudios resume {find.short(found.id)} 'TEXT'")
    sent = client.send(found.id, text_or_stdin(" ".join(text)), instruction_id=str(uuid4()))
    if as_json:
        print_json(sent)
    else:
        click.echo(f"Sent. Follow it: claudios logs -f {find.short(found.id)}")


@click.command(cls=Command)
@click.argument("session")
@connected
@json_option
def interrupt(client: Client, session: str, as_json: bool) -> None:
    """Interrupt what Claude is doing in SESSION; the session stays open."""
    asked = client.interrupt(find.session(client, session).id)
    if as_json:
        print_json(asked)
    else:
        click.echo("Interrupted.")


@click.command(cls=Command)
@click.argument("sessions", metavar="SESSION...", nargs=-1, required=True)
@connected
@json_option
def stop(client: Client, sessions: tuple[str, ...], as_json: bool) -> None:
    """End each SESSION, politely first. Its transcript stays, and it can be resumed."""
    found = [find.session(client, each) for each in sessions]
    asked = [client.terminate(each.id) for each in found]
    if as_json:
        print_json(asked)
        return
    for each in found:
        click.echo(each.id)


@click.command(cls=Command)
@click.argument("session")
@click.argument("prompt", nargs=-1)
@connected
@json_option
def resume(client: Client, session: str, prompt: tuple[str, ...], as_json: bool) -> None:
    """Go on with SESSION, which has ended, in a new process; with PROMPT, say that first (- reads standard input)."""
    found = find.session(client, session)
    resumed = client.resume(found.id, text_or_stdin(" ".join(prompt)) if prompt else None)
    if as_json:
        print_json(resumed)
    else:
        click.echo(f"Resumed. Follow it: claudios logs -f {find.short(resumed.id)}")
