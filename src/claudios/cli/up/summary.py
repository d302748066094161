"""What the person reads when everything is up."""

from __future__ import annotations

from pathlib import Path

import click

from claudios.cli.program import program
from claudios.cli.text import one_line
from claudios.cli.up.claude import Account, Claude
from claudios.cli.up.household import Household
from claudios.cli.up.places import Places


def link(url: str, household: Household) -> str:
    """Return the link that signs the owner in; its code is in the fragment, which browsers send to nobody."""
    return f"{url}/sign-in#{household.link_code}"


def print_ready(
    url: str, household: Household, *, claude: str, places: Places, is_demo: bool, was_running: bool
) -> None:
    """Print what runs, the link, and what to do next."""
    mark = click.style(" DEMO ", bg="yellow", fg="black", bold=True) if is_demo else ""
    headline = "ClaudiOS is running already." if was_running else "ClaudiOS is ready."
    click.echo(f"\n  {click.style(headline, bold=True)} {mark}\n")
    click.echo(f"  Open   {click.style(link(url, household), fg='cyan', underline=True)}")
    click.secho(f"         It signs you in as {one_line(household.username)}, once, within 15 minutes.\n", dim=True)
    rows = [
        ("Claude", claude),
        ("Agent", f"{one_line(household.agent.name)} in the project {one_line(household.project.name)}"),
        ("Data", _tilde(places.state)),
        ("Logs", _tilde(places.logs)),
        ("Try", f'{program()} run "Say hello"'),
    ]
    for name, value in rows:
        click.echo(f"  {click.style(f'{name:<8}', dim=True)}{value}")
    click.secho(
        f"\n  Another terminal: `{program()} up` prints a fresh link."
        + ("" if was_running else " Ctrl+C ends everything.")
        + "\n",
        dim=True,
    )


def describe(claude: Claude, *, is_demo: bool, is_forced: bool) -> str:
    """Say which Claude answers, and why."""
    if claude.path is None:
        return click.style("not found. Install it: pip install 'claudios[claude]'", fg="red")
    if is_demo:
        why = "as --demo asks" if is_forced else "no Claude credentials were found on this machine"
        remedy = f"\n{'':10}Run {_tilde(claude.path)} once to sign in, or set ANTHROPIC_API_KEY; then start again."
        return f"the real CLI on a scripted model: {why}.{'' if is_forced else remedy}"
    match claude.account:
        case Account.ENVIRONMENT:
            return f"{_tilde(claude.path)}, with {claude.variable}"
        case Account.SIGNED_IN:
            return f"{_tilde(claude.path)}, signed in"
        case Account.NONE:
            return f"{_tilde(claude.path)}, not signed in: sessions will fail until you run it and sign in"


def _tilde(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
