"""Another machine: the base package in a fresh virtual environment, a config.json, and Ctrl+C."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Up
from tests.acceptance.person import Person, Running, until
from tests.helpers.claude import STUB_API_KEY
from tests.helpers.model import ScriptedModel

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
SERVER_PACKAGES = ("fastapi", "sqlalchemy", "uvicorn", "alembic", "argon2", "cryptography")


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the base wheel, installed into a virtual environment of its own."""
    place = tmp_path_factory.mktemp("installed")
    wheels, venv = place / "wheels", place / "venv"
    subprocess.run(
        [UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", wheels, ROOT],
        check=True,
    )
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    (wheel,) = wheels.glob("*.whl")
    install: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", venv / "bin/python", "--constraints"]
    install += [ROOT / "requirements/dev.txt", wheel]
    # Set-up has fetched all of it already; where its cache is gone, the index is asked.
    if subprocess.run([*install, "--offline"], check=False, capture_output=True).returncode != 0:
        subprocess.run(install, check=True)
    return venv / "bin/claudios"


class Elsewhere:
    """A machine with an agent of the base package on it."""

    def __init__(self, owner: Person, person: Person, name: str, settings: dict[str, Any], command: str) -> None:
        self.owner = owner
        self.person = person
        self.name = name
        self.settings = settings
        self.command = command

    def write(self, **changes: object) -> Path:
        """Write config.json where the agent is started."""
        path = self.person.home / "config.json"
        path.write_text(json.dumps({**self.settings, **changes}))
        path.chmod(0o600)
        return path

    def agent(self) -> Any:
        """Return the agent as its owner sees it."""
        return next(each for each in self.owner.run("agents", "--json").json if each["name"] == self.name)

    def until_online(self, running: Running) -> None:
        until(lambda: self.agent()["online"] or running.process.poll() is not None or None)
        assert running.process.poll() is None, running.said()


@pytest.fixture
def elsewhere(
    up: Up, installed: Path, claude_cli: Path, model: ScriptedModel, tmp_path: Path, request: pytest.FixtureRequest
) -> Elsewhere:
    """A machine whose agent is created and not started."""
    name = f"box {request.node.name[:60]}"
    created = up.person.run("agents", "create", name, "--json").json
    person = Person(tmp_path, program=installed)
    settings = {
        "serverUrl": up.url,
        "agentToken": created["token"],
        "pollInterval": 5000,
        "outputFlushInterval": 1000,
        "maxConcurrentSessions": 5,
        "claudePath": str(claude_cli),
        "demo": True,
        "claudeEnvironment": {
            "ANTHROPIC_BASE_URL": model.url,
            "ANTHROPIC_API_KEY": STUB_API_KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        },
    }
    return Elsewhere(up.person, person, name, settings, created["command"])


def test_the_base_package_brings_nothing_of_the_server(installed: Path, tmp_path: Path) -> None:
    program = f"import importlib.util as u; print([n for n in {SERVER_PACKAGES!r} if u.find_spec(n)])"
    found = subprocess.run([installed.with_name("python"), "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    person = Person(tmp_path, program=installed)
    for command in ("server", "up"):
        assert "claudios[server]" in person.run(command, expect=2).err
    assert person.run("--version").out.startswith("claudios ")
    assert "--transport" in person.run("agent", "--help").out
    assert person.run("agent", "--version").out.startswith("claudios ")


def test_an_agent_with_a_config_file_carries_a_session_and_ends_gracefully(elsewhere: Elsewhere) -> None:
    elsewhere.write()
    with elsewhere.person.running("agent") as agent:
        elsewhere.until_online(agent)
        seen = elsewhere.agent()
        assert seen["machine"]["claude_version"]
        done = elsewhere.owner.run("run", "--agent", elsewhere.name, "[[say From elsewhere.]]")
        assert done.out == "From elsewhere.\n"
        session = elsewhere.owner.run("run", "-d", "--agent", elsewhere.name, "[[text 100000 rate=300]]").out.strip()
        until(lambda: elsewhere.owner.session(session)["activity"] == "working" or None)
        agent.interrupt()
        assert agent.ended() == 0
    ended = elsewhere.owner.session(session)
    assert (ended["state"], ended["reason"]) == ("ended", "terminated")
    assert elsewhere.owner.run("verify", session, "--json").json["verified"] is True
    assert elsewhere.agent()["online"] is False


def test_the_log_reads_as_users_know_it_and_never_holds_the_token(elsewhere: Elsewhere) -> None:
    config = elsewhere.write()
    process = subprocess.Popen(
        [elsewhere.person.program, "agent"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=elsewhere.person.environment,
        cwd=elsewhere.person.home,
    )
    running = Running(process, config)
    with process:
        elsewhere.until_online(running)
        session = elsewhere.owner.run("run", "-d", "--agent", elsewhere.name, "[[say Hi.]]").out.strip()
        until(lambda: elsewhere.owner.session(session)["activity"] == "idle" or None)
        running.interrupt()
        assert process.stdout is not None
        log = process.stdout.read()
        assert process.wait() == 0
    for line in (
        "[INFO] Agent starting...",
        "[INFO] Configuration loaded from config.json",
    ):
        assert line in log.splitlines()
    assert elsewhere.settings["serverUrl"] in log
    assert f"[INFO] Session started: {session}" in log
    assert "start_session" in log
    secret = elsewhere.settings["agentToken"].split("_")[2]
    assert secret not in log


def test_a_second_ctrl_c_ends_at_once_and_the_session_is_not_lost_sight_of(elsewhere: Elsewhere) -> None:
    elsewhere.write()
    with elsewhere.person.running("agent") as agent:
        elsewhere.until_online(agent)
        session = elsewhere.owner.run("run", "-d", "--agent", elsewhere.name, "[[bash touch later.txt]]").out.strip()
        until(lambda: elsewhere.owner.session(session)["activity"] == "waiting" or None)
        os.kill(agent.process.pid, signal.SIGSTOP)  # so that both signals are there when it looks
        agent.interrupt()
        os.kill(agent.process.pid, signal.SIGTERM)
        os.kill(agent.process.pid, signal.SIGCONT)
        assert agent.ended() == 130
    with elsewhere.person.running("agent") as agent:
        elsewhere.until_online(agent)
        if elsewhere.owner.session(session)["state"] == "running":
            elsewhere.owner.run("stop", session)
        until(lambda: elsewhere.owner.session(session)["state"] == "ended" or None)
        assert elsewhere.owner.run("verify", session, "--json").json["verified"] is True
        agent.interrupt()
        assert agent.ended() == 0


def test_an_agent_configured_by_the_environment_needs_no_file(elsewhere: Elsewhere) -> None:
    person = Person(
        elsewhere.person.directory,
        program=elsewhere.person.program,
        extra={
            "SERVER_URL": elsewhere.settings["serverUrl"],
            "AGENT_TOKEN": elsewhere.settings["agentToken"],
            "POLL_INTERVAL": "2000",
            "OUTPUT_FLUSH_INTERVAL": "500",
            "MAX_CONCURRENT_SESSIONS": "3",
        },
    )
    with person.running("agent", "--transport", "poll") as agent:
        elsewhere.until_online(agent)
        seen = elsewhere.agent()
        assert seen["carrier"] == "poll"
        assert seen["machine"]["max_concurrent_sessions"] == 3
        agent.interrupt()
        assert agent.ended() == 0


def test_the_start_command_of_the_page_works_as_it_is_pasted(elsewhere: Elsewhere, installed: Path) -> None:
    """Into a shell at a terminal; the token is asked for, and shown nowhere."""
    path = {"PATH": f"{installed.parent}:{os.defpath}"}
    shell = Person(elsewhere.person.directory, program=Path("/bin/sh"), extra=path)
    token = elsewhere.settings["agentToken"]
    with shell.at_terminal() as terminal:
        terminal.type(f"{elsewhere.command}\n")
        terminal.until("exec claudios agent'")  # the terminal repeats what was pasted
        shown = terminal.until("Agent token: ")
        terminal.type(f"{token}\n")
        shown += terminal.until("Connected to")
        until(lambda: elsewhere.agent()["online"] or None)
        terminal.type("\x03")
        shown += terminal.until("Agent stopped")
        terminal.type("echo code=$?\n")
        shown += terminal.until("code=0")
        assert token not in shown
        assert token not in terminal.screen


def test_what_is_wrong_is_named_with_its_source_and_the_remedy(elsewhere: Elsewhere) -> None:
    elsewhere.write(agentToken="cla_oops", pollIntervall=1, maxConcurrentSessions="many")
    said = elsewhere.person.run("agent", expect=2).err
    assert "config.json" in said
    for name in ("agentToken", "pollIntervall", "Did you mean pollInterval", "maxConcurrentSessions"):
        assert name in said
    (elsewhere.person.home / "config.json").unlink()
    said = elsewhere.person.run("agent", expect=2).err
    assert "serverUrl is missing" in said
    assert "AGENT_TOKEN" in said


def test_restart_keeps_sessions_and_stop_may_leave_them(elsewhere: Elsewhere) -> None:
    elsewhere.write()
    person = elsewhere.person
    with person.running("agent") as agent:
        elsewhere.until_online(agent)
        session = elsewhere.owner.run("run", "-d", "--agent", elsewhere.name, "[[bash touch later.txt]]").out.strip()
        until(lambda: elsewhere.owner.session(session)["activity"] == "waiting" or None)
        assert person.run("agent", "status", "--json").json["process"]["pid"] == agent.process.pid
        assert "sessions went on" in person.run("agent", "restart").out
        elsewhere.until_online(agent)
        assert elsewhere.owner.session(session)["state"] == "running"
        person.run("agent", "stop", "--leave-sessions")
        assert agent.ended() == 0
        assert person.run("agent", "status", expect=1).code == 1
    with person.running("agent") as agent:
        elsewhere.until_online(agent)
        found = elsewhere.owner.session(session)
        assert (found["state"], found["epoch"]) == ("running", 1)
        person.run("agent", "stop")
        assert agent.ended() == 0
    assert elsewhere.owner.session(session)["reason"] == "terminated"


def test_a_rotated_token_is_taken_up_by_a_restart_and_its_sessions_go_on(elsewhere: Elsewhere) -> None:
    elsewhere.write()
    person = elsewhere.person
    with person.running("agent") as agent:
        elsewhere.until_online(agent)
        session = elsewhere.owner.run("run", "-d", "--agent", elsewhere.name, "[[bash touch later.txt]]").out.strip()
        until(lambda: elsewhere.owner.session(session)["activity"] == "waiting" or None)
        token = elsewhere.owner.run("agents", "rotate", elsewhere.name).out.strip()
        elsewhere.write(agentToken=token)
        assert person.run("agent", "status", "--json").json["process"]["pid"] == agent.process.pid
        assert person.run("doctor", "--json", "--config", str(person.home / "config.json")).code == 0
        assert "sessions went on" in person.run("agent", "restart").out
        elsewhere.until_online(agent)
        assert elsewhere.owner.session(session)["state"] == "running"
        person.run("agent", "stop")
        assert agent.ended() == 0
    assert elsewhere.owner.session(session)["reason"] == "terminated"


def test_the_doctor_of_an_agents_machine_names_what_is_wrong(elsewhere: Elsewhere) -> None:
    config = str(elsewhere.write())
    person = elsewhere.person

    def checks(*expected: str) -> dict[str, Any]:
        told = person.run("doctor", "--json", "--config", config, expect=1 if expected else 0).json
        found = {f["check"]: f for findings in told["sections"].values() for f in findings if f["verdict"] == "fail"}
        assert set(found) == set(expected), told
        return found

    assert "claudios agent" in checks("agent")["agent"]["remedy"]
    with person.running("agent") as agent:
        elsewhere.until_online(agent)
        checks()
        elsewhere.owner.run("agents", "revoke", elsewhere.name, "--yes")
        assert "rotate" in checks("token")["token"]["remedy"]
        agent.interrupt()
        agent.ended()
    elsewhere.write(serverUrl="http://127.0.0.1:1", claudePath="/bin/false")
    found = checks("tcp", "agent", "claude")
    assert "nothing listens" in found["tcp"]["text"]


def test_a_service_is_written_without_the_token(elsewhere: Elsewhere) -> None:
    config = elsewhere.write()
    person = elsewhere.person
    shown = person.run("agent", "install-service", "--dry-run", "--user", "--config", str(config))
    said = person.run("agent", "install-service", "--user", "--config", str(config)).out
    unit = person.home / ".config/systemd/user/claudios-agent.service"
    assert f"Wrote {unit}" in said
    assert unit.read_text() in shown.out
    assert elsewhere.settings["agentToken"] not in unit.read_text()
    assert f"--config {config}" in unit.read_text()
    assert "systemctl --user enable --now" in said
    assert "Undo it" in said
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
