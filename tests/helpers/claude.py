"""The real Claude CLI, and an environment in which it talks to nothing but the scripted model."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import claude_agent_sdk
import pytest

from tests.helpers.model import ScriptedModel

STUB_API_KEY = "sk-ant-stub"


def find_claude() -> Path:
    """Return the CLI that the `claude` extra brings, else the one on PATH; raise FileNotFoundError without either."""
    bundled = Path(claude_agent_sdk.__file__).parent / "_bundled" / "claude"
    if bundled.is_file():
        return bundled
    on_path = shutil.which("claude")
    if on_path is None:
        raise FileNotFoundError("no Claude CLI: neither in the package claude-agent-sdk nor on PATH; run `make test`")
    return Path(on_path)


def claude_environment_for(model_url: str, home: Path) -> dict[str, str]:
    """Return a complete, minimal environment for the CLI, with its state and HOME below `home`."""
    config = home / ".claude"
    config.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "CLAUDE_CONFIG_DIR": str(config),
        "ANTHROPIC_BASE_URL": model_url,
        "ANTHROPIC_API_KEY": STUB_API_KEY,
        "NO_PROXY": "127.0.0.1,localhost",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1",
    }


@pytest.fixture(scope="session")
def claude_cli() -> Path:
    """The path of the real Claude CLI."""
    return find_claude()


@pytest.fixture
def claude_environment(model: ScriptedModel, tmp_path: Path) -> dict[str, str]:
    """A fresh environment for the real CLI on the scripted model."""
    return claude_environment_for(model.url, tmp_path / "claude-home")
