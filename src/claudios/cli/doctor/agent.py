"""The agent of this machine: its settings, token and signature at the server, and the process itself."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from claudios.agent import machine
from claudios.agent.config import Settings
from claudios.cli.agent_settings import Configured, state_of
from claudios.cli.daemon import Daemon, daemon_of
from claudios.cli.doctor import delivery
from claudios.cli.doctor.claude import check_claude
from claudios.cli.doctor.environment import environment_of_claude
from claudios.cli.doctor.finding import Finding, fail, ok, skip, warn
from claudios.cli.doctor.log import check_log
from claudios.cli.doctor.machine import check_disk, check_limits, check_memory, check_processor
from claudios.cli.doctor.reach import check_server, clock
from claudios.cli.text import one_line
from claudios.cli.up.places import places
from claudios.client.address import parse_address
from claudios.client.agent_check import AgentCheck, AgentStanding
from claudios.protocol.errors import ClaudiosError, LocalError, NotSignedIn, SignatureInvalid
from claudios.protocol.ids import agent_keys

ROTATION_WARN_MS = 24 * 3600 * 1000


def check_agent(configured: Configured) -> Iterator[Finding]:
    """Yield everything about the agent with these settings."""
    settings = configured.settings
    assert settings is not None
    yield ok("settings", f"read from {settings.config_file or 'the environment'}")
    for text in settings.warnings:
        yield warn("settings", text, "Do as it says.")
    address = parse_address(settings.server_url, allow_insecure_http=True)  # the settings have judged it
    is_reachable = True
    for finding in check_server(address, settings.ca_file):
        is_reachable = is_reachable and finding.verdict != "fail"
        if finding.check != "clock":
            yield finding
    standing = None
    directory = _state(settings) if is_reachable else settings.state_directory
    if is_reachable:
        session_ids = [each.session_id for each in delivery.held(directory)]
        check = AgentCheck(address, agent_keys(settings.token), settings.ca_file)
        try:
            asked = time.time()
            standing = check.standing(session_ids)
            yield from _token(standing)
            yield clock((asked + time.time()) / 2 - standing.server_time_ms / 1000)
            yield _signature(check, standing)
        except NotSignedIn as refused:
            yield _token_refused(refused)
        except ClaudiosError as failed:
            yield fail(
                "token", f"the token cannot be checked: {failed.message}", "Upgrade the server, or look at its log."
            )
        finally:
            check.close()
    else:
        yield skip("token", "not checked: the server cannot be reached")
    daemon = daemon_of(directory)
    yield _running(daemon, standing)
    if standing is not None:
        yield from delivery.check_delivery(directory, standing.stored, is_online=standing.online)
    yield check_log(places().logs / "agent.log" if configured.is_of_up else None)
    environment = environment_of_claude(daemon, settings)
    path = machine.find_claude(settings.claude_path, environment.get("PATH", os.defpath))
    directories = settings.policy.directories or (settings.policy.default_directory,)
    yield from check_claude(path, environment, directories, is_demo=settings.demo)
    yield check_disk(directory)
    yield check_memory()
    yield check_limits()
    yield from check_processor(daemon.pid if daemon else None)


def _state(settings: Settings) -> Path:
    try:
        return state_of(settings)
    except LocalError:
        return settings.state_directory  # why the server does not answer is found out next


def _token(standing: AgentStanding) -> Iterator[Finding]:
    name = one_line(standing.agent_name)
    if standing.expires_ms is None:
        yield ok("token", f"valid: it is the agent {name}")
        return
    left = (standing.expires_ms - standing.server_time_ms) / 60_000
    yield warn(
        "token",
        f"rotated: this token of {name} stops working in {left:.0f} minutes",
        "Put the new token into the agent's configuration, then `claudios agent restart`.",
    )


def _token_refused(refused: NotSignedIn) -> Finding:
    return fail(
        "token",
        f"the server refuses it: {refused.message}",
        "Create a new token (claudios agents rotate NAME, or in the page), put it into the configuration, restart.",
    )


def _signature(check: AgentCheck, standing: AgentStanding) -> Finding:
    try:
        check.prove(standing.agent_id)
    except SignatureInvalid:
        return fail(
            "signature",
            "the server does not accept this machine's signature",
            "The server's key and database do not belong together, or the token is another's: rotate the token.",
        )
    return ok("signature", "the server accepts this machine's signature")


def _running(daemon: Daemon | None, standing: AgentStanding | None) -> Finding:
    if daemon is None and standing is not None and standing.online:
        return fail(
            "agent",
            "none runs here, but one is connected with this token from elsewhere",
            "Give this machine an agent and a token of its own, or stop the other one: `claudios agents` says where.",
        )
    if daemon is None:
        return fail("agent", "no agent runs with these settings", "Start it: claudios agent, or `claudios up`.")
    since = f"process {daemon.pid}, since {daemon.since}"
    if standing is not None and not standing.online:
        return fail("agent", f"it runs ({since}), but is not connected", "Look at its log; it tries again by itself.")
    carrier = f", connected by {standing.carrier}" if standing is not None else ""
    return ok("agent", f"it runs ({since}){carrier}")
