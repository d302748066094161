"""The answers to what Claude asks at its first start in a terminal: rule V-7."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from claudios.agent.sessions import lock
from claudios.agent.sessions.first_run import answer_ahead
from claudios.protocol.errors import SpawnFailed
from claudios.protocol.messages import Mode, PermissionMode, StartSession

KEY = "sk-ant-0123456789abcdefghij"
PROJECT = "/work/project"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def prepare(environment: Mapping[str, str], lock_seconds: float = 5.0, **fields: Any) -> None:
    body = StartSession(
        session_id="01234567-89ab-4cde-8f01-23456789abcd", mode=Mode.TERMINAL, directory=PROJECT, **fields
    )
    asyncio.run(answer_ahead(environment, body, lock_seconds))


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_in_a_new_home_every_question_is_answered(environment: dict[str, str], tmp_path: Path) -> None:
    prepare({**environment, "ANTHROPIC_API_KEY": KEY})
    assert read(tmp_path / ".claude.json") == {
        "hasCompletedOnboarding": True,
        "hasSeenAutoDefaultNudge": True,
        "projects": {PROJECT: {"hasTrustDialogAccepted": True}},
        "customApiKeyResponses": {"approved": ["0123456789abcdefghij"], "rejected": []},
    }
    assert KEY not in (tmp_path / ".claude.json").read_text()
    assert (tmp_path / ".claude.json").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / ".claude").exists(), "the settings are the user's"


def test_where_the_configuration_is_elsewhere_so_are_the_answers(environment: dict[str, str], tmp_path: Path) -> None:
    prepare({**environment, "CLAUDE_CONFIG_DIR": str(tmp_path / "config")})
    assert read(tmp_path / "config" / ".claude.json")["hasCompletedOnboarding"]
    assert not (tmp_path / ".claude.json").exists()


def test_what_stands_there_is_kept_also_a_no(environment: dict[str, str], tmp_path: Path) -> None:
    standing = {
        "numStartups": 7,
        "hasCompletedOnboarding": False,
        "projects": {
            "/other": {"hasTrustDialogAccepted": False},
            PROJECT: {"hasTrustDialogAccepted": False, "history": ["Grüße"]},
        },
        "customApiKeyResponses": {"approved": ["x"], "rejected": [KEY[-20:]]},
    }
    (tmp_path / ".claude.json").write_text(json.dumps(standing, ensure_ascii=False))
    prepare({**environment, "ANTHROPIC_API_KEY": KEY})
    assert read(tmp_path / ".claude.json") == {**standing, "hasSeenAutoDefaultNudge": True}
    assert "Grüße" in (tmp_path / ".claude.json").read_text()


def test_another_directory_is_not_trusted_with_it(environment: dict[str, str], tmp_path: Path) -> None:
    prepare(environment)
    assert list(read(tmp_path / ".claude.json")["projects"]) == [PROJECT]


def test_a_second_start_writes_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    prepare(environment)
    before = (tmp_path / ".claude.json").stat()
    prepare(environment)
    assert (tmp_path / ".claude.json").stat().st_ino == before.st_ino


def test_a_link_to_the_file_stays_a_link_and_the_file_as_readable_as_it_was(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "dotfiles").mkdir()
    kept = tmp_path / "dotfiles" / "claude.json"
    kept.write_text("{}")
    kept.chmod(0o640)
    (tmp_path / ".claude.json").symlink_to(kept)
    prepare(environment)
    assert (tmp_path / ".claude.json").is_symlink()
    assert read(kept)["hasCompletedOnboarding"]
    assert kept.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in kept.parent.iterdir()] == ["claude.json"]


def test_half_a_pair_of_surrogates_stays_what_it_was(environment: dict[str, str], tmp_path: Path) -> None:
    """One such character in a prompt of long ago refused every terminal on the machine."""
    (tmp_path / ".claude.json").write_text('{"history": ["cut \\ud83d", "Grüße"]}')
    prepare(environment)
    assert read(tmp_path / ".claude.json")["history"] == ["cut \ud83d", "Grüße"]
    assert read(tmp_path / ".claude.json")["hasCompletedOnboarding"]


@pytest.mark.parametrize(
    "content", ["", "{not json", "[]", '{"projects": []}', '{"projects": {"/work/project": 1}}', "\xff"]
)
def test_a_file_that_cannot_be_read_is_left_and_the_start_refused(
    environment: dict[str, str], tmp_path: Path, content: str
) -> None:
    (tmp_path / ".claude.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(SpawnFailed, match=r"\.claude\.json is not what Claude writes there"):
        prepare(environment)
    assert (tmp_path / ".claude.json").read_bytes() == content.encode("latin-1")


def test_the_warning_of_bypassing_is_accepted_only_for_a_session_that_does(
    environment: dict[str, str], tmp_path: Path
) -> None:
    settings = tmp_path / ".claude" / "settings.json"
    prepare(environment, permission_mode=PermissionMode.ACCEPT_EDITS)
    assert not settings.exists()
    settings.parent.mkdir()
    settings.write_text('{"theme": "light"}')
    prepare(environment, permission_mode=PermissionMode.BYPASS)
    assert read(settings) == {"theme": "light", "skipDangerousModePermissionPrompt": True}


def test_two_agents_do_not_write_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    held = lock.take(tmp_path / ".local/state/claudios/first-run.lock")
    assert held is not None
    with pytest.raises(SpawnFailed, match="Another agent"):
        prepare(environment, lock_seconds=0.05)
    os.close(held)
    prepare(environment)
