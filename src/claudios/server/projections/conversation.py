"""What the CLI prints and what is written to it, message by message, folded into items.

An unknown type becomes an item that shows its raw JSON, and so does one whose shape makes no sense: neither breaks
the fold.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from claudios.server.projections.asks import Asks
from claudios.server.projections.compaction import Compaction
from claudios.server.projections.facts import Facts
from claudios.server.projections.items import Sheet
from claudios.server.projections.notices import Notices
from claudios.server.projections.pictures import LineStart, images_of, places_of
from claudios.server.projections.plan_limits import Limits
from claudios.server.projections.prompts import Prompts, text_of
from claudios.server.projections.retries import Retries
from claudios.server.projections.settings import Settings
from claudios.server.projections.shapes import (
    MAX_RESULT,
    Json,
    as_count,
    as_list,
    as_name,
    as_name_or_none,
    as_number,
    as_object,
    as_text,
    as_text_or_none,
    clipped,
    raw,
)
from claudios.server.projections.speech import Speech
from claudios.server.projections.tasks import Tasks
from claudios.server.projections.tools import Tools

_SILENT_TYPES = frozenset({"keep_alive", "tool_progress", "streamlined_text", "streamlined_tool_use_summary"})
_SILENT_SUBTYPES = frozenset(
    {
        "background_tasks_changed",
        "commands_changed",
        "files_persisted",
        "hook_progress",
        "hook_response",
        "hook_started",
        "thinking_tokens",
    }
)
_INTERRUPTED = "[Request interrupted by user"
_TASK_TOLD = "<task-notification"
"""Begins what the CLI tells Claude of a task in the words of a person; the task itself says it to people."""
_COMMAND_OUTPUT = re.compile(r"<local-command-std(?:out|err)>(.*)</local-command-std(?:out|err)>\s*", re.DOTALL)


class Conversation:
    """Folds messages, one at a time."""

    def __init__(self, sheet: Sheet, notices: Notices, facts: Facts) -> None:
        self._sheet = sheet
        self._notices = notices
        self._facts = facts
        self._retries = Retries(sheet)
        self._compaction = Compaction(sheet)
        self._start = LineStart(0, 0)  # of the line that is being read
        self.prompts = Prompts(sheet)
        self.tools = Tools(sheet)
        self.speech = Speech(sheet, self.tools)
        self.tasks = Tasks(sheet)
        self.asks = Asks(sheet, self.tools, self.tasks)
        self.settings = Settings(notices, facts)
        self.limits = Limits(notices)
        self._from_claude: dict[str, Callable[[Json], None]] = {
            "assistant": self._assistant,
            "command_lifecycle": self._command_lifecycle,
            "control_cancel_request": self._cancelled,
            "control_request": self._control_request,
            "control_response": self.settings.replied,
            "conversation_reset": self._reset,
            "rate_limit_event": self._rate_limit,
            "result": self._result,
            "stream_event": self._stream_event,
            "system": self._system,
            "user": self._user,
        }
        self._system_subtypes: dict[str, Callable[[Json], None]] = {
            "api_retry": self._api_retry,
            "compact_boundary": self._compaction.done,
            "init": self._facts.initialised,
            "permission_denied": self._permission_denied,
            "session_state_changed": self._state_changed,
            "status": self._status,
            "task_notification": self._task_notified,
            "task_progress": self.tasks.progressed,
            "task_started": self.tasks.started,
            "task_updated": self.tasks.updated,
        }

    def printed(self, message: Json, start: LineStart) -> None:
        """Take a message of Claude's output, whose line begins at `start`."""
        self._start = start
        kind = as_text(message.get("type"))
        handler = self._from_claude.get(kind)
        if handler is not None:
            try:
                handler(message)
            except (ArithmeticError, LookupError, TypeError, ValueError):  # a shape that nobody has met yet
                self._show_raw(kind, message)
        elif kind not in _SILENT_TYPES:
            self._show_raw(kind, message)

    def written(self, message: Json, start: LineStart) -> None:
        """Take a message of Claude's input, whose line begins at `start`."""
        kind = message.get("type")
        if kind == "user":
            self.prompts.written(message, start)
        elif kind == "control_request":
            self.settings.asked(message)
        elif kind == "control_response":
            self.asks.answered(as_object(message.get("response")))

    def process_ended(self) -> None:
        """Settle what only a living process could go on with."""
        self._retries.given_up()
        self._compaction.settle()
        self.speech.settle()
        self.tools.interrupted()
        self.asks.process_ended()
        self.prompts.process_ended()
        self.settings.process_ended()
        self.tasks.process_ended()
        self.limits.process_ended()

    def save(self) -> Json:
        return {
            "retry": self._retries.save(),
            "compaction": self._compaction.save(),
            "prompts": self.prompts.save(),
            "tools": self.tools.save(),
            "speech": self.speech.save(),
            "asks": self.asks.save(),
            "settings": self.settings.save(),
            "tasks": self.tasks.save(),
            "limits": self.limits.save(),
        }

    def load(self, state: Json) -> None:
        self._retries.load(state["retry"])
        self._compaction.load(as_object(state.get("compaction")))
        self.prompts.load(as_object(state["prompts"]))
        self.tools.load(as_object(state["tools"]))
        self.speech.load(as_object(state["speech"]))
        self.asks.load(as_object(state["asks"]))
        self.settings.load(as_object(state.get("settings")))  # an older server had none
        self.tasks.load(as_object(state.get("tasks")))
        self.limits.load(as_object(state.get("limits")))

    def _stream_event(self, message: Json) -> None:
        if message.get("parent_tool_use_id") is None:
            event = as_object(message.get("event"))
            if event.get("type") == "message_start":
                self._retries.began()
            self.speech.streamed(event)

    def _assistant(self, message: Json) -> None:
        if not message.get("error"):
            self._retries.answered()
        if message.get("parent_tool_use_id") is None:
            self.limits.answered(message)
            self._facts.used(as_object(as_object(message.get("message")).get("usage")))
        text = self.speech.said(message)
        if text:
            self._facts.said(text)

    def _user(self, message: Json) -> None:
        content = as_object(message.get("message")).get("content")
        text = text_of(content)
        is_of_task = text.lstrip().startswith(_TASK_TOLD)
        said = _COMMAND_OUTPUT.fullmatch(text)
        if said is not None:
            if said[1].strip():
                self._notices.add("info", "command", said[1].strip())
            return
        if message.get("isReplay") is True:
            self.prompts.replayed(message, self._start, is_new_shown=not is_of_task)
            return
        for entry in as_list(content):
            block = as_object(entry)
            if block.get("type") == "tool_result" and not self.tools.returned(block, message, self._start):
                self._show_raw("tool_result", block)
        if is_of_task:
            return
        parent = as_name_or_none(message.get("parent_tool_use_id"))
        if text.startswith(_INTERRUPTED):
            self._notices.add("info", "interrupted", "Interrupted.")
        elif message.get("isSynthetic") is True:
            if text and not self._compaction.told(text):
                self._notices.add("info", "remark", text)
        else:
            images = images_of(content)
            body: Json = {
                "text": clipped(text, MAX_RESULT),
                "uuid": None,
                "state": None,
                "images": images,
                "pictures": places_of(message, message, self._start),
            }
            if text or images:
                self._sheet.add("user", body, parent=parent)

    def _result(self, message: Json) -> None:
        self._retries.given_up()
        self._compaction.settle()
        self.speech.settle()
        reason = as_text_or_none(message.get("terminal_reason"))
        is_error = message.get("is_error") is True
        if is_error or (reason or "").startswith("aborted"):
            self.tools.interrupted()
        cost, read, written = self._facts.turn_ended(message, self._sheet.seq, self.prompts.taken_last)
        context_tokens, context_window = self._facts.context(message)
        errors = "\n".join(as_text(entry) for entry in as_list(message.get("errors")))
        told = as_text(message.get("result")) or errors
        self._sheet.add(
            "turn",
            {
                "is_error": is_error,
                "subtype": as_text(message.get("subtype")),
                "terminal_reason": reason,
                "duration_ms": as_number(message.get("duration_ms")),
                "num_turns": as_count(message.get("num_turns")),
                "cost_usd": cost,
                "input_tokens": read,
                "output_tokens": written,
                "context_tokens": context_tokens,
                "context_window": context_window,
                "result": clipped(told, MAX_RESULT) if is_error and told else None,
            },
        )
        self.prompts.turn_ended()
        self.limits.turn_ended(self._sheet.seq, is_error=is_error, has_worked=written > 0)

    def _system(self, message: Json) -> None:
        subtype = as_text(message.get("subtype"))
        handler = self._system_subtypes.get(subtype)
        if handler is not None:
            handler(message)
        elif subtype not in _SILENT_SUBTYPES:
            self._show_raw(f"system/{subtype}", message)

    def _state_changed(self, message: Json) -> None:
        self._facts.state_changed(as_text(message.get("state")), self._sheet.at_ms, self._sheet.seq)

    def _api_retry(self, message: Json) -> None:
        """Take that a request is tried again; what the broken answer has said is discarded."""
        self.speech.discard()
        self._retries.announced(message)

    def _status(self, message: Json) -> None:
        self._facts.mode_changed(message)
        self._compaction.status_changed(message)

    def _permission_denied(self, message: Json) -> None:
        name = as_text(message.get("tool_name")) or "A tool"
        self._notices.add("warning", "permission_denied", f"{name} was not allowed, and nobody was asked.")

    def _task_notified(self, message: Json) -> None:
        if self.tasks.notified(message):
            return
        summary = as_text(message.get("summary")) or as_text(message.get("description"))
        status = as_text(message.get("status")) or "ended"
        self._notices.add("info", "task", f"Background task {status}{f': {summary}' if summary else ''}.")

    def _rate_limit(self, message: Json) -> None:
        self.limits.reported(message, self._sheet.at_ms)

    def _reset(self, _message: Json) -> None:
        self.tools.checklist.cleared()
        self._notices.add("info", "cleared", "The conversation was cleared.")

    def _command_lifecycle(self, message: Json) -> None:
        self.prompts.moved(as_text(message.get("command_uuid")), as_text(message.get("state")))

    def _control_request(self, message: Json) -> None:
        request = as_object(message.get("request"))
        if request.get("subtype") == "can_use_tool":
            self.asks.asked(as_name(message.get("request_id")), request, self._facts.life.epoch)
        else:
            subtype = as_name(request.get("subtype"))
            self.asks.unsupported(as_name(message.get("request_id")), subtype, self._facts.life.epoch)
            self._show_raw(f"control_request/{subtype}", message)

    def _cancelled(self, message: Json) -> None:
        self.asks.withdrawn(as_name(message.get("request_id")))

    def _show_raw(self, kind: str, message: Json) -> None:
        parent = as_name_or_none(message.get("parent_tool_use_id"))
        self._sheet.add("raw", {"type": clipped(kind, 100), "json": raw(message)}, parent=parent)
