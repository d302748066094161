from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from claudios.agent.sessions.launcher import (
    ClaudeCommand,
    claude_environment,
    claude_session,
    first_inputs,
    initialize,
    interrupt,
    pasted,
    polite_end,
)
from claudios.protocol.errors import ClaudeNotFound
from claudios.protocol.messages import Fork, Input, Mode, PermissionMode, StartSession

SESSION = "0d4ae2b2-1b6a-4b1a-9a53-0d4ae2b21b6a"
OTHER = "5b1f6f0e-7a51-4b2e-a1a5-5b1f6f0e7a51"
OLDER = Path(__file__).parents[3] / "faults/older-agent.zip"
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


def test_a_fork_begins_under_its_own_id_with_a_copy_until_it_is_on_disk(tmp_path: Path) -> None:
    """I-17: what it is copied from is never resumed itself."""
    claude = ClaudeCommand(Path("/bin/claude"), {"HOME": str(tmp_path)})
    forking = {f"--resume={OTHER}", "--fork-session", f"--session-id={SESSION}"}
    first = StartSession(session_id=SESSION, resume=Fork(of=OTHER))
    again = first.model_copy(update={"epoch": 2, "may_begin": True})
    assert claude_session(first) == SESSION
    assert forking <= set(claude.argv(first))
    assert forking <= set(claude.argv(again))
    kept = tmp_path / ".claude/projects/-work"
    kept.mkdir(parents=True)
    (kept / f"{SESSION}.jsonl").touch()
    assert f"--resume={SESSION}" in claude.argv(again)
    assert "--fork-session" not in claude.argv(again)
    assert forking <= set(claude.argv(first)), "what was there before it is somebody else's"


def test_an_agent_that_knows_no_forks_refuses_one() -> None:
    """I-17: it would have gone on with the original, which may be running."""
    body = StartSession(session_id=SESSION, resume=Fork(of=OTHER)).model_dump_json()
    read = "from claudios.protocol.messages import *; print(parse_body(InstructionKind.START_SESSION, sys.argv[1]))"
    program = f"import sys; sys.path.insert(0, {str(OLDER)!r}); {read}"
    done = subprocess.run([sys.executable, "-c", program, body], capture_output=True, text=True, check=False)
    assert "MessageInvalid: The start_session is not valid at resume" in done.stderr


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
    }


def test_the_handshake_has_the_same_id_each_time_and_another_in_each_epoch() -> None:
    body = StartSession(session_id=SESSION)
    assert initialize(body) == initialize(body)
    assert initialize(body).id != initialize(body.model_copy(update={"epoch": 2})).id
    line = json.loads(initialize(body).line)
    assert (line["type"], line["request"]["subtype"]) == ("control_request", "initialize")


def test_the_effort_of_before_is_asked_for_ahead_of_the_first_prompt() -> None:
    """I-16."""
    prompt = Input(id=OTHER, line="{}")
    body = StartSession(session_id=SESSION, effort="high", inputs=(prompt,))
    handshake, effort, last = first_inputs(body)
    assert (handshake, last) == (initialize(body), prompt)
    request = json.loads(effort.line)
    assert request["request"] == {"subtype": "apply_flag_settings", "settings": {"effortLevel": "high"}}
    assert request["request_id"] == effort.id != first_inputs(body.model_copy(update={"epoch": 2}))[1].id
    assert first_inputs(body.model_copy(update={"effort": None})) == (handshake, prompt)


def test_the_polite_end_is_one_line_of_json() -> None:
    line = polite_end(StartSession(session_id=SESSION))
    assert json.loads(line)["request"] == {"subtype": "end_session"}
    assert "\n" not in line


class TestTerminal:
    body = StartSession(session_id=SESSION, mode=Mode.TERMINAL)

    def test_claude_is_started_on_its_screen(self) -> None:
        chosen = self.body.model_copy(update={"model": "opus", "permission_mode": PermissionMode.PLAN})
        assert CLAUDE.argv(chosen) == [
            "/bin/claude",
            f"--session-id={SESSION}",
            "--permission-mode=plan",
            "--model=opus",
        ]

    def test_it_goes_on_with_a_conversation_or_forks_one_as_a_chat_does(self) -> None:
        assert f"--resume={OTHER}" in CLAUDE.argv(self.body.model_copy(update={"resume": OTHER}))
        forked = CLAUDE.argv(self.body.model_copy(update={"resume": Fork(of=OTHER)}))
        assert forked[1:4] == [f"--resume={OTHER}", "--fork-session", f"--session-id={SESSION}"]

    def test_it_is_told_of_its_own_terminal_and_not_of_the_agents(self) -> None:
        own = {"TERM": "dumb", "TMUX": "/tmp/tmux", "COLUMNS": "80", "TERM_PROGRAM": "vscode", "LANG": "C.UTF-8"}
        claude = ClaudeCommand(Path("/bin/claude"), claude_environment(own))
        assert claude.environment_for(self.body.model_copy(update={"goes_on": True})) == {
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN": "1",
            "CLAUDE_CODE_DISABLE_MOUSE": "1",
        }

    def test_a_chat_is_told_nothing_of_it(self) -> None:
        claude = ClaudeCommand(Path("/bin/claude"), claude_environment({"TERM": "dumb"}))
        chat = StartSession(session_id=SESSION, goes_on=True)
        assert claude.environment_for(chat) == {
            "TERM": "dumb",
            "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1",
            "CLAUDE_CODE_RESUME_INTERRUPTED_TURN": "1",
        }

    def test_there_is_no_handshake_no_line_that_ends_it_and_escape_interrupts(self) -> None:
        prompts = (Input(id=OTHER, line="say hello"), Input(id=SESSION, line="and again"))
        asked = self.body.model_copy(update={"inputs": prompts, "effort": "high"})
        assert first_inputs(asked) == prompts
        assert polite_end(self.body) == ""
        assert interrupt(self.body) == "\x1b"

    @pytest.mark.parametrize(
        ("text", "typed"),
        [
            ("one\ttwo\nthree", "one\ttwo\nthree"),
            ("a\x1b[201~\rrm\x03b\x9b\x00", "a[201~rmb"),
            ("Grüße 🙂\r\n", "Grüße 🙂\n"),
        ],
    )
    def test_a_prompt_is_pasted_and_cannot_press_a_key(self, text: str, typed: str) -> None:
        """V-5"""
        assert pasted(text) == f"\x1b[200~{typed}\x1b[201~\r".encode()
