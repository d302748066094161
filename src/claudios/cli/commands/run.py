"""`claudios run`."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import click

from claudios.cli import exits, find, outcome
from claudios.cli.commands.steer import text_or_stdin
from claudios.cli.completing import AGENT, PROJECT
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.program import program
from claudios.cli.table import print_json
from claudios.cli.text import one_line
from claudios.client.api import Client
from claudios.client.shapes import Agent, Session
from claudios.protocol.errors import NotFound

PERMISSION_MODES = ("default", "acceptEdits", "plan", "dontAsk", "auto", "bypassPermissions")


@click.command(cls=Command)
@click.argument("prompt", nargs=-1, required=True)
@click.option("-d", "--detach", is_flag=True, help="Print the session's id and leave it to itself.")
@click.option("--keep", is_flag=True, help="Leave the session open when Claude's turn is over.")
@click.option("--agent", type=AGENT, metavar="NAME", help="The agent, by name or id (default: the only one online).")
@click.option("--project", type=PROJECT, metavar="NAME", help="Look for the agent in this project only.")
@click.option("--dir", "directory", metavar="PATH", help="Directory on the agent's machine (default: the agent's own).")
@click.option("--model", metavar="NAME", help="Claude's model.")
@click.option("--permission-mode", type=click.Choice(PERMISSION_MODES), help="What Claude may do without asking.")
@click.option("--title", metavar="TEXT", help="A name for the session in lists.")
@click.option("--auto-resume", is_flag=True, help="Resume it by itself after a crash or reboot of its machine.")
@connected
@json_option
def run(
    client: Client,
    prompt: tuple[str, ...],
    detach: bool,
    keep: bool,
    agent: str | None,
    project: str | None,
    directory: str | None,
    model: str | None,
    permission_mode: str | None,
    title: str | None,
    auto_resume: bool,
    as_json: bool,
) -> int:
    """Start a session with PROMPT (- reads standard input) and show what Claude says on standard output.

    What its tools do goes to standard error. What Claude asks for can be answered at the terminal. Ctrl+C interrupts
    Claude; a second one leaves the session to itself. The session ends with Claude's turn, unless --keep or --detach is
    given; `claudios resume` goes on with it.

    Exit code 0 when Claude's turn went well, 1 when it failed.
    """
    text = text_or_stdin(" ".join(prompt))
    chosen = _agent(client, agent, project)
    session = client.start_session(
        chosen.project_id,
        chosen.id,
        session_id=str(uuid4()),
        prompt=text,
        directory=None if directory is None else os.path.abspath(Path(directory).expanduser()),  # noqa: PTH100  # resolve() would follow links, which may be another machine's
        model=model,
        permission_mode=permission_mode,
        title=title,
        resume="automatic" if auto_resume else None,
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
        click.echo(f"The session goes on. Follow it: {program()} logs -f {name}", err=True)
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
    if watched.end in (End.DETACHED, End.INTERRUPTED):
        return exits.STOPPED
    return exits.OK if watched.end is End.TURN_DONE else exits.FAILED


def _agent(client: Client, typed: str | None, project: str | None) -> Agent:
    """Return the agent meant: the one named, the only one online, or the only one at all. Raises NotFound."""
    project_id = find.project(client, project).id if project else None
    if typed is not None:
        return find.agent(client, typed, project_id)
    everything = client.agents(project_id)
    online = [each for each in everything if each.online]
    if len(online) == 1 or len(everything) == 1:
        return (online or list(everything))[0]
    if not everything:
        raise NotFound("There is no agent yet. Create one: claudios agents create NAME")
    names = ", ".join(one_line(each.name) for each in online or everything)
    raise NotFound(f"Which agent? Add --agent: {names}." + ("" if online else " None of them is online."))
