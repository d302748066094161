"""`claudios terminal` and `claudios attach`: Claude's full screen, on another machine, in one's own terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from uuid import uuid4

import click

from claudios.cli import exits, find
from claudios.cli.commands.run import PERMISSION_MODES
from claudios.cli.completing import AGENT, DIRECTORY, PROJECT, SESSION
from claudios.cli.detach_key import shown
from claudios.cli.help import Command
from claudios.cli.options import connected
from claudios.cli.program import program
from claudios.cli.text import one_line
from claudios.client.api import Client
from claudios.client.shapes import Session
from claudios.protocol.errors import Conflict, InputInvalid

DETACH_KEY = "ctrl-]"
_OTHER_KEYS = {"[": "Esc or any arrow", "i": "Tab", "m": "Enter"}
"""By the letter that types the same together with Ctrl."""


def _key(context: click.Context, parameter: click.Parameter, named: str) -> bytes:
    letter = named.lower().removeprefix("ctrl-")
    if letter in _OTHER_KEYS:
        raise click.BadParameter(f"{named} is what {_OTHER_KEYS[letter]} types too.", context, parameter)
    if len(letter) == 1 and letter != named.lower() and "@" <= letter.upper() <= "_":
        return bytes([ord(letter.upper()) - 64])
    raise click.BadParameter("Name one such as ctrl-] or ctrl-q.", context, parameter)


detach_option = click.option(
    "--detach-key", metavar="KEY", default=DETACH_KEY, show_default=True, callback=_key, help="The key that leaves it."
)


@click.command(cls=Command)
@click.argument("directory", type=DIRECTORY, required=False)
@click.option("--agent", type=AGENT, metavar="NAME", help="The agent, by name or id (default: the only one online).")
@click.option("--project", type=PROJECT, metavar="NAME", help="Look for the agent in this project only.")
@click.option("--prompt", metavar="TEXT", help="What Claude is to do first.")
@click.option("--model", metavar="NAME", help="Claude's model.")
@click.option("--permission-mode", type=click.Choice(PERMISSION_MODES), help="What Claude may do without asking.")
@click.option("--title", metavar="TEXT", help="A name for the session in lists.")
@detach_option
@connected
def terminal(
    client: Client,
    directory: str | None,
    agent: str | None,
    project: str | None,
    prompt: str | None,
    model: str | None,
    permission_mode: str | None,
    title: str | None,
    detach_key: bytes,
) -> int:
    """Start a session as Claude's full screen in DIRECTORY on the agent's machine, and attach to it.

    Without DIRECTORY it is the agent's own, wherever you are.

    Leave it with Ctrl+], and it goes on; `claudios attach` comes back. Exit code: Claude's own when it has ended.
    """
    _require_terminal()
    chosen = find.agent_to_use(client, agent, project)
    session = client.start_session(
        chosen.project_id,
        chosen.id,
        session_id=str(uuid4()),
        prompt=prompt,
        directory=None if directory is None else os.path.abspath(Path(directory).expanduser()),  # noqa: PTH100  # as in `run`
        model=model,
        permission_mode=permission_mode,
        title=title,
        mode="terminal",
        size=_size(),
    )
    if not chosen.online:
        click.echo(f"{one_line(chosen.name)} is offline; the session starts when it is back.", err=True)
    return _attach(client, session, detach_key)


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@click.option("--resume", is_flag=True, help="Go on with it in a terminal first, if it has ended.")
@click.option("--read-only", is_flag=True, help="Watch only: type nothing, and leave the size as it is.")
@click.option("--take-size", is_flag=True, help="Give the session the size of this terminal, whoever else watches.")
@detach_option
@connected
def attach(client: Client, session: str, resume: bool, read_only: bool, take_size: bool, detach_key: bytes) -> int:
    """Show SESSION, which runs in a terminal, in this one, and type into it.

    Leave it with Ctrl+], and it goes on. Exit code 0 when you leave; Claude's own when it has ended.
    """
    _require_terminal()
    found = find.session(client, session)
    if found.state == "ended" and resume:
        found = client.resume(found.id, mode="terminal", size=_size())
    if found.mode != "terminal":
        raise Conflict(
            "This session is a chat. "
            + (
                f"Go on with it in a terminal: {program()} attach --resume {find.short(found.id)}"
                if found.state == "ended"
                else f"End it first, then: {program()} attach --resume {find.short(found.id)}"
            )
        )
    if found.state == "ended":
        raise Conflict(f"This session has ended. Go on with it: {program()} attach --resume {find.short(found.id)}")
    return _attach(client, found, detach_key, is_read_only=read_only, takes_size=take_size)


def _attach(
    client: Client, session: Session, detach_key: bytes, *, is_read_only: bool = False, takes_size: bool = False
) -> int:
    import asyncio

    from claudios.cli.attaching import Attachment, Left
    from claudios.client.terminal import Terminal

    click.echo(f"Attached to {find.short(session.id)}. {shown(detach_key)} leaves it, and it goes on.", err=True)
    viewer = Terminal(client.address, client.token, session.id, client.me().id)
    attachment = Attachment(viewer, detach_key, is_read_only=is_read_only, takes_size=takes_size)
    left = asyncio.run(attachment.run(sys.stdin.fileno(), sys.stdout.fileno()))
    if attachment.is_stuck:
        return exits.STOPPED  # nobody would read what is said
    if attachment.missing is not None:
        _say(attachment.missing)
    if viewer.keys.untaken or viewer.keys.dropped:
        _say("Some of what you typed last may not have reached the machine.")
    if attachment.refusal is not None:
        _say(one_line(attachment.refusal))
    if left is Left.ENDED:
        goes_on = f"goes on as a chat. See it: {program()} logs -f {find.short(session.id)}"
        _say(f"Session {find.short(session.id)} {goes_on if attachment.is_chat else 'has ended.'}")
        code = None if attachment.over is None else attachment.over.exit_code
        return exits.FAILED if code is None or not 0 <= code < 256 else code
    _say(f"The session goes on. Come back: {program()} attach {find.short(session.id)}")
    return exits.OK if left is Left.DETACHED else exits.STOPPED


def _say(line: str) -> None:
    """Say how it was left. Where the terminal is gone, nobody hears of that, nor of anything later."""
    try:
        click.echo(line, err=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputInvalid("This needs a terminal for both input and output. Use `claudios logs` elsewhere.")
    import locale

    named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    known = locale.nl_langinfo(locale.CODESET)  # of C where the named one is not installed
    if not any(each.lower().replace("-", "").endswith("utf8") for each in (named, known)):
        raise InputInvalid(
            f"Claude draws in UTF-8, and this terminal's locale is {named or known}. "
            "If the terminal takes UTF-8 all the same, say so: LC_ALL=C.UTF-8."
        )


def _size() -> tuple[int, int]:
    from claudios.cli.own_terminal import size_of

    return size_of(sys.stdout.fileno())
