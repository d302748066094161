"""`claudios up`."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from claudios.cli import credentials, exits
from claudios.cli.commands.server import NO_SERVER
from claudios.cli.credentials import Credentials, Login
from claudios.cli.help import Command
from claudios.cli.main import has_server
from claudios.cli.options import json_option
from claudios.cli.progress import working
from claudios.cli.table import print_json
from claudios.cli.text import harmless
from claudios.cli.up import summary
from claudios.cli.up.household import Household, set_up
from claudios.cli.up.lock import Running, UpLock, running
from claudios.cli.up.places import Places, places
from claudios.protocol.errors import AlreadyRunning, LocalError, SettingInvalid

if TYPE_CHECKING:
    from claudios.cli.up.supervisor import Ready

FIRST_IS_READY_SECONDS = 30.0
COLOURS = {"server": "blue", "agent": "green", "model": "magenta"}


@click.command(cls=Command)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="PORT",
    default=3000,
    show_default=True,
    help="Port of the page; 0 takes any free one (or PORT).",
)
@click.option(
    "--demo/--no-demo", default=None, help="Let Claude answer from a script, or never (default: without credentials)."
)
@click.option("-v", "--verbose", is_flag=True, help="Show what server and agent write.")
@json_option
def up(port: int, demo: bool | None, verbose: bool, as_json: bool) -> int:
    """Run a server and an agent on this machine, and print a link that signs you in.

    Uses the Claude credentials of this machine. Without any, the real Claude CLI answers from a script: a demo, marked
    as such everywhere. All data is kept in $XDG_STATE_HOME/claudios and is there again at the next start.

    Ctrl+C ends the sessions, then everything else; a second Ctrl+C ends at once. Where it runs already, prints a fresh
    link.
    """
    if not has_server():
        raise SettingInvalid(NO_SERVER)
    here = places()
    here.make()
    try:
        lock = UpLock(here.lock)
    except AlreadyRunning:
        return _second(here, port, as_json)
    try:
        return asyncio.run(_first(here, lock, port, demo, verbose, as_json))
    finally:
        lock.release()


async def _first(here: Places, lock: UpLock, port: int, demo: bool | None, verbose: bool, as_json: bool) -> int:
    from claudios.cli.up.supervisor import Supervisor, Wishes

    def say(text: str) -> None:
        click.secho(text, err=True, fg="yellow")

    def line(name: str, text: str) -> None:
        if verbose:
            click.echo(f"{click.style(f'{name:<7}', fg=COLOURS[name])} {harmless(text)}", err=True)

    supervisor = Supervisor(here, lock, Wishes(port, demo, say, line))
    supervisor.listen()
    try:
        with working("Starting server and agent"):
            ready = await supervisor.start()
        _remember(ready.url, ready.household)
        _tell(here, ready, as_json, is_forced=demo is True)
        await supervisor.wait()
        click.echo("Ending the sessions, then the server. Ctrl+C again ends at once.", err=True)
        with working("Waiting for the sessions to end"):
            await supervisor.stop()
        if port == 0:
            credentials.save(credentials.load().without(ready.url))
    except asyncio.CancelledError:
        return exits.STOPPED
    finally:
        await supervisor.stop()
    return exits.OK


def _second(here: Places, port: int, as_json: bool) -> int:
    """Tell of the one that runs, with a fresh link, and of a port that was asked for in vain."""
    from claudios.cli.up.environment import server_environment

    first = _wait_for_first(here)
    flags = ("--state-dir", str(here.server), "--port", str(first.port))
    was_given = click.get_current_context().get_parameter_source("port") is not ParameterSource.DEFAULT
    if was_given and port not in (0, first.port):
        click.secho(
            f"Port {port} is not used: ClaudiOS runs already, on port {first.port}. To move it, press Ctrl+C where it "
            "runs and start it again with the other port.",
            err=True,
            fg="yellow",
        )
    household = asyncio.run(set_up(here, flags, server_environment(os.environ)))
    _remember(first.url, household)
    if as_json:
        print_json(_as_json(first.url, household, first.pid, first.is_demo, was_running=True))
        return exits.OK
    claude = "the real CLI on a scripted model" if first.is_demo else "the CLI of this machine"
    summary.print_ready(first.url, household, claude=claude, places=here, is_demo=first.is_demo, was_running=True)
    return exits.OK


def _wait_for_first(here: Places) -> Running:
    """Return what the one that runs says, once it is ready. Raises LocalError when it does not get there."""
    end = time.monotonic() + FIRST_IS_READY_SECONDS
    with working("Another `claudios up` is starting"):
        while time.monotonic() < end:
            first = running(here.lock)
            if first is not None and first.is_ready:
                return first
            time.sleep(0.1)
    raise LocalError(f"Another `claudios up` starts and does not get ready. Look into {here.logs}.")


def _tell(here: Places, ready: Ready, as_json: bool, *, is_forced: bool) -> None:
    if as_json:
        print_json(_as_json(ready.url, ready.household, os.getpid(), ready.is_demo, was_running=False))
        return
    claude = summary.describe(ready.claude, is_demo=ready.is_demo, is_forced=is_forced)
    summary.print_ready(
        ready.url, ready.household, claude=claude, places=here, is_demo=ready.is_demo, was_running=False
    )


def _as_json(url: str, household: Household, pid: int, is_demo: bool, *, was_running: bool) -> dict[str, object]:
    return {
        "url": url,
        "link": summary.link(url, household),
        "demo": is_demo,
        "pid": pid,
        "was_running": was_running,
        "username": household.username,
        "project": {"id": household.project.id, "name": household.project.name},
        "agent": {"id": household.agent.id, "name": household.agent.name},
    }


def _remember(url: str, household: Household) -> None:
    """Sign the command line in, too; another server that is the default stays it."""
    known = credentials.load()
    for login in known.logins.values():
        if login.token == household.api_token:  # this same server, at the port it had before
            known = known.without(login.url)
    login = Login(url, household.api_token, household.username)
    credentials.save(Credentials({**known.logins, url: login}, known.default or url))
