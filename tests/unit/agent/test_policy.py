"""The machine's policy: rule I-9."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.agent.policy import Policy
from claudios.protocol.errors import ClaudiosError, InputInvalid, PolicyForbids
from claudios.protocol.messages import Input, Mode, PermissionMode, StartSession
from tests.helpers.instructions import user_line

SESSION = "01234567-89ab-4cde-8f01-23456789abcd"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("allowed/inner", "allowed-not", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "allowed/link").symlink_to(tmp_path / "elsewhere")
    return tmp_path.resolve()


@pytest.fixture
def policy(home: Path) -> Policy:
    return Policy((home / "allowed",), (PermissionMode.DEFAULT, PermissionMode.PLAN), home / "allowed")


def request(subtype: object, **more: object) -> str:
    return json.dumps({"type": "control_request", "request_id": "r", "request": {"subtype": subtype, **more}})


def answer(*updates: object) -> str:
    given = {"behavior": "allow", "updatedPermissions": list(updates)}
    response = {"subtype": "success", "request_id": "r", "response": given}
    return json.dumps({"type": "control_response", "response": response})


def test_a_mode_that_is_not_allowed_is_refused(home: Path) -> None:
    """I-9"""
    terminal = StartSession(session_id=SESSION, mode=Mode.TERMINAL)
    chats_only = Policy((), (PermissionMode.DEFAULT,), home, (Mode.CHAT,))
    assert chats_only.permit_start(StartSession(session_id=SESSION)).mode is Mode.CHAT
    with pytest.raises(PolicyForbids, match=r"mode terminal.*`modes`"):
        chats_only.permit_start(terminal)
    assert Policy((), (PermissionMode.DEFAULT,), home).permit_start(terminal).mode is Mode.TERMINAL


def test_worktrees_are_allowed_and_what_the_agent_keeps_of_them_is_not(home: Path) -> None:
    """I-19; whoever could write a record could have any directory removed as a worktree."""
    root = home / "elsewhere/worktrees"
    policy = Policy((home / "allowed",), (), home / "allowed", worktrees=root)
    for inner in ("work-01234567", "work-01234567/a.json", f"work-{SESSION}/.git"):
        assert policy.permit_path(f"{root}/{inner}") == root / inner
    for inner in ("", f"{SESSION}.json", f"{SESSION}.JSON", f"{SESSION}.new", "../secret"):
        with pytest.raises(PolicyForbids):
            policy.permit_path(f"{root}/{inner}")


def test_a_prompt_for_a_terminal_is_a_text_and_for_a_chat_a_message(policy: Policy) -> None:
    prompt = Input(id=SESSION, line="say\nhello")
    policy.permit_start(StartSession(session_id=SESSION, mode=Mode.TERMINAL, inputs=(prompt,)))
    with pytest.raises(InputInvalid):
        policy.permit_start(StartSession(session_id=SESSION, inputs=(prompt,)))


def test_a_session_starts_in_the_default_directory(policy: Policy, home: Path) -> None:
    """I-9"""
    assert policy.permit_start(StartSession(session_id=SESSION)).directory == str(home / "allowed")


@pytest.mark.parametrize("asked", ["inner", "./inner/.", "inner/../inner"])
def test_a_directory_inside_an_allowed_one_is_taken_and_resolved(policy: Policy, home: Path, asked: str) -> None:
    """I-9"""
    assert policy.permit_directory(asked) == home / "allowed/inner"


@pytest.mark.parametrize("asked", ["..", "../allowed-not", "inner/../../elsewhere", "link", "link/x", "/", "/etc"])
def test_a_directory_outside_is_forbidden_however_it_is_written(policy: Policy, asked: str) -> None:
    """I-9: relative, absolute, through a link, or with a name that only begins alike."""
    with pytest.raises(PolicyForbids, match="allowedDirectories"):
        policy.permit_directory(asked)


def test_without_a_list_any_directory_is_allowed(home: Path) -> None:
    assert Policy((), (), home).permit_directory("/etc") == Path("/etc")


@pytest.mark.parametrize("asked", ["a\0b", "~nobody-of-this-name/x"])
def test_a_name_that_is_none_is_not_valid(policy: Policy, asked: str) -> None:
    with pytest.raises(InputInvalid):
        policy.permit_directory(asked)


def test_a_permission_mode_outside_the_list_is_forbidden(policy: Policy) -> None:
    """I-9"""
    with pytest.raises(PolicyForbids, match="permissionModes"):
        policy.permit_start(StartSession(session_id=SESSION, permission_mode=PermissionMode.BYPASS))


def test_the_first_lines_of_a_session_are_checked_too(policy: Policy) -> None:
    """I-9"""
    sneaked = Input(id=SESSION, line=request("set_permission_mode", mode="bypassPermissions"))
    with pytest.raises(PolicyForbids):
        policy.permit_start(StartSession(session_id=SESSION, inputs=(user_line("hi"), sneaked)))


@pytest.mark.parametrize(
    "line",
    [
        user_line("hi").line,
        json.dumps({"type": "user", "message": {"role": "user", "content": [{"type": "text", "text": "x"}]}}),
        request("apply_flag_settings", settings={"effortLevel": "low"}),
        request("interrupt"),
        request("set_model", model="opus"),
        request("set_permission_mode", mode="plan"),
        request("set_permission_mode", mode="manual"),
        request("set_cwd", path="inner"),
        answer(),
        answer({"type": "setMode", "mode": "plan", "destination": "session"}),
        answer({"type": "addRules", "rules": [{"toolName": "Bash"}], "behavior": "allow", "destination": "session"}),
        answer({"type": "addDirectories", "directories": ["inner"], "destination": "session"}),
        json.dumps({"type": "control_response", "response": {"subtype": "success", "response": {"behavior": "deny"}}}),
        json.dumps({"type": "control_response", "response": {"subtype": "error", "error": "no"}}),
        '{"type":"keep_alive"}',
    ],
)
def test_what_people_do_every_day_is_permitted(policy: Policy, line: str) -> None:
    """I-9"""
    policy.permit_line(line)


@pytest.mark.parametrize(
    "line",
    [
        request("set_permission_mode", mode="bypassPermissions"),
        request("set_permission_mode", mode="acceptEdits"),
        request("set_permission_mode", mode=None),
        request("set_permission_mode", mode=["plan"]),
        request("set_permission_mode"),
        request("set_cwd", path="/etc"),
        request("apply_flag_settings", settings={"effortLevel": "low", "permissions": {}}),
        request("apply_flag_settings", settings={"permissions": {"defaultMode": "bypassPermissions"}}),
        request("mcp_set_servers", servers={"x": {"command": "rm"}}),
        request("initialize", hooks=None),
        request("something_new"),
        request(None),
        answer({"type": "setMode", "mode": "bypassPermissions", "destination": "session"}),
        answer({"type": "addRules"}, {"type": "setMode", "mode": "acceptEdits"}),
        answer({"type": "addDirectories", "directories": ["inner", "/etc"], "destination": "session"}),
        # The last of two equal keys is the one that counts, here and in the CLI.
        '{"type":"control_request","request_id":"r","request":{"subtype":"interrupt"},'
        '"request":{"subtype":"set_permission_mode","mode":"bypassPermissions"}}',
    ],
)
def test_what_would_widen_the_machines_policy_is_forbidden(policy: Policy, line: str) -> None:
    """I-9"""
    with pytest.raises(PolicyForbids):
        policy.permit_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hi",
        "[]",
        "{}",
        '{"type":"assistant"}',
        '{"type":"update_environment_variables","variables":{"A":"b"}}',
        '{"type":"user"}',
        '{"type":"user","message":{"role":"assistant","content":"x"}}',
        '{"type":"user","message":{"role":"user"}}',
        '{"type":"control_request","request_id":"r"}',
        '{"type":"control_request","request":{"subtype":"interrupt"}}',
        '{"type":"control_response"}',
        user_line("hi").line + "\n" + request("set_permission_mode", mode="bypassPermissions"),
        user_line("hi").line + "\n",
        user_line("hi").line + user_line("hi").line,
        '{"type":"keep_alive","x":NaN}',
        '{"type":"keep_alive","x":"\t"}',
        '{"type":"keep_alive","x":' + "[" * 10_000 + "]" * 10_000 + "}",
        answer({"type": "addDirectories", "directories": "inner"}),
        answer("setMode"),
    ],
)
def test_a_line_that_would_end_the_cli_or_hide_a_second_one_is_not_valid(policy: Policy, line: str) -> None:
    """I-9"""
    with pytest.raises(InputInvalid):
        policy.permit_line(line)


@given(st.text(max_size=100) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_no_line_makes_the_policy_fail_in_another_way(line: str) -> None:
    """I-9"""
    with contextlib.suppress(ClaudiosError):
        Policy((), (), Path("/")).permit_line(line)
