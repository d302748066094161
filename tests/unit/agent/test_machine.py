"""What the agent says of its machine, with small programs in Claude's place."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import claude_agent_sdk
import pytest

from claudios.agent import machine
from claudios.agent.config import Settings, load
from claudios.protocol.ids import AGENT_TOKEN, new_token
from tests.helpers.programs import write_program

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def program(path: Path, body: str) -> Path:
    return write_program(path, f"#!{sys.executable}\nimport sys, time\n{body}\n")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return load([], {"SERVER_URL": "http://127.0.0.1:1", "AGENT_TOKEN": new_token(AGENT_TOKEN).text})


def test_claude_is_the_configured_one_then_that_on_path_then_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    bundled = Path(claude_agent_sdk.__file__).parent / "_bundled" / "claude"
    assert machine.find_claude(None) == (bundled if bundled.is_file() else None)
    on_path = program(tmp_path / "claude", "")
    assert machine.find_claude(None) == on_path
    assert machine.find_claude(Path("/configured")) == Path("/configured")


async def test_version_and_sign_in_are_asked_of_the_cli(settings: Settings, tmp_path: Path) -> None:
    claude = program(
        tmp_path / "claude", "print('2.1.330 (Claude Code)') if sys.argv[1] == '--version' else sys.exit(0)"
    )
    described = await machine.describe(settings, claude, ENVIRONMENT)
    assert described.claude_version == "2.1.330"
    assert described.claude_signed_in is True
    assert described.memory_bytes > 0
    assert described.max_concurrent_sessions == 5
    assert described.modes == settings.policy.modes


async def test_a_cli_without_credentials_is_not_signed_in(settings: Settings, tmp_path: Path) -> None:
    claude = program(tmp_path / "claude", "sys.exit(1)")
    described = await machine.describe(settings, claude, ENVIRONMENT)
    assert described.claude_version is None
    assert described.claude_signed_in is False


async def test_a_cli_that_hangs_is_ended_and_not_waited_for(settings: Settings, tmp_path: Path) -> None:
    described = await machine.describe(settings, program(tmp_path / "claude", "time.sleep(60)"), ENVIRONMENT, 0.2)
    assert described.claude_version is None
    assert described.claude_signed_in is None


async def test_a_machine_without_a_working_cli_is_described_all_the_same(settings: Settings, tmp_path: Path) -> None:
    not_executable = tmp_path / "claude"
    not_executable.write_text("")
    for claude in (None, not_executable, tmp_path / "gone"):
        assert (await machine.describe(settings, claude, ENVIRONMENT)).claude_version is None


async def test_claude_is_asked_in_its_own_environment(settings: Settings, tmp_path: Path) -> None:
    claude = program(tmp_path / "claude", "import os; print(os.environ.get('AGENT_TOKEN', 'none'))")
    assert (await machine.describe(settings, claude, ENVIRONMENT)).claude_version == "none"


def test_the_machine_is_measured(tmp_path: Path) -> None:
    status = machine.measure(tmp_path, ())
    assert status.memory_used_bytes > 0
    assert status.disk_bytes is not None
    assert 0 < status.disk_free_bytes <= status.disk_bytes
    assert 5_000_000 < status.agent_memory_bytes < 10**10
