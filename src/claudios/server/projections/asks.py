"""What Claude asks of people: permissions, questions and plans."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from claudios.server.projections.items import Item, Sheet
from claudios.server.projections.shapes import (
    MAX_NOTICE_TEXT,
    MAX_TEXT,
    Json,
    as_count,
    as_list,
    as_name,
    as_name_or_none,
    as_object,
    as_text,
    bounded,
    bounded_object,
    clipped,
)
from claudios.server.projections.tasks import Tasks
from claudios.server.projections.tools import Tools

MAX_OPEN = 256
MAX_SUGGESTIONS = 32
_KIND_OF_TOOL = {"AskUserQuestion": "question", "ExitPlanMode": "plan"}
_WHERE = {
    "session": "for this session",
    "localSettings": "in this directory, for me",
    "projectSettings": "in this directory, for everybody",
    "userSettings": "everywhere, for me",
}
_MODES = {
    "acceptEdits": "Accept edits",
    "bypassPermissions": "Allow everything",
    "default": "Ask as usual",
    "dontAsk": "Deny instead of asking",
    "plan": "Plan only",
}
# Where the CLI gives only the kind of its reason.
_REASONS = {
    "mode": "The permission mode leaves this to you.",
    "subcommandResults": "A part of this command needs permission.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A new request. `input` and `suggestions` are JSON text.

    `reason` says why Claude may not do it unasked, `blocked_path` which path that is about, `subagent` what the
    subagent that asks was told to do, `mcp_server` whose tool it is.
    """

    request_id: str
    epoch: int
    kind: str
    tool_name: str
    title: str
    input: str
    description: str | None
    suggestions: str
    reason: str | None
    blocked_path: str | None
    subagent: str | None
    mcp_server: str | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer was written to Claude."""

    request_id: str
    behavior: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Claude no longer waits for an answer."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Claude asks for something that nobody here can serve, and waits for an answer."""

    request_id: str
    epoch: int
    subtype: str


AskEvent = Asked | Answered | Withdrawn | Unsupported


class Asks:
    """Keeps the requests that wait. `answered_by` is told from outside: the log does not know people."""

    def __init__(self, sheet: Sheet, tools: Tools, tasks: Tasks) -> None:
        self._sheet = sheet
        self._tools = tools
        self._tasks = tasks
        self._open: dict[str, Item] = {}
        self._events: list[AskEvent] = []
        self.answered_by: dict[str, str] = {}

    def asked(self, request_id: str, request: Json, epoch: int) -> None:
        """Take a request for permission. The CLI repeats those that wait after a second handshake."""
        if request_id in self._open or not request_id:
            return
        tool_name = as_name(request.get("tool_name"))
        kind = _KIND_OF_TOOL.get(tool_name, "permission")
        wanted = as_object(request.get("input"))
        shown = bounded_object(wanted)
        suggestions = [
            {"label": _label(as_object(entry)), **as_object(bounded(entry))}
            for entry in as_list(request.get("permission_suggestions"))[:MAX_SUGGESTIONS]
        ]
        title = as_name(request.get("title")) or as_name(request.get("display_name")) or tool_name
        description = _words(request.get("description"))
        reason = _words(request.get("decision_reason")) or _REASONS.get(as_text(request.get("decision_reason_type")))
        blocked_path = _words(request.get("blocked_path"))
        subagent = self._subagent(as_name(request.get("agent_id")))
        mcp_server = _server_name(request.get("mcp_server"))
        body: Json = {
            "request_id": request_id,
            "kind": kind,
            "tool_name": tool_name,
            "tool_use_id": as_name_or_none(request.get("tool_use_id")),
            "title": title,
            "description": description,
            "input": shown,
            "suggestions": suggestions,
            "reason": reason,
            "blocked_path": blocked_path,
            "subagent": subagent,
            "mcp_server": mcp_server,
            "state": "pending",
            "answer": None,
            "answered_by": None,
            "message": None,
            "lasting": [],
            "changed": False,
            "input_given": {},
            "answers": {},
        }
        self._open[request_id] = self._sheet.add("request", body, stays_open=True)
        whole = bounded_object(wanted, MAX_TEXT) if kind != "permission" else shown  # it is sent back with the answer
        self._events.append(
            Asked(
                request_id,
                epoch,
                kind,
                tool_name,
                title,
                orjson.dumps(whole).decode(),
                description,
                orjson.dumps(suggestions).decode(),
                reason,
                blocked_path,
                subagent,
                mcp_server,
                self._sheet.at_ms,
            )
        )
        if len(self._open) > MAX_OPEN:
            self.withdrawn(next(iter(self._open)))

    def unsupported(self, request_id: str, subtype: str, epoch: int) -> None:
        """Take a request of a kind that is not served."""
        if request_id:
            self._events.append(Unsupported(request_id, epoch, subtype))

    def answered(self, response: Json) -> None:
        """Take an answer that was written to Claude's input."""
        request_id = as_name(response.get("request_id"))
        item = self._open.pop(request_id, None)
        if item is None:
            return
        given = as_object(response.get("response"))
        behavior = "allow" if given.get("behavior") == "allow" else "deny"
        if behavior == "deny":
            self._tools.denied(as_text(item.body["tool_use_id"]))
        by = self.answered_by.get(request_id)
        self._sheet.change(item, state="answered", answer=behavior, answered_by=by, **_told(item.body, given))
        self._sheet.close(item)
        self._events.append(Answered(request_id, behavior))

    def withdrawn(self, request_id: str) -> None:
        """Take that the CLI waits no more."""
        item = self._open.pop(request_id, None)
        if item is not None:
            self._sheet.change(item, state="withdrawn")
            self._sheet.close(item)
            self._events.append(Withdrawn(request_id))

    def process_ended(self) -> None:
        """Withdraw all: nobody is left to be answered."""
        for request_id in list(self._open):
            self.withdrawn(request_id)

    def events(self) -> list[AskEvent]:
        """Return what happened since the last call."""
        events, self._events = self._events, []
        return events

    def save(self) -> Json:
        return {request_id: item.no for request_id, item in self._open.items()}

    def load(self, state: Json) -> None:
        self._open = {request_id: self._sheet.open[as_count(no)] for request_id, no in state.items()}

    def _subagent(self, agent_id: str) -> str | None:
        """Return what a subagent was told to do, its id where that is not known; None where Claude itself asks."""
        return _words(self._tasks.description_of(agent_id)) or agent_id or None


