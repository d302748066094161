"""`claudios agent`: without a command it becomes the daemon (see `cli.main`); the commands manage the one that runs."""

from __future__ import annotations

import getpass
import os
import signal
import sys
import time
from pathlib import Path

import click

from claudios.cli import exits
from claudios.cli.help import Group
from claudios.cli.main import become
from claudios.cli.options import json_option
from claudios.cli.progress import working
from claudios.cli.table import print_json
from claudios.protocol.errors import AlreadyRunning, LocalError, NotFound, SettingInvalid

RESTARTS_SECONDS = 30.0
STOPS_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.05

config_option = click.option("--config", "config_path", metavar="PATH", help="The agent's settings file.")


class AgentGroup(Group):
    """A group whose help begins with the daemon's own."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from claudios.agent.__main__ import USAGE

        formatter.write(USAGE)
        self.format_commands(ctx, formatter)


@click.group(cls=AgentGroup, invoke_without_command=True)
@click.pass_context
def agent(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        become("claudios.agent", context.args)


@agent.command(short_help="Say whether it runs")
@config_option
@json_option
def status(config_path: str | None, as_json: bool) -> int:
    """Say whether the agent of this machine runs. Exit code 1 when it does not."""
    from claudios.cli.agent_settings import require, state_of
    from claudios.cli.daemon import daemon_of

    settings = require(config_path).settings
    assert settings is not None
    directory = state_of(settings)
    daemon = daemon_of(directory)
    if as_json:
        told = {"pid": daemon.pid, "since": daemon.since} if daemon else None
        print_json({"running": daemon is not None, "process": told, "state_directory": str(directory)})
    elif daemon is None:
        click.echo(f"No agent runs on {directory}. Start it: claudios agent")
    else:
        click.echo(f"It runs: process {daemon.pid}, since {daemon.since}, for {settings.server_url}")
    return exits.OK if daemon else exits.FAILED


@agent.command(short_help="Show the key that signs this machine's records")
@config_option
@json_option
def key(config_path: str | None, as_json: bool) -> None:
    """Show the fingerprint of the key with which this machine signs its sessions' records (`claudios verify --key`)."""
    from claudios.agent.machine_key import NAME, open_key
    from claudios.cli.agent_settings import require, state_of
    from claudios.protocol.checkpoints import fingerprint

    settings = require(config_path).settings
    assert settings is not None
    directory = state_of(settings)
    if not (directory / NAME).exists():
        raise NotFound("This machine has no key yet. It is made when the agent starts: claudios agent")
    shown = fingerprint(open_key(directory).public)
    if as_json:
        print_json({"fingerprint": shown})
    else:
        click.echo(shown)


@agent.command(short_help="Restart it; its sessions go on")
@config_option
@json_option
def restart(config_path: str | None, as_json: bool) -> None:
    """Restart the agent of this machine in place; its sessions go on."""
    from claudios.cli.agent_settings import require, state_of
    from claudios.cli.daemon import daemon_of

    settings = require(config_path).settings
    assert settings is not None
    directory = state_of(settings)
    before = daemon_of(directory)
    if before is None:
        raise NotFound(f"No agent runs on {directory}. Start it: claudios agent")
    os.kill(before.pid, signal.SIGHUP)
    end = time.monotonic() + RESTARTS_SECONDS
    with working("Waiting for the agent to come back"):
        is_gone = False
        while time.monotonic() < end:
            now = daemon_of(directory)
            is_gone = is_gone or now is None or now != before
            if now is not None and is_gone:
                if as_json:
                    print_json({"pid": now.pid, "since": now.since})
                else:
                    click.echo(f"Restarted: process {now.pid}. Its sessions went on.")
                return
            time.sleep(LOOK_EVERY_SECONDS)
    raise LocalError("The agent did not come back. Look at its log, then start it: claudios agent")


