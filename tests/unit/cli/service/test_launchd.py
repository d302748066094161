"""The property list of launchd, and the shell in it, which is run here as launchd would run it."""

from __future__ import annotations

import os
import plistlib
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from claudios.cli.service import environment_file, launchd
from claudios.cli.service.service import Service
from tests.helpers.programs import write_program

SERVICE = Service(
    python=Path("/opt/claudios/bin/python"),
    config=Path("/home/you/.config/claudios/config.json"),
    search_path="/opt/claudios/bin:/usr/bin",
    home=Path("/home/you"),
    is_system=False,
)
SYSTEM = Service(SERVICE.python, SERVICE.config, SERVICE.search_path, SERVICE.home, is_system=True, run_as="ada")
CREDENTIALS = """\
# Claude's
; also a comment
ANTHROPIC_API_KEY=sk-ant-$(touch made)-`touch made`

CLAUDE_CODE_OAUTH_TOKEN="with spaces = and 'marks'"
HTTPS_PROXY='http://u:"p"@proxy:80'
EMPTY=
TWICE=first
TWICE=second
not a variable
1ST=no
WITH-DASH=no
 INDENTED=no
LAST=without a newline"""


def test_sessions_outlive_the_daemon_and_it_is_started_again_when_it_fails() -> None:
    made = launchd.installation(SERVICE)
    settings = plistlib.loads(made.content.encode())
    assert made.path == Path("/home/you/Library/LaunchAgents/org.claudios.agent.plist")
    daemon = [str(SERVICE.python), "-P", "-m", "claudios.agent", "--config", str(SERVICE.config)]
    assert settings["ProgramArguments"][-6:] == daemon
    assert settings["ProgramArguments"][:2] == ["/bin/sh", "-c"]
    assert settings["AbandonProcessGroup"] is True
    assert settings["KeepAlive"] == {"SuccessfulExit": False}
    assert settings["ExitTimeOut"] == 60
    assert settings["EnvironmentVariables"] == {"PATH": SERVICE.search_path}
    assert "UserName" not in settings


def test_a_machines_property_list_runs_as_the_user() -> None:
    made = launchd.installation(SYSTEM)
    assert made.path == Path("/Library/LaunchDaemons/org.claudios.agent.plist")
    assert plistlib.loads(made.content.encode())["UserName"] == "ada"


@contextmanager
def started(tmp_path: Path, agent: str) -> Iterator[subprocess.Popen[str]]:
    """What launchd starts, with a small program in the agent's place."""
    program = write_program(tmp_path / "python", f"#!/bin/sh\n{agent}\n")
    service = Service(program, tmp_path / "config.json", os.defpath, tmp_path, is_system=False)
    settings = plistlib.loads(launchd.property_list(service).encode())
    argv, variables = settings["ProgramArguments"], settings["EnvironmentVariables"]
    with subprocess.Popen(argv, env=variables, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        yield process


def told(tmp_path: Path, agent: str) -> str:
    """Run an agent to its end; return what it told."""
    with started(tmp_path, agent) as process:
        said, _ = process.communicate(timeout=60)
    return said


def test_the_agent_is_started_with_its_settings(tmp_path: Path) -> None:
    assert told(tmp_path, 'echo "$*"') == f"-P -m claudios.agent --config {tmp_path / 'config.json'}\n"


def test_it_has_the_variables_of_the_file_as_they_stand_there_and_none_is_run(tmp_path: Path) -> None:
    (tmp_path / "agent.env").write_text(CREDENTIALS)
    variables = dict(line.split("=", 1) for line in told(tmp_path, "env").splitlines() if "=" in line)
    wanted = {
        "ANTHROPIC_API_KEY": "sk-ant-$(touch made)-`touch made`",
        "CLAUDE_CODE_OAUTH_TOKEN": "with spaces = and 'marks'",
        "HTTPS_PROXY": 'http://u:"p"@proxy:80',
        "EMPTY": "",
        "TWICE": "second",
        "LAST": "without a newline",
    }
    of_the_shell = {"PWD", "OLDPWD", "SHLVL", "_", "PATH"}
    assert {name: value for name, value in variables.items() if name not in of_the_shell} == wanted
    assert environment_file.read(tmp_path / "agent.env") == wanted
    assert not (tmp_path / "made").exists()


def test_a_missing_file_of_variables_is_none(tmp_path: Path) -> None:
    assert "config.json" in told(tmp_path, 'echo "$*"')
    assert environment_file.read(tmp_path / "agent.env") == {}


@pytest.mark.parametrize(("code", "shown"), [(0, 0), (1, 1), (2, 0), (139, 139)])
def test_it_ends_as_the_agent_does_and_with_0_after_wrong_settings(tmp_path: Path, code: int, shown: int) -> None:
    with started(tmp_path, f"exit {code}") as process:
        assert process.wait(60) == shown


def test_an_agent_that_is_killed_has_failed(tmp_path: Path) -> None:
    with started(tmp_path, "kill -9 $$") as process:
        assert process.wait(60) == 128 + signal.SIGKILL


@pytest.mark.parametrize("code", [0, 1])
def test_being_stopped_tells_the_agent_to_leave_its_sessions_and_waits_for_its_end(tmp_path: Path, code: int) -> None:
    leaving = f"trap '' USR1; echo leaving; read go; echo left; exit {code}"
    leaves = f'trap "{leaving}" USR1\ntrap "echo ended" TERM\necho ready\n'
    os.mkfifo(tmp_path / "go")
    with started(tmp_path, f"exec < go\n{leaves}while :; do sleep 0.05; done") as process:
        with (tmp_path / "go").open("w") as go:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.terminate()
            assert process.stdout.readline() == "leaving\n"
            process.terminate()
            print("go", file=go)
        assert process.stdout.read() == "left\n"
        assert process.wait(60) == code
