"""What Claude asks at its first start in a terminal, answered ahead of it, so that no dialog stands before the prompt.

Each answer is one that the agent's owner gave by setting the agent up: which directories it works in, which key is in
its environment, which permission modes it allows. What stands in Claude's files already is kept, also a "no".
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from claudios.agent.sessions import lock
from claudios.agent.sessions.claude_file import Fields, amend, list_in, object_in
from claudios.agent.sessions.launcher import configuration
from claudios.protocol.errors import SpawnFailed
from claudios.protocol.messages import PermissionMode, StartSession

LOCK_SECONDS = 5.0
KEY_SUFFIX_CHARS = 20
"""So much of a key Claude itself keeps, to know again which one was approved."""


async def answer_ahead(environment: Mapping[str, str], body: StartSession, lock_seconds: float = LOCK_SECONDS) -> None:
    """Write what is missing into Claude's files. Raises SpawnFailed where it cannot, and changes nothing then."""
    held = await lock.take_within(_lock_file(environment), lock_seconds)
    if held is None:
        raise SpawnFailed("Another agent has been preparing a terminal for seconds. Start the session again.")
    try:
        await asyncio.to_thread(_answer_all, environment, body)
    finally:
        os.close(held)


def state_file(environment: Mapping[str, str]) -> Path:
    """Return the file in which Claude notes what it has asked: beside its configuration, or in one that is named."""
    named = environment.get("CLAUDE_CONFIG_DIR")
    return Path(named or environment.get("HOME", "")) / ".claude.json"


def _answer_all(environment: Mapping[str, str], body: StartSession) -> None:
    amend(state_file(environment), lambda state: _answer(state, environment, str(body.directory)))
    if body.permission_mode is PermissionMode.BYPASS:
        amend(configuration(environment) / "settings.json", _accept_bypass)


def _answer(state: Fields, environment: Mapping[str, str], directory: str) -> None:
    state.setdefault("hasCompletedOnboarding", True)
    state.setdefault("hasSeenAutoDefaultNudge", True)
    object_in(object_in(state, "projects"), directory).setdefault("hasTrustDialogAccepted", True)
    key = environment.get("ANTHROPIC_API_KEY", "")[-KEY_SUFFIX_CHARS:]
    answers = object_in(state, "customApiKeyResponses")
    approved, rejected = list_in(answers, "approved"), list_in(answers, "rejected")
    if key and key not in approved and key not in rejected:
        approved.append(key)


def _accept_bypass(settings: Fields) -> None:
    settings.setdefault("skipDangerousModePermissionPrompt", True)


def _lock_file(environment: Mapping[str, str]) -> Path:
    state = environment.get("XDG_STATE_HOME") or f"{environment.get('HOME', '')}/.local/state"
    return Path(state) / "claudios" / "first-run.lock"