def _words(value: object) -> str | None:
    """Return a text that any database takes, or None."""
    return clipped(as_text(value), MAX_NOTICE_TEXT).replace("\0", " ") or None


def _server_name(value: object) -> str | None:
    """Return the name of an MCP server, which the CLI gives as text or within an object."""
    return as_name_or_none(value) or as_name_or_none(as_object(value).get("name"))


def _told(body: Json, given: Json) -> Json:
    """Return what an answer said beside yes or no: words, lasting permissions, another input, choices."""
    wanted = bounded_object(given.get("updatedInput"))
    answers = as_object(wanted.pop("answers", None))
    lasting = [_label(as_object(entry)) for entry in as_list(given.get("updatedPermissions"))[:MAX_SUGGESTIONS]]
    message = clipped(as_text(given.get("message")), MAX_NOTICE_TEXT) or None
    is_changed = bool(wanted) and body["kind"] != "question" and wanted != body["input"]
    is_shown = is_changed and body["kind"] == "permission"  # a plan that was edited is shown by what Claude says of it
    asked = as_object(body["input"])
    given_instead = {name: value for name, value in wanted.items() if is_shown and value != asked.get(name)}
    return {
        "message": message,
        "lasting": lasting,
        "changed": is_changed,
        "input_given": given_instead,
        "answers": answers,
    }


def _label(suggestion: Json) -> str:
    """Say in words what a suggestion would allow from now on."""
    where = _WHERE.get(as_text(suggestion.get("destination")), "")
    kind = suggestion.get("type")
    if kind == "setMode":
        mode = as_text(suggestion.get("mode"))
        return f"{_MODES.get(mode, mode)} {where}".strip()
    if kind == "addDirectories":
        names = ", ".join(as_text(entry) for entry in as_list(suggestion.get("directories")))
        return clipped(f"Allow work in {names} {where}".strip(), 200)
    rules = [_rule(as_object(entry)) for entry in as_list(suggestion.get("rules"))]
    verb = "Deny" if suggestion.get("behavior") == "deny" else "Allow"
    return clipped(f"{verb} {', '.join(rules) or as_text(kind)} {where}".strip(), 200)


def _rule(rule: Json) -> str:
    content = as_text(rule.get("ruleContent"))
    name = as_text(rule.get("toolName"))
    return f"{name}({content})" if content else name
