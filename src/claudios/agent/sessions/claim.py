"""One process for each Claude session: the CLI itself locks nothing, and two on one id silently fork its transcript."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from claudios.agent.sessions import lock
from claudios.agent.sessions.launcher import configuration
from claudios.protocol.errors import Conflict

LEAVING_SECONDS = 2.0


def claim_path(environment: Mapping[str, str], claude_session_id: str) -> Path:
    """Return the file whose lock means: this process alone runs this Claude session, for all agents of this user."""
    state = environment.get("XDG_STATE_HOME") or f"{environment.get('HOME', '')}/.local/state"
    return Path(state) / "claudios" / "claude-sessions" / f"{claude_session_id}.lock"


async def take_claim(environment: Mapping[str, str], claude_session_id: str) -> int:
    """Return a descriptor that holds the claim. Raises Conflict when the session runs, here or in a terminal."""
    running = running_sessions(environment).get(claude_session_id)
    if running is not None:
        raise Conflict(f"Claude session {claude_session_id} runs already, as process {running}. End it there first.")
    held = await lock.take_within(claim_path(environment, claude_session_id), LEAVING_SECONDS)
    if held is None:
        raise Conflict(f"Claude session {claude_session_id} runs already in another session. Terminate that one first.")
    return held


def running_sessions(environment: Mapping[str, str]) -> dict[str, int]:
    """Return the process of each session that Claude's own registry names; a killed one leaves a stale entry behind."""
    running: dict[str, int] = {}
    for entry in configuration(environment).glob("sessions/*.json"):
        try:
            fields = json.loads(entry.read_bytes())
        except (OSError, ValueError):
            continue  # it is being written, or just gone
        if not isinstance(fields, dict) or not isinstance(fields.get("sessionId"), str) or not entry.stem.isdigit():
            continue
        pid = int(entry.stem)
        if _is_claude(pid):
            running[fields["sessionId"]] = pid
    return running


def _is_claude(pid: int) -> bool:
    try:
        return b"claude" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