@agent.command(short_help="End its sessions, then it")
@config_option
@click.option("--leave-sessions", is_flag=True, help="Let its sessions go on; the next agent takes them over.")
@json_option
def stop(config_path: str | None, leave_sessions: bool, as_json: bool) -> None:
    """Stop the agent of this machine: its sessions are ended, and their last output delivered."""
    from claudios.cli.agent_settings import require, state_of
    from claudios.cli.daemon import daemon_of

    found = require(config_path)
    assert found.settings is not None
    directory = state_of(found.settings)
    daemon = daemon_of(directory)
    if daemon is None:
        _tell_stopped("It does not run.", as_json, was_running=False)
        return
    if found.is_of_up:
        raise AlreadyRunning("`claudios up` runs this agent and would start it again. Press Ctrl+C where that runs.")
    os.kill(daemon.pid, signal.SIGUSR1 if leave_sessions else signal.SIGTERM)
    end = time.monotonic() + STOPS_SECONDS
    with working("Waiting for the agent to end" if leave_sessions else "Waiting for its sessions to end"):
        while daemon_of(directory) is not None:
            if time.monotonic() > end:
                raise LocalError(
                    f"Process {daemon.pid} does not end. A second signal ends it at once: kill {daemon.pid}"
                )
            time.sleep(LOOK_EVERY_SECONDS)
    _tell_stopped("Stopped; its sessions go on." if leave_sessions else "Stopped.", as_json, was_running=True)


@agent.command("install-service", short_help="Have systemd (or launchd) run it")
@config_option
@click.option(
    "--user/--system", "is_user", default=None, help="For you, or for the machine (default: for you, unless root)."
)
@click.option("--run-as", metavar="USER", help="With --system: the user whose files Claude works on.")
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@json_option
def install_service(
    config_path: str | None, is_user: bool | None, run_as: str | None, dry_run: bool, as_json: bool
) -> None:
    """Write a systemd unit (on macOS a launchd property list) that runs the agent, and say how to start it.

    The token stays in the settings file and never stands in the unit.
    """
    from claudios.cli.service import launchd, systemd
    from claudios.cli.service.service import Service

    is_system = os.geteuid() == 0 if is_user is None else not is_user
    service = Service(
        python=Path(sys.executable),
        config=_settings_file(config_path),
        search_path=os.environ.get("PATH", os.defpath),
        home=Path.home(),
        is_system=is_system,
        run_as=run_as or (getpass.getuser() if is_system else None),
    )
    made = (launchd if sys.platform == "darwin" else systemd).installation(service)
    if not dry_run:
        _write(made.path, made.content)
    if as_json:
        print_json(made)
        return
    if dry_run:
        click.echo(f"# {made.path}\n{made.content}", nl=False)
    else:
        click.echo(f"Wrote {made.path}. It holds no secret: the token stays in {service.config}.")
    click.echo("\nStart it:\n  " + "\n  ".join(made.start), err=dry_run)
    click.echo(f"\nIts log:\n  {made.logs}", err=dry_run)
    click.echo("\nUndo it:\n  " + "\n  ".join(made.undo), err=dry_run)


def _tell_stopped(text: str, as_json: bool, *, was_running: bool) -> None:
    if as_json:
        print_json({"was_running": was_running})
    else:
        click.echo(text)


def _settings_file(config_path: str | None) -> Path:
    """Return the file that holds all the service needs. Raises SettingInvalid when the token is elsewhere."""
    from claudios.cli.agent_settings import require

    found = require(config_path)
    if found.is_of_up:
        raise SettingInvalid(
            "`claudios up` runs that agent. A service needs a config.json of its own: give --config PATH"
        )
    settings = found.settings
    assert settings is not None
    file = settings.config_file
    variables = [name for name, source in settings.sources.items() if source.startswith("the environment variable")]
    if file is None or {"serverUrl", "agentToken"} & set(variables):
        raise SettingInvalid(
            f"A service has not the environment of this shell. Put {', '.join(sorted(variables))} into config.json "
            "(chmod 600), then: claudios agent install-service --config PATH"
        )
    return file.absolute()


def _write(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    except PermissionError as forbidden:
        raise SettingInvalid(f"{path} cannot be written. Run it with sudo, or for yourself: --user") from forbidden
