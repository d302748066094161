"""What the doctor says of this machine's agent: how the server sees it, its process, and the Claude it would start."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from claudios.agent import config
from claudios.agent.lock import StateLock
from claudios.cli.agent_settings import Configured
from claudios.cli.doctor.agent import check_agent
from claudios.cli.doctor.finding import Finding, Verdict
from claudios.cli.service import launchd, systemd
from claudios.cli.service.service import Installation, Service
from claudios.protocol.ids import AGENT_TOKEN, new_token
from tests.helpers.programs import write_program
from tests.unit.client.scripted_server import Answer, as_json, scripted_server

PROVEN = as_json({"proven": True})
# Signed in where the variable is; it is found on the PATH of whom it belongs to.
CLAUDE = """#!/bin/sh
[ "$1" = --version ] && echo 2.1.330 && exit 0
[ -n "$ANTHROPIC_API_KEY" ]
"""
DAEMON = """
import sys
from pathlib import Path
from claudios.agent.lock import StateLock
lock = StateLock(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""


def standing(**other: object) -> Answer:
    told = {"agent_id": "a1", "agent_name": "laptop", "key_id": "k1", "online": False, "server_version": "1"}
    return as_json({**told, "server_time_ms": int(time.time() * 1000), "stored": {}, "expires_ms": None, **other})


def refused(code: str, message: str) -> Answer:
    return as_json({"error": {"code": code, "message": message}}, 422)


@pytest.fixture
def agent(tmp_path: Path) -> Callable[[str], Configured]:
    """Settings of an agent for a server, in a file, with a Claude only where a test puts one."""

    def write(server_url: str = "http://127.0.0.1:1") -> Configured:
        told = {"serverUrl": server_url, "agentToken": new_token(AGENT_TOKEN).text}
        told |= {"stateDirectory": str(tmp_path / "state"), "defaultDirectory": str(tmp_path)}
        (tmp_path / "config.json").write_text(json.dumps(told))
        (tmp_path / "config.json").chmod(0o600)
        return Configured(config.load(["--config", str(tmp_path / "config.json")], {}), ())

    return write


def examined(agent: Callable[[str], Configured], *answers: Answer) -> dict[str, Finding]:
    with scripted_server(as_json({"version": "1"}), *answers) as server:
        return {each.check: each for each in check_agent(agent(server.address.url))}


def test_a_rotated_token_is_a_warning_with_how_long_it_works(agent: Callable[[str], Configured]) -> None:
    found = examined(agent, standing(expires_ms=int(time.time() * 1000) + 59 * 60_000), PROVEN)
    assert found["token"].verdict is Verdict.WARN
    assert "rotated: this token of laptop stops working in 59 minutes" in found["token"].text
    assert "`claudios agent restart`" in (found["token"].remedy or "")


def test_a_token_that_is_not_rotated_is_fine_and_so_is_a_signature(agent: Callable[[str], Configured]) -> None:
    found = examined(agent, standing(), PROVEN)
    assert (found["token"].verdict, found["signature"].verdict) == (Verdict.OK, Verdict.OK)


def test_a_token_that_is_refused_is_broken_and_says_how_to_get_another(agent: Callable[[str], Configured]) -> None:
    found = examined(agent, as_json({"error": {"code": "not_signed_in", "message": "unknown"}}, 401))
    assert found["token"].verdict is Verdict.FAIL
    assert "claudios agents rotate NAME" in (found["token"].remedy or "")
    assert "signature" not in found


def test_a_signature_that_is_refused_is_broken_and_names_the_servers_key(agent: Callable[[str], Configured]) -> None:
    found = examined(agent, standing(), refused("signature_invalid", "the signature is wrong"))
    assert found["token"].verdict is Verdict.OK
    assert found["signature"].verdict is Verdict.FAIL
    assert "rotate the token" in (found["signature"].remedy or "")


def test_an_agent_that_is_connected_from_elsewhere_with_this_token_is_told(agent: Callable[[str], Configured]) -> None:
    found = examined(agent, standing(online=True, carrier="websocket"), PROVEN)
    assert found["agent"].verdict is Verdict.FAIL
    assert "connected with this token from elsewhere" in found["agent"].text


def test_an_agent_that_runs_without_being_connected_is_told(agent: Callable[[str], Configured], tmp_path: Path) -> None:
    lock = StateLock(tmp_path / "state")
    found = examined(agent, standing(), PROVEN)
    lock.release()
    assert found["agent"].verdict is Verdict.FAIL
    assert "it runs (process" in found["agent"].text
    assert "but is not connected" in found["agent"].text


def test_an_agent_that_runs_and_is_connected_is_fine(agent: Callable[[str], Configured], tmp_path: Path) -> None:
    lock = StateLock(tmp_path / "state")
    found = examined(agent, standing(online=True, carrier="poll"), PROVEN)
    lock.release()
    assert found["agent"].verdict is Verdict.OK
    assert found["agent"].text.endswith("connected by poll")


@contextmanager
def running(state: Path, environment: dict[str, str]) -> Iterator[None]:
    """A process that holds the lock of an agent's state, in an environment of its own."""
    argv = [sys.executable, "-c", DAEMON, str(state)]
    with subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            process.kill()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a Claude in it that is on the agent's PATH alone; this process has one without credentials."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        write_program(tmp_path / name / "claude", CLAUDE)
    monkeypatch.setenv("PATH", f"{tmp_path / 'here'}:/usr/bin:/bin")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "there"


def claude_of(configured: Configured) -> tuple[Verdict, str]:
    found = {each.check: each for each in check_agent(configured)}
    return found["signed in"].verdict, found["claude"].text.rpartition(" ")[2]


def test_claude_is_judged_by_the_environment_of_the_agent_that_runs(
    agent: Callable[[], Configured], elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = agent()
    assert claude_of(configured) == (Verdict.FAIL, str(tmp_path / "here" / "claude"))
    its_own = {"PATH": f"{elsewhere}:/usr/bin:/bin", "ANTHROPIC_API_KEY": "sk-ant-none"}
    with running(tmp_path / "state", its_own):
        assert claude_of(configured) == (Verdict.OK, str(elsewhere / "claude"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-none")
    with running(tmp_path / "state", {"PATH": its_own["PATH"]}):
        assert claude_of(configured)[0] is Verdict.FAIL


@pytest.mark.parametrize("install", [systemd.installation, launchd.installation])
def test_claude_is_judged_by_the_service_that_would_run_the_agent(
    agent: Callable[[], Configured], elsewhere: Path, tmp_path: Path, install: Callable[[Service], Installation]
) -> None:
    service = Service(
        Path(sys.executable), tmp_path / "config.json", f"{elsewhere}:/usr/bin:/bin", tmp_path, is_system=False
    )
    made = install(service)
    made.path.parent.mkdir(parents=True)
    made.path.write_text(made.content)
    configured = agent()
    assert claude_of(configured) == (Verdict.FAIL, str(elsewhere / "claude"))
    (tmp_path / "agent.env").write_text("# Claude's\nANTHROPIC_API_KEY=sk-ant-none\n")
    assert claude_of(configured) == (Verdict.OK, str(elsewhere / "claude"))


def test_a_service_of_other_settings_does_not_count(
    agent: Callable[[], Configured], elsewhere: Path, tmp_path: Path
) -> None:
    others = tmp_path / "others" / "config.json"
    made = systemd.installation(Service(Path(sys.executable), others, str(elsewhere), tmp_path, is_system=False))
    made.path.parent.mkdir(parents=True)
    made.path.write_text(made.content)
    assert claude_of(agent()) == (Verdict.FAIL, str(tmp_path / "here" / "claude"))
