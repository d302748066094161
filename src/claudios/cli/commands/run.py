"""`claudios run`."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import click

from claudios.cli import exits, find, outcome, templating
from claudios.cli.commands.steer import text_or_stdin
from claudios.cli.completing import AGENT, DIRECTORY, PROJECT, TEMPLATE
from claudios.cli.directories import absolute
from claudios.cli.help import Command
from claudios.cli.images import image_option, images_of
from claudios.cli.options import GO_ON, connected, json_option
from claudios.cli.program import program
from claudios.cli.table import print_json
from claudios.cli.text import one_line
from claudios.client.api import Client
from claudios.client.shapes import Session

PERMISSION_MODES = ("default", "acceptEdits", "plan", "dontAsk", "auto", "bypassPermissions")
EFFORTS = ("low", "medium", "high", "xhigh", "max")


@click.command(cls=Command)
@click.argument("prompt", nargs=-1)
@click.option("--template", type=TEMPLATE, metavar="NAME", help="Start with a template's settings and prompt.")
@click.option(
    "--set", "values", type=templating.Value(), multiple=True, help="Fill a {place} in its prompt; repeatable."
)
@click.option("-d", "--detach", is_flag=True, help="Print the session's id and leave it to itself.")
@click.option("--keep", is_flag=True, help="Leave the session open when Claude's turn is over.")
@click.option("--agent", type=AGENT, metavar="NAME", help="The agent, by name or id (default: the only one online).")
@click.option("--project", type=PROJECT, metavar="NAME", help="Look for the agent in this project only.")
@click.option(
    "--dir",
    "directory",
    type=DIRECTORY,
    metavar="PATH",
    help="Directory on the agent's machine (default: the agent's own).",
)
@click.option("--model", metavar="NAME", help="Claude's model.")
@click.option("--permission-mode", type=click.Choice(PERMISSION_MODES), help="What Claude may do without asking.")
@click.option("--effort", type=click.Choice(EFFORTS), help="How much Claude is to think.")
@click.option("--title", metavar="TEXT", help="A name for the session in lists.")
@click.option("--worktree", is_flag=True, help="Work in a git worktree of its own, on a branch of its own.")
@image_option
@click.option("--auto-resume", is_flag=True, help="Resume it by itself after a crash or reboot of its machine.")
@click.option("--go-on", is_flag=True, help=f'Say "{GO_ON}" by itself once a usage limit that stopped it resets.')
@click.option("--go-on-with", metavar="TEXT", help="The same, with another text.")
@connected
@json_option
def run(
    client: Client,
    prompt: tuple[str, ...],
    template: str | None,
    values: tuple[tuple[str, str], ...],
    detach: bool,
    keep: bool,
    agent: str | None,
    project: str | None,
    directory: str | None,
    model: str | None,
    permission_mode: str | None,
    effort: str | None,
    title: str | None,
    worktree: bool,
    files: tuple[Path, ...],
    auto_resume: bool,
    go_on: bool,
    go_on_with: str | None,
    as_json: bool,
) -> int:
    """Start a session with PROMPT (- reads standard input) and show what Claude says on standard output.

    What its tools do goes to standard error. What Claude asks for can be answered at the terminal. Ctrl+C interrupts
    Claude, or ends a session that has not begun; a second one leaves the session to itself. The session ends with
    Claude's turn, unless --keep or --detach is given; `claudios resume` goes on with it.

    With --template what is not said here is as the template has it, PROMPT too. A {place} in its prompt is filled in by
    --set, as in --set issue=17.

    Exit code 0 when Claude's turn went well, 1 when it failed.
    """
    typed = text_or_stdin(" ".join(prompt)) if prompt else None
    images = images_of(files)
    base = templating.base(client, template, project)
    text = templating.prompt(base, typed, values)
    chosen = find.agent_to_use(client, agent or base.agent_id, project or base.project_id)
    session = client.start_session(
        chosen.project_id,
        chosen.id,
        session_id=str(uuid4()),
        prompt=text,
        images=images,
        directory=base.directory if directory is None else absolute(directory),
        model=model or base.model,
        permission_mode=permission_mode or base.permission_mode,
        effort=effort or base.effort,
        title=title,
        resume="automatic" if auto_resume else None,
        limit_prompt=go_on_with or (GO_ON if go_on else None),
        worktree=worktree,
    )
    if session.demo and not as_json:
        click.secho("DEMO: Claude answers from a script.", err=True, dim=True)
    if not chosen.online:
        click.echo(f"{one_line(chosen.name)} is offline; the session starts when it is back.", err=True)
    if detach:
        if as_json:
            print_json(session)
        else:
            click.echo(session.id)
        return exits.OK
    return _watch(client, session, keep=keep, as_json=as_json)


def _watch(client: Client, session: Session, *, keep: bool, as_json: bool) -> int:
    import asyncio

    from claudios.cli.turn import End, TurnWatch

    watched = asyncio.run(TurnWatch(client, session, is_quiet=as_json).run())
    name = find.short(session.id)
    now = watched.session
    if watched.end is End.DETACHED:
        told = f"The session goes on. Follow it: {program()} logs -f {name}. End it: {program()} stop {name}"
        click.echo(told, err=True)
    elif keep and now.state != "ended":
        click.echo(f"The session stays open: {program()} send {name} 'TEXT'", err=True)
    elif now.state != "ended":
        client.terminate(now.id)
        now = outcome.ended(client, now)
    if as_json:
        turn = None if watched.turn is None else watched.turn.body
        print_json({"session": now, "end": watched.end.value, "turn": turn, "text": watched.answer})
    if watched.end is End.SESSION_ENDED:
        click.echo(
            f"The session ended before Claude answered: {one_line(now.detail or now.reason or 'unknown')}", err=True
        )
    elif now.state == "ended" and not as_json:
        click.secho(f"The session has ended. Go on with it: {program()} resume {name} 'TEXT'", err=True, dim=True)
    if watched.end in (End.DETACHED, End.INTERRUPTED):
        return exits.STOPPED
    return exits.OK if watched.end is End.TURN_DONE else exits.FAILED
