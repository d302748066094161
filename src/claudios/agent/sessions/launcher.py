"""How Claude is started: its arguments, its environment, and the two lines that the agent itself writes to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from claudios.protocol.errors import ClaudeNotFound
from claudios.protocol.messages import Input, StartSession

# Settings of the agent, its supervisor's, and what an outer Claude sets for its tools: none of Claude's business.
_WITHHELD = frozenset(
    {
        "AGENT_TOKEN",
        "SERVER_URL",
        "POLL_INTERVAL",
        "OUTPUT_FLUSH_INTERVAL",
        "MAX_CONCURRENT_SESSIONS",
        "SPOOL_MAX_BYTES",
        "NOTIFY_SOCKET",
        "WATCHDOG_PID",
        "WATCHDOG_USEC",
        "LISTEN_FDS",
        "LISTEN_PID",
        "LISTEN_FDNAMES",
        "INVOCATION_ID",
        "JOURNAL_STREAM",
        "AI_AGENT",
        "CLAUDECODE",
        "CLAUDE_PID",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_CODE_MESSAGING_SOCKET",
        "CLAUDE_CODE_MESSAGING_TOKEN",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_SSE_PORT",
    }
)


def claude_environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for Claude: the agent's own without its secrets and settings, and state events on."""
    kept = {name: value for name, value in own.items() if name not in _WITHHELD and not name.startswith("CLAUDIOS_")}
    return {**kept, "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1"}


@dataclass(frozen=True, slots=True)
class ClaudeCommand:
    """The Claude CLI of this machine (`program` is None when there is none) and its whole environment."""

    program: Path | None
    environment: Mapping[str, str]

    def environment_for(self, body: StartSession) -> Mapping[str, str]:
        """Return the environment of a session; where `goes_on` says so, Claude takes up a cut-off turn by itself."""
        return {**self.environment, "CLAUDE_CODE_RESUME_INTERRUPTED_TURN": "1"} if body.goes_on else self.environment

    def argv(self, body: StartSession) -> list[str]:
        """Return the command line for a session. Raises ClaudeNotFound."""
        if self.program is None:
            raise ClaudeNotFound
        which = "--session-id" if body.resume is None or self._must_begin(body) else "--resume"
        return [
            str(self.program),
            "-p",
            "--input-format=stream-json",
            "--output-format=stream-json",
            "--verbose",
            "--permission-prompt-tool=stdio",
            "--include-partial-messages",
            "--replay-user-messages",
            f"{which}={claude_session(body)}",
            f"--permission-mode={body.permission_mode.value}",
            *([f"--model={body.model}"] if body.model else []),
        ]

    def _must_begin(self, body: StartSession) -> bool:
        """Say whether Claude was killed before it had the session on disk: it does not resume what is not there."""
        return body.may_begin and not any(configuration(self.environment).glob(f"projects/*/{body.resume}.jsonl"))


def configuration(environment: Mapping[str, str]) -> Path:
    """Return the directory where Claude keeps its sessions."""
    return Path(environment.get("CLAUDE_CONFIG_DIR") or f"{environment.get('HOME', '')}/.claude")


def claude_session(body: StartSession) -> str:
    """Return the id under which Claude keeps the conversation."""
    return body.resume or body.session_id


def initialize(body: StartSession) -> Input:
    """Return the first input of every epoch; its id is the same however often it is composed."""
    identity = str(uuid5(UUID(body.session_id), f"initialize {body.epoch}"))
    request = {"subtype": "initialize", "hooks": None}
    return Input(id=identity, line=_control(identity, request))


def polite_end(body: StartSession) -> str:
    """Return the line that asks Claude to end: its turn is cut, its tools are stopped, its transcript is whole."""
    return _control(f"end-{body.epoch}", {"subtype": "end_session"})


def interrupt(body: StartSession) -> str:
    """Return the line that stops Claude's turn, for a shim that runs out of room."""
    return _control(f"interrupt-{body.epoch}", {"subtype": "interrupt"})


def _control(identity: str, request: Mapping[str, object]) -> str:
    return json.dumps({"type": "control_request", "request_id": identity, "request": request}, separators=(",", ":"))
