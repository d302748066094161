"""What Claude offers, and how it is set: the answers to what was asked of it on its control channel.

A setting counts once the CLI has confirmed it. The handshake's answer names the slash commands and the models.
"""

from __future__ import annotations

import orjson

from claudios.server.projections.facts import Facts
from claudios.server.projections.notices import Notices
from claudios.server.projections.shapes import (
    Json,
    as_list,
    as_name,
    as_object,
    as_text,
    clipped,
)

MAX_WAITING = 64
MAX_OFFERED = 500
DESCRIPTION = 200
_ASKED_FOR = {"set_model": "model", "set_permission_mode": "mode", "apply_flag_settings": "settings"}
_WHAT = {
    "set_model": "The model",
    "set_permission_mode": "The permission mode",
    "apply_flag_settings": "The effort",
}


class Settings:
    """Keeps what was asked and has no answer yet, by the id of the request."""

    def __init__(self, notices: Notices, facts: Facts) -> None:
        self._notices = notices
        self._facts = facts
        self._waiting: dict[str, tuple[str, str]] = {}
        self._offers: str | None = None

    def asked(self, message: Json) -> None:
        """Take a control request that was written to Claude."""
        request = as_object(message.get("request"))
        subtype = as_text(request.get("subtype"))
        if subtype != "initialize" and subtype not in _ASKED_FOR:
            return
        value = request.get(_ASKED_FOR.get(subtype, ""))
        wanted = as_name(as_object(value).get("effortLevel") if isinstance(value, dict) else value)
        self._waiting[as_name(message.get("request_id"))] = (subtype, wanted)
        if len(self._waiting) > MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]

    def replied(self, message: Json) -> None:
        """Take Claude's answer to a control request. Of another model the CLI says so itself."""
        response = as_object(message.get("response"))
        subtype, wanted = self._waiting.pop(as_name(response.get("request_id")), ("", ""))
        told = as_object(response.get("response"))
        if subtype == "initialize":
            self._offered(told)
        elif subtype and response.get("subtype") == "error":
            why = as_text(response.get("error")) or "it gave no reason"
            self._notices.add("error", "setting", f"{_WHAT[subtype]} was not changed: {why}.")
        elif subtype == "set_model":
            self._facts.model = as_name(told.get("model")) or wanted or self._facts.model
        elif subtype == "set_permission_mode":
            self._facts.permission_mode = as_name(told.get("mode")) or wanted or self._facts.permission_mode
            self._notices.add("info", "setting", f"From here on the permission mode is {self._facts.permission_mode}.")
        elif subtype:
            self._facts.effort = wanted or self._facts.effort
            self._notices.add("info", "setting", f"From here on the effort is {self._facts.effort}.")

    def process_ended(self) -> None:
        """Wait no more: nobody is left to answer."""
        self._waiting.clear()

    def offers(self) -> str | None:
        """Return what Claude offers, as JSON text, if it said so since the last call."""
        offers, self._offers = self._offers, None
        return offers

    def save(self) -> Json:
        return {request_id: list(asked) for request_id, asked in self._waiting.items()}

    def load(self, state: Json) -> None:
        self._waiting = {}
        for request_id, asked in state.items():
            subtype, wanted = as_list(asked)
            self._waiting[request_id] = (as_text(subtype), as_text(wanted))

    def _offered(self, told: Json) -> None:
        commands = [as_object(entry) for entry in as_list(told.get("commands"))[:MAX_OFFERED]]
        models = [as_object(entry) for entry in as_list(told.get("models"))[:MAX_OFFERED]]
        self._offers = orjson.dumps(
            {
                "commands": [
                    {
                        "name": as_name(entry.get("name")),
                        "description": clipped(as_text(entry.get("description")), DESCRIPTION),
                        "argument_hint": as_name(entry.get("argumentHint")),
                    }
                    for entry in commands
                    if as_name(entry.get("name"))
                ],
                "models": [
                    {
                        "value": as_name(entry.get("value")),
                        "resolved": as_name(entry.get("resolvedModel")) or as_name(entry.get("value")),
                        "name": as_name(entry.get("displayName")) or as_name(entry.get("value")),
                        "description": clipped(as_text(entry.get("description")), DESCRIPTION),
                        "efforts": [as_name(effort) for effort in as_list(entry.get("supportedEffortLevels"))[:16]],
                    }
                    for entry in models
                    if as_name(entry.get("value"))
                ],
            }
        ).decode()
