"""`claudios send`, `interrupt`, `stop`, `resume` and `update`."""

from __future__ import annotations

import sys
from uuid import uuid4

import click

from claudios.cli import exits, find, outcome
from claudios.cli.completing import SESSION
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.program import program
from claudios.cli.table import print_json
from claudios.client.api import Client
from claudios.client.shapes import Instruction, Session
from claudios.protocol.errors import Conflict
from claudios.protocol.prompt import length_fault


def text_or_stdin(text: str) -> str:
    """Return `text`, or all of standard input where it is "-". Raises UsageError when that is empty or too long."""
    said = sys.stdin.read() if text == "-" else text
    if not said.strip():
        raise click.UsageError("There is nothing to say. Give a text, or - and a text on standard input.")
    fault = length_fault(said)
    if fault is not None:
        raise click.UsageError(f"The text {fault}")
    return said


@click.command(cls=Command)
@click.argument("session", type=SESSION)
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
    sent = outcome.settled(client, sent, found.agent_online)
    if as_json:
        print_json(sent)
    else:
        name = find.short(found.id)
        click.echo(f"{_done('Sent', sent, found)} Follow it: {program()} logs -f {name}")


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@connected
@json_option
def interrupt(client: Client, session: str, as_json: bool) -> None:
    """Interrupt what Claude is doing in SESSION; the session stays open."""
    found = find.session(client, session)
    asked = outcome.settled(client, client.interrupt(found.id), found.agent_online)
    if as_json:
        print_json(asked)
    else:
        click.echo(_done("Interrupted", asked, found))


@click.command(cls=Command)
@click.argument("sessions", metavar="SESSION...", nargs=-1, required=True, type=SESSION)
@click.option("--no-wait", is_flag=True, help="Do not wait until they have ended.")
@connected
@json_option
def stop(client: Client, sessions: tuple[str, ...], no_wait: bool, as_json: bool) -> int:
    """End each SESSION, politely first. Its transcript stays, and it can be resumed.

    One that has ended already stays so, which is no failure; `send` and `interrupt` are refused then, with exit code 1.
    Exit code 1 also when one has not ended within half a minute.
    """
    found = [find.session(client, each) for each in sessions]
    for each in found:
        if each.state != "ended":
            client.terminate(each.id)
    now = found if no_wait else [outcome.ended(client, each) for each in found]
    if as_json:
        print_json(now)
    for each in now:
        if not as_json:
            click.echo(each.id)
        if not no_wait and each.state != "ended":
            why = "still ends" if each.agent_online else "ends when its agent is online again"
            click.echo(f"{find.short(each.id)} {why}.", err=True)
    return exits.OK if no_wait or all(each.state == "ended" for each in now) else exits.FAILED


@click.command(cls=Command)
@click.argument("session", type=SESSION)
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
        click.echo(f"Resumed. Follow it: {program()} logs -f {find.short(resumed.id)}")


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@click.option("--title", metavar="TEXT", help="Another name for the session in lists.")
@click.option(
    "--auto-resume/--no-auto-resume", default=None, help="Whether it resumes by itself after a crash or reboot."
)
@click.option("--keep/--no-keep", default=None, help="Whether its output stays, however little its project keeps.")
@connected
@json_option
def update(
    client: Client, session: str, title: str | None, auto_resume: bool | None, keep: bool | None, as_json: bool
) -> None:
    """Give SESSION another title, say whether it resumes by itself after a crash, or that its output stays."""
    if title is None and auto_resume is None and keep is None:
        raise click.UsageError("There is nothing to change. Give --title, --auto-resume or --keep.")
    found = find.session(client, session)
    resume = None if auto_resume is None else "automatic" if auto_resume else "manual"
    changed = client.change_session(found.id, title=title, resume=resume, is_kept=keep)
    if as_json:
        print_json(changed)
    else:
        click.echo(changed.id)


def _done(what: str, asked: Instruction, session: Session) -> str:
    """Say what was done, or why it is not yet known to be."""
    if asked.state not in outcome.UNSETTLED:
        return f"{what}."
    return "Accepted; the agent has not reported yet." if session.agent_online else "Accepted; its agent is offline."
