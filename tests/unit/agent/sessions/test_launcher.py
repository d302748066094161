from __future__ import annotations

import json
from pathlib import Path

import pytest

from claudios.agent.sessions.launcher import ClaudeCommand, claude_environment, initialize, polite_end
from claudios.protocol.errors import ClaudeNotFound
from claudios.protocol.messages import PermissionMode, StartSession

SESSION = "0d4ae2b2-1b6a-4b1a-9a53-0d4ae2b21b6a"
OTHER = "5b1f6f0e-7a51-4b2e-a1a5-5b1f6f0e7a51"
CLAUDE = ClaudeCommand(Path("/bin/claude"), {})


def test_a_new_session_gets_our_id_and_structured_streams() -> None:
    assert CLAUDE.argv(StartSession(session_id=SESSION)) == [
        "/bin/claude",
        "-p",
        "--input-format=stream-json",
        "--output-format=stream-json",
        "--verbose",
        "--permission-prompt-tool=stdio",
        "--include-partial-messages",
        "--replay-user-messages",
        f"--session-id={SESSION}",
        "--permission-mode=default",
    ]


def test_a_resumed_one_goes_on_under_its_claude_id() -> None:
    argv = CLAUDE.argv(StartSession(session_id=SESSION, resume=OTHER, permission_mode=PermissionMode.PLAN))
    assert f"--resume={OTHER}" in argv
    assert "--permission-mode=plan" in argv
    assert not any(word.startswith("--session-id") for word in argv)


@pytest.mark.parametrize("where", ["CLAUDE_CONFIG_DIR", "HOME"])
def test_one_that_claude_never_had_on_disk_begins_under_its_id(tmp_path: Path, where: str) -> None:
    """I-15: killed before its first prompt, it could not be resumed: the CLI found no such conversation and exited."""
    claude = ClaudeCommand(Path("/bin/claude"), {where: str(tmp_path)})
    resumed = StartSession(session_id=SESSION, resume=OTHER, may_begin=True)
    assert f"--session-id={OTHER}" in claude.argv(resumed)
    kept = tmp_path / (".claude" if where == "HOME" else "") / "projects" / "-work"
    kept.mkdir(parents=True)
    (kept / f"{OTHER}.jsonl").touch()
    assert f"--resume={OTHER}" in claude.argv(resumed)


def test_a_model_that_looks_like_a_flag_stays_a_model() -> None:
    argv = CLAUDE.argv(StartSession(session_id=SESSION, model="--dangerously-skip-permissions"))
    assert argv[-1] == "--model=--dangerously-skip-permissions"


def test_without_a_cli_nothing_is_started() -> None:
    with pytest.raises(ClaudeNotFound):
        ClaudeCommand(None, {}).argv(StartSession(session_id=SESSION))


def test_claude_gets_the_users_environment_without_the_agents_secrets_and_an_outer_claudes_marks() -> None:
    own = {
        "PATH": "/bin",
        "ANTHROPIC_API_KEY": "theirs",
        "CLAUDE_CODE_OAUTH_TOKEN": "theirs",
        "CLAUDE_CONFIG_DIR": "/c",
        "AGENT_TOKEN": "secret",
        "CLAUDIOS_ANYTHING": "ours",
        "CLAUDECODE": "1",
        "CLAUDE_CODE_SESSION_ID": "outer",
    }
    assert claude_environment(own) == {
        "PATH": "/bin",
        "ANTHROPIC_API_KEY": "theirs",
        "CLAUDE_CODE_OAUTH_TOKEN": "theirs",
        "CLAUDE_CONFIG_DIR": "/c",
        "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1",
    }


def test_the_handshake_has_the_same_id_each_time_and_another_in_each_epoch() -> None:
    body = StartSession(session_id=SESSION)
    assert initialize(body) == initialize(body)
    assert initialize(body).id != initialize(body.model_copy(update={"epoch": 2})).id
    line = json.loads(initialize(body).line)
    assert (line["type"], line["request"]["subtype"]) == ("control_request", "initialize")


def test_the_polite_end_is_one_line_of_json() -> None:
    line = polite_end(StartSession(session_id=SESSION))
    assert json.loads(line)["request"] == {"subtype": "end_session"}
    assert "\n" not in line
