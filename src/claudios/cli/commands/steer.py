"""`claudios send`, `interrupt`, `stop`, `resume`, `fork` and `update`."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import uuid4

import click

from claudios.cli import exits, find, outcome
from claudios.cli.completing import SESSION
from claudios.cli.help import Command
from claudios.cli.images import image_option, images_of
from claudios.cli.options import GO_ON, connected, json_option
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
@image_option
@connected
@json_option
def send(client: Client, session: str, text: tuple[str, ...], files: tuple[Path, ...], as_json: bool) -> None:
    """Send TEXT to SESSION as a further prompt; - reads it from standard input.

    What Claude says is in `claudios logs -f SESSION`.
    """
    found = find.session(client, session)
    if found.state == "ended":
        raise Conflict(f"The session has ended. Go on with it: claudios resume {find.short(found.id)} 'TEXT'")
    images = images_of(files)
    sent = client.send(found.id, text_or_stdin(" ".join(text)), instruction_id=str(uuid4()), images=images)
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
    """Interrupt what Claude is doing in SESSION; the session stays open. It says so where Claude does nothing."""
    found = find.session(client, session)
    asked = outcome.settled(client, client.interrupt(found.id), found.agent_online)
    if as_json:
        print_json(asked)
    else:
        is_idle = found.agent_online and found.activity == "idle"
        click.echo(_done("Claude was idle: there was nothing to interrupt" if is_idle else "Interrupted", asked, found))


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
@image_option
@connected
@json_option
def resume(client: Client, session: str, prompt: tuple[str, ...], files: tuple[Path, ...], as_json: bool) -> None:
    """Go on with SESSION, which has ended, in a new process; with PROMPT, say that first (- reads standard input)."""
    found = find.session(client, session)
    images = images_of(files)
    resumed = client.resume(found.id, text_or_stdin(" ".join(prompt)) if prompt else None, images=images)
    if as_json:
        print_json(resumed)
    else:
        click.echo(f"Resumed. Follow it: {program()} logs -f {find.short(resumed.id)}")


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@click.argument("prompt", nargs=-1)
@click.option("--title", metavar="TEXT", help="A name for the new session in lists.")
@connected
@json_option
def fork(client: Client, session: str, prompt: tuple[str, ...], title: str | None, as_json: bool) -> None:
    """Start a new session that begins with the conversation of SESSION; with PROMPT, say that first (- reads standard
    input). SESSION stays as it is, also while it runs.
    """
    origin = find.session(client, session)
    text = text_or_stdin(" ".join(prompt)) if prompt else None
    made = client.fork(origin.id, new_id=str(uuid4()), prompt=text, title=title)
    if as_json:
        print_json(made)
    else:
        name = find.short(made.id)
        click.echo(f"Forked {find.short(origin.id)} as {name}. Follow it: {program()} logs -f {name}")


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@click.option("--title", metavar="TEXT", help="Another name for the session in lists.")
@click.option(
    "--auto-resume/--no-auto-resume", default=None, help="Whether it resumes by itself after a crash or reboot."
)
@click.option("--keep/--no-keep", default=None, help="Whether its output stays, however little its project keeps.")
@click.option(
    "--go-on/--no-go-on",
    default=None,
    help=f'Whether it says "{GO_ON}" by itself once a usage limit that stopped it has reset.',
)
@click.option("--go-on-with", metavar="TEXT", help="The same, with another text.")
@connected
@json_option
def update(
    client: Client,
    session: str,
    title: str | None,
    auto_resume: bool | None,
    keep: bool | None,
    go_on: bool | None,
    go_on_with: str | None,
    as_json: bool,
) -> None:
    """Give SESSION another title, say whether it goes on by itself after a crash or a usage limit, or that its output
    stays.
    """
    if go_on is False and go_on_with is not None:
        raise click.UsageError("Give --no-go-on, or --go-on-with and a text, not both.")
    is_told = go_on is not None or go_on_with is not None
    if title is None and auto_resume is None and keep is None and not is_told:
        raise click.UsageError("There is nothing to change. Give --title, --auto-resume, --go-on or --keep.")
    found = find.session(client, session)
    resume = None if auto_resume is None else "automatic" if auto_resume else "manual"
    changed = found
    if title is not None or resume is not None or keep is not None:
        changed = client.change_session(found.id, title=title, resume=resume, is_kept=keep)
    if is_told:
        changed = client.set_limit_prompt(found.id, None if go_on is False else go_on_with or GO_ON)
    if as_json:
        print_json(changed)
    else:
        click.echo(changed.id)


def _done(what: str, asked: Instruction, session: Session) -> str:
    """Say what was done, or why it is not yet known to be."""
    if asked.state not in outcome.UNSETTLED:
        return f"{what}."
    return "Accepted; the agent has not reported yet." if session.agent_online else "Accepted; its agent is offline."
