"""The agent as a service."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from claudios.cli.service import launchd, systemd
from claudios.cli.service.service import Environment, Installation, Service

SERVICE = Service(
    python=Path("/opt/claudios/bin/python"),
    config=Path("/home/you/.config/claudios/config.json"),
    search_path="/opt/claudios/bin:/usr/bin",
    home=Path("/home/you"),
    is_system=False,
)
ODD = Service(
    Path("/opt/my py/100%/$1/python"),
    Path("/etc/50% of/a b.json"),
    '/a b/$1/100%/\\/"q":/usr/bin',
    Path("/root"),
    is_system=True,
)
SYSTEM = Service(SERVICE.python, SERVICE.config, SERVICE.search_path, SERVICE.home, is_system=True, run_as="ada")


def test_a_users_unit_lies_in_their_home_and_names_no_user() -> None:
    made = systemd.installation(SERVICE)
    assert made.path == Path("/home/you/.config/systemd/user/claudios-agent.service")
    assert "User=" not in made.content
    assert "WantedBy=default.target" in made.content
    assert all("systemctl --user" in line or "loginctl" in line for line in made.start)


def test_a_systems_unit_runs_as_the_user() -> None:
    made = systemd.installation(SYSTEM)
    assert made.path == Path("/etc/systemd/system/claudios-agent.service")
    assert "\nUser=ada\n" in made.content
    assert "WantedBy=multi-user.target" in made.content


def test_sessions_outlive_the_daemon_and_a_hanging_daemon_is_replaced() -> None:
    unit = systemd.unit(SERVICE)
    for line in ("Type=notify", "WatchdogSec=60", "KillMode=process", "KillSignal=SIGUSR1", "Restart=on-failure"):
        assert f"\n{line}\n" in unit
    assert "RestartPreventExitStatus=2" in unit


def test_odd_paths_are_quoted_as_systemd_reads_them() -> None:
    unit = systemd.unit(ODD)
    assert 'ExecStart="/opt/my py/100%%/$$1/python" -P -m claudios.agent --config "/etc/50%% of/a b.json"' in unit
    assert 'Environment="PATH=/a b/$1/100%%/\\\\/\\"q\\":/usr/bin"' in unit
    assert "EnvironmentFile=-/etc/50%% of/agent.env" in unit


def test_every_line_of_the_unit_is_a_directive_of_its_section() -> None:
    known = {  # systemd.directives(7)
        "Unit": {"Description", "After", "Wants"},
        "Service": {
            *("Type", "NotifyAccess", "WatchdogSec", "User", "ExecStart", "ExecReload", "KillMode", "KillSignal"),
            *("TimeoutStopSec", "Restart", "RestartSec", "RestartPreventExitStatus", "OOMPolicy", "UMask"),
            *("LimitNOFILE", "Environment", "EnvironmentFile"),
        },
        "Install": {"WantedBy"},
    }
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # as the manual of configparser has it
    parser.read_string(systemd.unit(SYSTEM))
    assert {section: set(parser[section]) for section in parser.sections()} == known


@pytest.mark.parametrize("service", [SERVICE, SYSTEM, ODD])
def test_what_a_service_gives_its_agent_is_read_back_as_it_was_written(service: Service) -> None:
    given = Environment(service.config.with_name("agent.env"), service.search_path, service.run_as)
    assert systemd.environment(systemd.unit(service)) == given
    assert launchd.environment(launchd.property_list(service)) == given


@pytest.mark.parametrize("content", ["", "[Service]\nExecStart=/bin/true\n", "<plist></plist>"])
def test_what_is_no_service_of_ours_gives_nothing(content: str) -> None:
    for read in (systemd.environment, launchd.environment):
        with pytest.raises(ValueError):
            read(content)


@pytest.mark.parametrize("service", [SERVICE, SYSTEM])
def test_systemd_finds_nothing_wrong_with_the_unit(service: Service, tmp_path: Path) -> None:
    """By systemd's own verifier where it is; the test before holds everywhere."""
    path = tmp_path / "claudios-agent.service"
    path.write_text(systemd.unit(Service(Path("/bin/true"), tmp_path / "c.json", "/bin", tmp_path, service.is_system)))
    if shutil.which("systemd-analyze") is not None:
        done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
        assert "claudios-agent.service" not in done.stderr


@pytest.mark.parametrize("made", [systemd.installation(SYSTEM), launchd.installation(SYSTEM)])
def test_each_says_how_to_start_and_how_to_undo(made: Installation) -> None:
    assert made.start
    assert any(str(made.path) in line for line in made.undo)
