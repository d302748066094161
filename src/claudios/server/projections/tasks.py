"""Tasks that run beside the conversation: commands and subagents in the background, until they end or are stopped."""

from __future__ import annotations

from claudios.server.projections.items import Item, Sheet
from claudios.server.projections.shapes import (
    MAX_NOTICE_TEXT,
    Json,
    as_count,
    as_name,
    as_name_or_none,
    as_object,
    as_text,
    clipped,
)

MAX_OPEN = 256
_STATES = {"completed": "done", "failed": "failed", "killed": "stopped", "stopped": "stopped"}


class Tasks:
    """Keeps the tasks that have not ended, by their ids."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._open: dict[str, Item] = {}

    def started(self, message: Json) -> None:
        """Take that a task began."""
        task_id = as_name(message.get("task_id"))
        if not task_id or task_id in self._open or message.get("is_backgrounded") is False:
            return
        body: Json = {
            "task_id": task_id,
            "tool_use_id": as_name_or_none(message.get("tool_use_id")),
            "type": as_name(message.get("task_type")),
            "description": clipped(as_text(message.get("description")), MAX_NOTICE_TEXT),
            "state": "running",
            "progress": None,
            "tool_uses": 0,
            "summary": None,
            "ended_ms": None,
        }
        self._open[task_id] = self._sheet.add("task", body, stays_open=True)
        if len(self._open) > MAX_OPEN:
            self._sheet.close(self._open.pop(next(iter(self._open))))

    def progressed(self, message: Json) -> None:
        """Take what a task does now."""
        item = self._open.get(as_name(message.get("task_id")))
        if item is not None:
            told = clipped(as_text(message.get("description")), MAX_NOTICE_TEXT) or None
            uses = as_count(as_object(message.get("usage")).get("tool_uses"))
            self._sheet.change(item, progress=told, tool_uses=uses)

    def updated(self, message: Json) -> None:
        """Take a new state of a task; its summary may follow."""
        item = self._open.get(as_name(message.get("task_id")))
        state = _STATES.get(as_text(as_object(message.get("patch")).get("status")))
        if item is not None and state is not None:
            self._sheet.change(item, state=state, ended_ms=self._sheet.at_ms)

    def notified(self, message: Json) -> bool:
        """Take the end of a task; say whether its beginning is known."""
        item = self._open.pop(as_name(message.get("task_id")), None)
        if item is None:
            return False
        state = _STATES.get(as_text(message.get("status")), "done")
        summary = clipped(as_text(message.get("summary")), MAX_NOTICE_TEXT) or None
        self._sheet.change(item, state=state, summary=summary, ended_ms=item.body["ended_ms"] or self._sheet.at_ms)
        self._sheet.close(item)
        return True

    def description_of(self, task_id: str) -> str:
        """Return what a task that has not ended is to do; empty where it is not known."""
        item = self._open.get(task_id)
        return as_text(item.body["description"]) if item is not None else ""

    def process_ended(self) -> None:
        """Count what still runs as interrupted: it ends with the process."""
        for item in self._open.values():
            if item.body["state"] == "running":
                self._sheet.change(item, state="interrupted", ended_ms=self._sheet.at_ms)
            self._sheet.close(item)
        self._open.clear()

    def save(self) -> Json:
        return {task_id: item.no for task_id, item in self._open.items()}

    def load(self, state: Json) -> None:
        self._open = {task_id: self._sheet.open[as_count(no)] for task_id, no in state.items()}
