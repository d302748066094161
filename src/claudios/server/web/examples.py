"""One example of every value of the API, for its description at /openapi.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_AT = 1_795_385_584_343
_PROJECT, _AGENT, _SESSION = (
    "prj_2k2chh6bckqd467phlmx",
    "agt_hjcplcqrsrogonzpaxx6",
    "7c9e6679-7425-40de-944b-e07fc1f90ae7",
)
_COMMAND = "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11"
_SECRET = "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g"
_AGENT_TOKEN = "cla_lp25b32etm_…_avbmo5"
_API_TOKEN = "clp_etnvwr3dbx_…_syrvnl"

_KEY = {"key_id": "lp25b32etm", "created_ms": _AT, "expires_ms": None}
_MACHINE = {
    "hostname": "workstation",
    "os": "Linux 6.1",
    "arch": "x86_64",
    "cpus": 8,
    "memory_bytes": 33_554_432_000,
    "claude_version": "2.1.0",
    "claude_signed_in": True,
    "demo": False,
    "directories": ["/srv/projects"],
    "default_directory": "/srv/projects",
    "permission_modes": ["default", "acceptEdits", "plan"],
    "max_concurrent_sessions": 5,
}
_STATUS = {
    "load": 0.42,
    "memory_used_bytes": 8_123_456_789,
    "disk_free_bytes": 123_456_789_012,
    "agent_memory_bytes": 41_000_000,
}
_REPORTED_ERROR = {
    "code": "spool_damaged",
    "message": "A segment of the spool is damaged. What came before it is safe.",
    "session_id": _SESSION,
    "first_ms": _AT,
    "last_ms": _AT + 60_000,
    "times": 2,
}
_STORED = {"sessions": 214, "bytes": 1_834_200_417}
_DUE = {"sessions": 3, "bytes": 20_416_002}
_LIMITS = {"keep_days": 90, "keep_bytes": 20_000_000_000}
_WAITING_PROMPT = {"id": _COMMAND, "text": "Then write the changelog.", "created_by": "ada", "created_ms": _AT}
_OFFERED_COMMAND = {"name": "compact", "description": "Sum up the conversation", "argument_hint": "[what to keep]"}
_OFFERED_MODEL = {
    "value": "haiku",
    "resolved": "claude-haiku-5-5",
    "name": "Haiku",
    "description": "Fastest for quick answers",
    "efforts": ["low", "medium", "high"],
}
_AGENT_VALUE = {
    "id": _AGENT,
    "project_id": _PROJECT,
    "name": "workstation",
    "created_ms": _AT,
    "online": True,
    "last_seen_ms": _AT,
    "carrier": "websocket",
    "agent_version": "0.1.0",
    "machine": _MACHINE,
    "status": _STATUS,
    "sessions": {"running": 1, "queued": 0},
    "keys": [_KEY],
    "errors": [_REPORTED_ERROR],
    "demo": False,
}
_TOKEN = {"id": "tok_m4xq2n7dlk5vhr3ezt6c", "name": "laptop", "created_ms": _AT, "last_used_ms": None}
_INVITATION = {
    "id": "inv_q5n2x7dlk4vhr3ezt6cm",
    "role": "operator",
    "created_by": "ada",
    "created_ms": _AT,
    "expires_ms": _AT + 604_800_000,
}
_ITEM = {
    "no": 2,
    "kind": "message",
    "body": {"text": "The tests pass now.", "streaming": False, "error": None},
    "created_seq": 14,
    "updated_seq": 23,
    "at_ms": _AT,
    "parent": None,
}
_ERROR = {"code": "input_invalid", "message": "name is missing.", "field": "name"}

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "Amount": _STORED,
    "Removed": {
        "frames": 23,
        "batches": 9,
        "bytes": 48_213,
        "removed_ms": _AT + 90 * 86_400_000,
        "cause": "age",
        "kept": 90,
        "key": "vj45bnnsbpuctpbg345kyldsnhu66z52",
    },
    "Retention": {**_LIMITS, "stored": _STORED, "due": _DUE, "unremovable": 0},
    "RetentionRequest": _LIMITS,
    "Agent": _AGENT_VALUE,
    "AgentKeyView": _KEY,
    "AgentName": {"name": "workstation"},
    "AgentStanding": {
        "agent_id": _AGENT,
        "agent_name": "workstation",
        "key_id": "lp25b32etm",
        "expires_ms": None,
        "online": True,
        "carrier": "websocket",
        "server_version": "0.1.0",
        "server_time_ms": _AT,
        "stored": {_SESSION: 23},
    },
    "AgentStatus": _STATUS,
    "ReportedError": _REPORTED_ERROR,
    "AgentWithToken": {
        "agent": _AGENT_VALUE,
        "token": _AGENT_TOKEN,
        "command": "sh -c 'stty -echo; printf \"Agent token: \"; IFS= read -r AGENT_TOKEN; …'",
    },
    "AnswerRequest": {"behavior": "allow", "suggestions": [0]},
    "ApiToken": _TOKEN,
    "AuditEntry": {
        "id": 17,
        "at_ms": _AT,
        "actor": "ada",
        "action": "signed_in",
        "target": "",
        "detail": "password, from 203.0.113.9",
        "project_id": None,
    },
    "Change": {"password": "correct horse battery staple", "current_password": "an older password"},
    "CommandRequest": {"text": "Add a test for that.", "id": _COMMAND},
    "DeviceCode": {"device_code": _SECRET},
    "DeviceLogin": {
        "user_code": "BCDF-GHJK",
        "address": "203.0.113.9",
        "created_ms": _AT,
        "expires_ms": _AT + 600_000,
        "approved": False,
    },
    "DeviceToken": {"token": _API_TOKEN},
    "ErrorBody": {"error": _ERROR},
    "ErrorDetail": _ERROR,
    "Instruction": {
        "id": _COMMAND,
        "kind": "command",
        "session_id": _SESSION,
        "state": "done",
        "code": None,
        "message": None,
        "text": "Add a test for that.",
        "input_id": _COMMAND,
        "created_by": "ada",
        "created_ms": _AT,
        "done_ms": _AT + 40,
    },
    "Invitation": _INVITATION,
    "InvitationCode": {"code": _SECRET},
    "InvitedRole": {"role": "operator"},
    "Item": _ITEM,
    "ItemPage": {"items": [_ITEM], "position": 23, "has_earlier": True},
    "Link": {"code": _SECRET},
    "Machine": _MACHINE,
    "Member": {"user_id": "usr_hs2whs2fl4hiyaq3ej65", "username": "ada", "role": "owner"},
    "NewApiToken": {**_TOKEN, "token": _API_TOKEN},
    "NewInvitation": {
        **_INVITATION,
        "code": _SECRET,
        "url": f"https://claudios.example.org/invitation#{_SECRET}",
    },
    "NewRole": {"role": "viewer"},
    "NewText": {"text": "Add two tests for that.", "instead_of": "Add a test for that."},
    "Project": {"id": _PROJECT, "name": "Home", "role": "owner", "created_ms": _AT, "agents": 2, "sessions": 14},
    "ProjectName": {"name": "Home"},
    "Proven": {"proven": True},
    "Register": {"username": "ada", "password": "correct horse battery staple", "invitation": _SECRET},
    "Request": {
        "id": "4f5c2d9e-1c1b-4f0a-9f43-2f6f8d3b7c10",
        "session_id": _SESSION,
        "session_title": "Make the tests pass",
        "agent_name": "workstation",
        "kind": "permission",
        "tool_name": "Bash",
        "title": "Run make test",
        "input": {"command": "make test"},
        "description": "Run the tests",
        "suggestions": [{"label": "Always allow make test in this session"}],
        "state": "pending",
        "answer": None,
        "answered_by": None,
        "answered_ms": None,
        "created_ms": _AT,
    },
    "ResumeRequest": {"prompt": "Where were we?"},
    "Rotation": {"overlap_seconds": 3600},
    "ServerInfo": {"version": "0.1.0", "registration": "invitation", "signed_in": True, "demo": False},
    "Session": {
        "id": _SESSION,
        "project_id": _PROJECT,
        "project_name": "Home",
        "agent_id": _AGENT,
        "agent_name": "workstation",
        "agent_online": True,
        "title": "Make the tests pass",
        "mode": "chat",
        "directory": "/srv/projects/claudios",
        "model": None,
        "effort": None,
        "permission_mode": "default",
        "state": "running",
        "reason": None,
        "detail": None,
        "exit_code": None,
        "epoch": 1,
        "activity": "working",
        "last_seq": 23,
        "cost_usd": 0.0123,
        "input_tokens": 5120,
        "output_tokens": 640,
        "pending_requests": 0,
        "claude_session_id": _SESSION,
        "demo": False,
        "created_by": "ada",
        "created_ms": _AT,
        "started_ms": _AT + 900,
        "ended_ms": None,
        "updated_ms": _AT + 8_000,
        "resume": "manual",
        "last_text": "The tests pass now.",
        "log_bytes": 48_213,
        "is_kept": False,
        "removed_ms": None,
        "unremovable": None,
    },
    "Offers": {"commands": [_OFFERED_COMMAND], "models": [_OFFERED_MODEL]},
    "OfferedCommand": _OFFERED_COMMAND,
    "OfferedModel": _OFFERED_MODEL,
    "ModelSetting": {"setting": "model", "value": "haiku"},
    "PermissionModeSetting": {"setting": "permission_mode", "value": "acceptEdits"},
    "EffortSetting": {"setting": "effort", "value": "high"},
    "Queue": {"session_id": _SESSION, "version": 3, "prompts": [_WAITING_PROMPT]},
    "WaitingPrompt": _WAITING_PROMPT,
    "PromptToWait": {"id": _COMMAND, "text": "Then write the changelog."},
    "ChangedPrompt": {"text": "Then write the changelog.", "instead_of": "Then write the docs."},
    "Order": {"ids": [_COMMAND]},
    "SessionCount": {"running": 1, "queued": 0},
    "SessionChange": {"title": "Make the tests pass", "resume": "automatic"},
    "SessionRequest": {
        "agent_id": _AGENT,
        "directory": "/srv/projects/claudios",
        "prompt": "Make the tests pass.",
        "permission_mode": "default",
    },
    "SignIn": {"username": "ada", "password": "correct horse battery staple"},
    "StartedDeviceLogin": {"device_code": _SECRET, "user_code": "BCDF-GHJK", "expires_ms": _AT + 600_000},
    "TokenName": {"name": "laptop"},
    "User": {
        "id": "usr_hs2whs2fl4hiyaq3ej65",
        "username": "ada",
        "is_owner": True,
        "has_password": True,
        "created_ms": _AT,
    },
    "Verification": {
        "verified": True,
        "frames": 23,
        "batches": 9,
        "first_bad_seq": None,
        "problem": None,
        "head": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "checkpoints": 4,
        "signed_seq": 23,
        "signed_ms": _AT + 8_000,
        "closing": "closed",
        "keys": ["vj45bnnsbpuctpbg345kyldsnhu66z52"],
        "removed": None,
    },
}


def add_to(description: dict[str, Any]) -> dict[str, Any]:
    """Put each example beside the value's shape in an OpenAPI description, and return that."""
    for name, shape in description["components"]["schemas"].items():
        if name in EXAMPLES:
            shape["examples"] = [EXAMPLES[name]]
    return description
