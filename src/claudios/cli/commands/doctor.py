"""`claudios doctor`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import click

from claudios.cli import credentials, exits
from claudios.cli.doctor.finding import Finding, Verdict
from claudios.cli.help import Command
from claudios.cli.options import json_option, server_option
from claudios.cli.program import as_typed
from claudios.cli.progress import working
from claudios.cli.table import print_json
from claudios.cli.text import harmless, plural
from claudios.client.address import Address
from claudios.protocol.errors import ClaudiosError

_SIGNS = {
    Verdict.OK: ("✓", "green"),
    Verdict.WARN: ("!", "yellow"),
    Verdict.FAIL: ("✗", "red"),
    Verdict.SKIP: ("-", None),
}


@click.command(cls=Command)
@click.option(
    "--config", "config_path", type=click.Path(dir_okay=False), metavar="PATH", help="The agent's config.json."
)
@server_option
@json_option
def doctor(config_path: str | None, server: str | None, as_json: bool) -> int:
    """Find out what is wrong, and what to do.

    Checks the server that you are signed in to and, where this machine is configured for an agent (config.json, the
    environment, or `claudios up`), the agent: its server, token, signature, clock, process, output, and the Claude CLI.

    Exit code 1 when something is broken.
    """
    found: dict[str, list[Finding]] = {}
    for section, findings in _sections(config_path, server):
        found[section] = []
        if not as_json:
            click.secho(f"\n{section}", bold=True)
        for finding in _patiently(findings, section):
            found[section].append(finding)
            if not as_json:
                _print(finding)
    everything = [finding for findings in found.values() for finding in findings]
    failed = sum(finding.verdict is Verdict.FAIL for finding in everything)
    warned = sum(finding.verdict is Verdict.WARN for finding in everything)
    if as_json:
        print_json({"ok": not failed, "sections": found})
    elif failed or warned:
        click.echo(f"\n{plural(failed, 'failure')}, {plural(warned, 'warning')}.")
    else:
        click.echo("\nEverything is fine.")
    return exits.FAILED if failed else exits.OK


def _sections(config_path: str | None, server: str | None) -> Iterator[tuple[str, Iterator[Finding]]]:
    from claudios.cli.agent_settings import configured
    from claudios.cli.doctor.agent import check_agent
    from claudios.cli.doctor.finding import fail, ok, skip

    agent = configured(config_path)
    if config_path is None or server is not None:
        try:
            address, token = credentials.choose(server)
        except ClaudiosError as error:
            has_agent = agent.settings is not None or bool(agent.problems)
            finding = skip if has_agent and server is None else fail
            yield "Your login", iter([finding("login", error.message)])
        else:
            yield f"Your login at {address.url}", _login(address, token)
    if agent.problems:
        yield "The agent of this machine", iter([fail("settings", problem) for problem in agent.problems])
    elif agent.settings is None:
        yield "The agent of this machine", iter([ok("settings", "none is configured here")])
    else:
        yield f"The agent of this machine, at {agent.settings.server_url}", check_agent(agent)


def _login(address: Address, token: str) -> Iterator[Finding]:
    from claudios.cli.doctor.account import check_credentials_file, check_login
    from claudios.cli.doctor.reach import check_server

    file = check_credentials_file()
    if file is not None:
        yield file
    is_reachable = True
    for finding in check_server(address):
        is_reachable = is_reachable and finding.verdict is not Verdict.FAIL
        yield finding
    if is_reachable:
        yield check_login(address, token)


def _patiently(findings: Iterable[Finding], section: str) -> Iterator[Finding]:
    """Yield the findings; show that one takes its time."""
    coming = iter(findings)
    while True:
        with working(f"Checking: {section.lower()}"):
            finding = next(coming, None)
        if finding is None:
            return
        yield finding


def _print(finding: Finding) -> None:
    sign, colour = _SIGNS[finding.verdict]
    text = harmless(finding.text)
    click.echo(f"  {click.style(sign, fg=colour, bold=True)} {click.style(f'{finding.check:<12}', dim=True)} {text}")
    if finding.remedy is not None:
        click.echo(f"    {'':<12} → {as_typed(finding.remedy)}")
    sys.stdout.flush()
