"""What was said before a session, outside of ClaudiOS: lines of Claude's own file, folded like what it prints.

These lines are nearly those of its output; what differs is put right here. They are history: nothing of it costs, waits
or works, whatever a line claims to be. One of an unknown type shows its raw JSON.
"""

from __future__ import annotations

from datetime import UTC, datetime

from claudios.server.projections.conversation import Conversation
from claudios.server.projections.items import Sheet
from claudios.server.projections.notices import Level, Notices
from claudios.server.projections.pictures import LineStart
from claudios.server.projections.shapes import Json, as_count, as_object, as_text, clipped, raw

_SILENT_TYPES = frozenset({"summary", "queue-operation"})
_SYNTHETIC = "<synthetic>"
"""The model of what the CLI itself put into an answer's place."""
_LATEST_MS = 253_402_300_799_000
"""The end of the year 9999."""


class Earlier:
    """Takes the lines that stand before the first process. `is_open` until that, or the session's end, is there."""

    def __init__(self, sheet: Sheet, notices: Notices, conversation: Conversation) -> None:
        self._sheet = sheet
        self._notices = notices
        self._conversation = conversation
        self.is_open = False
        self._of_subagents = 0
        self._unreadable = 0

    def began(self, event: Json) -> None:
        """Take that an imported conversation follows, whose file was last written at `modified_ms`."""
        self.is_open = True
        written = datetime.fromtimestamp(min(as_count(event.get("modified_ms")), _LATEST_MS) / 1000, UTC)
        self._notices.add(
            "info",
            "imported",
            "Imported from this machine: a conversation of Claude's that was last written to at "
            f"{written:%Y-%m-%d %H:%M} UTC. What it used is not counted here.",
        )

    def read(self, message: Json, start: LineStart) -> None:
        """Take a line, which begins at `start`."""
        self._sheet.at_ms = _time_of(message) or self._sheet.at_ms
        kind = as_text(message.get("type"))
        if message.get("isSidechain") is True:
            self._of_subagents += 1
        elif kind == "user" and message.get("isMeta") is not True:
            self._conversation.printed(_as_printed_of_user(message), start)
        elif kind == "assistant":
            self._said(message, start)
        elif kind == "attachment":
            self._attached(as_object(message.get("attachment")), start)
        elif kind == "system" and message.get("subtype") == "compact_boundary":
            facts = as_object(message.get("compactMetadata"))
            sizes = {"pre_tokens": facts.get("preTokens"), "post_tokens": facts.get("postTokens")}
            self._conversation.printed(
                {"type": "system", "subtype": "compact_boundary", "compact_metadata": sizes}, start
            )
        elif kind not in ("user", "system") and kind not in _SILENT_TYPES:
            self._sheet.add("raw", {"type": clipped(kind, 100), "json": raw(message)})

    def unreadable(self, lines: int) -> None:
        """Take that lines are no JSON, as where a machine stopped while one was written."""
        self._unreadable += lines

    def ended(self) -> None:
        """Settle what was said before: what follows is the session's own."""
        if not self.is_open:
            return
        self.is_open = False
        self._conversation.process_ended()
        self._tell_of("info", self._of_subagents, "of subagents")
        self._tell_of("warning", self._unreadable, "without JSON")
        self._of_subagents = self._unreadable = 0

    def save(self) -> Json:
        return {"is_open": self.is_open, "of_subagents": self._of_subagents, "unreadable": self._unreadable}

    def load(self, state: Json) -> None:
        self.is_open = state.get("is_open") is True
        self._of_subagents = as_count(state.get("of_subagents"))
        self._unreadable = as_count(state.get("unreadable"))

    def _tell_of(self, level: Level, lines: int, what: str) -> None:
        if lines:
            counted = "1 line" if lines == 1 else f"{lines} lines"
            self._notices.add(level, "imported", f"In the log, and not shown here: {counted} {what}.")

    def _said(self, message: Json, start: LineStart) -> None:
        is_failure = message.get("isApiErrorMessage") is True
        answer = as_object(message.get("message"))
        if is_failure or answer.get("model") != _SYNTHETIC:
            error = as_text(message.get("error")) or "error"
            self._conversation.printed(
                {"type": "assistant", "message": answer, "error": error if is_failure else None}, start
            )

    def _attached(self, attachment: Json, start: LineStart) -> None:
        """Take what stood beside a prompt: only a prompt that was sent while Claude worked is somebody's words."""
        if attachment.get("type") == "queued_command" and attachment.get("commandMode") == "prompt":
            prompt = attachment.get("prompt")
            if isinstance(prompt, list):  # an image is counted and not shown: its place in the line is another one
                prompt = [{"type": "image"} if as_object(block).get("type") == "image" else block for block in prompt]
            self._conversation.printed({"type": "user", "message": {"content": prompt}}, start)


def _as_printed_of_user(message: Json) -> Json:
    return {
        "type": "user",
        "message": message.get("message"),
        "tool_use_result": message.get("toolUseResult"),
        "isSynthetic": message.get("isCompactSummary") is True,
    }


def _time_of(message: Json) -> int | None:
    """Return when a line was written, in Unix milliseconds."""
    try:
        told = datetime.fromisoformat(as_text(message.get("timestamp")))
    except ValueError:
        return None
    return max(0, int(told.timestamp() * 1000)) if told.tzinfo is not None else None
