"""How Claude is started: its arguments, its environment, and the lines that the agent itself writes to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category
from uuid import UUID, uuid5

from claudios.protocol.errors import ClaudeNotFound
from claudios.protocol.messages import Fork, Input, Mode, StartSession

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
        "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_CODE_MESSAGING_SOCKET",
        "CLAUDE_CODE_MESSAGING_TOKEN",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_SSE_PORT",
    }
)

# What tells of the terminal that the agent itself was started in, which is not Claude's.
_OF_ANOTHER_TERMINAL = frozenset(
    {
        "COLUMNS",
        "ITERM_SESSION_ID",
        "KITTY_WINDOW_ID",
        "LC_TERMINAL",
        "LC_TERMINAL_VERSION",
        "LINES",
        "STY",
        "TERMINAL_EMULATOR",
        "TERM_PROGRAM",
        "TERM_PROGRAM_VERSION",
        "TMUX",
        "TMUX_PANE",
        "VTE_VERSION",
        "WINDOWID",
        "WT_SESSION",
    }
)
_IN_CHAT = {"CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1"}
# The main screen, so that what scrolls away stays readable, and the mouse selects text in the viewer's window.
_IN_TERMINAL = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN": "1",
    "CLAUDE_CODE_DISABLE_MOUSE": "1",
}
ESCAPE = "\x1b"


def claude_environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for Claude: the agent's own without its secrets and settings."""
    return {name: value for name, value in own.items() if name not in _WITHHELD and not name.startswith("CLAUDIOS_")}


_STRUCTURED = (
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--permission-prompt-tool=stdio",
    "--include-partial-messages",
    "--replay-user-messages",
)


@dataclass(frozen=True, slots=True)
class ClaudeCommand:
    """The Claude CLI of this machine (`program` is None when there is none) and its whole environment."""

    program: Path | None
    environment: Mapping[str, str]

    def environment_for(self, body: StartSession) -> Mapping[str, str]:
        """Return the environment of a session; where `goes_on` says so, a chat takes up a cut-off turn by itself."""
        if body.mode is Mode.TERMINAL:
            kept = {name: value for name, value in self.environment.items() if name not in _OF_ANOTHER_TERMINAL}
            return kept | _IN_TERMINAL
        goes_on = {"CLAUDE_CODE_RESUME_INTERRUPTED_TURN": "1"} if body.goes_on else {}
        return {**_IN_CHAT, **self.environment, **goes_on}

    def argv(self, body: StartSession) -> list[str]:
        """Return the command line for a session. Raises ClaudeNotFound."""
        if self.program is None:
            raise ClaudeNotFound
        return [
            str(self.program),
            *(_STRUCTURED if body.mode is Mode.CHAT else ()),
            *self._conversation(body),
            f"--permission-mode={body.permission_mode.value}",
            *([f"--model={body.model}"] if body.model else []),
        ]

    def _conversation(self, body: StartSession) -> list[str]:
        """Return the arguments that say which conversation it is: a new one, one to go on with, or a copy of another.

        Claude may have been killed before it had the session on disk, and it does not resume what is not there: then
        it begins, or is forked, once more.
        """
        own = claude_session(body)
        if isinstance(body.resume, Fork) and (body.epoch == 1 or not self._has(own)):
            return [f"--resume={body.resume.of}", "--fork-session", f"--session-id={own}"]
        if body.resume is None or (body.may_begin and not self._has(own)):
            return [f"--session-id={own}"]
        return [f"--resume={own}"]

    def _has(self, conversation: str) -> bool:
        return any(configuration(self.environment).glob(f"projects/*/{conversation}.jsonl"))


def configuration(environment: Mapping[str, str]) -> Path:
    """Return the directory where Claude keeps its sessions."""
    return Path(environment.get("CLAUDE_CONFIG_DIR") or f"{environment.get('HOME', '')}/.claude")


def claude_session(body: StartSession) -> str:
    """Return the id under which Claude keeps the conversation."""
    return body.resume if isinstance(body.resume, str) else body.session_id


def initialize(body: StartSession) -> Input:
    """Return the first input of every epoch; its id is the same however often it is composed."""
    identity = str(uuid5(UUID(body.session_id), f"initialize {body.epoch}"))
    request = {"subtype": "initialize", "hooks": None}
    return Input(id=identity, line=_control(identity, request))


def first_inputs(body: StartSession) -> tuple[Input, ...]:
    """Return what Claude is given first in an epoch, in order; the ids are the same however often it is composed.

    In a terminal these are texts of prompts, and there is no handshake.
    """
    if body.mode is Mode.TERMINAL:
        return body.inputs
    if body.effort is None:
        return (initialize(body), *body.inputs)
    identity = str(uuid5(UUID(body.session_id), f"effort {body.epoch}"))
    request = {"subtype": "apply_flag_settings", "settings": {"effortLevel": body.effort}}
    return (initialize(body), Input(id=identity, line=_control(identity, request)), *body.inputs)


def polite_end(body: StartSession) -> str:
    """Return the line that asks Claude to end: its turn is cut, its tools are stopped, its transcript is whole.

    In a terminal there is none: SIGINT ends it as well.
    """
    if body.mode is Mode.TERMINAL:
        return ""
    return _control(f"end-{body.epoch}", {"subtype": "end_session"})


def interrupt(body: StartSession) -> str:
    """Return the line, or the key, that stops Claude's turn, for a shim that runs out of room."""
    if body.mode is Mode.TERMINAL:
        return ESCAPE
    return _control(f"interrupt-{body.epoch}", {"subtype": "interrupt"})


def pasted(text: str) -> bytes:
    """Return what a terminal sends for a pasted text and Enter. What in it is no text is left out: it would be keys."""
    plain = "".join(each for each in text if each in "\n\t" or category(each) != "Cc")
    return f"{ESCAPE}[200~{plain}{ESCAPE}[201~\r".encode()


def _control(identity: str, request: Mapping[str, object]) -> str:
    return json.dumps({"type": "control_request", "request_id": identity, "request": request}, separators=(",", ":"))
