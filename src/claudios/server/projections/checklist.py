"""The list of what Claude means to do: TodoWrite writes it anew each time, the tools for tasks change single entries.

The call of such a tool that returned last shows the list as it is then. Where one such call follows another and nothing
else stands between them, only the newest shows it; earlier ones stay as the list was.
"""

from __future__ import annotations

from claudios.server.projections.items import Item, Sheet
from claudios.server.projections.shapes import (
    Json,
    as_count,
    as_list,
    as_name,
    as_name_or_none,
    as_object,
    as_text,
    clipped,
)

TOOLS = frozenset({"TodoWrite", "TaskCreate", "TaskUpdate", "TaskList"})
MAX_ENTRIES = 200
MAX_STATUS = 32
MAX_WORDS = 300
MAX_CHARACTERS = 20_000
"""Of all entries together: each call that changes one may keep them all."""


class Checklist:
    """Keeps the entries by their ids, and the call that shows them."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._entries: dict[str, Json] = {}
        self._shown_by: Item | None = None
        self._newest_call = 0

    def called(self, item: Item) -> None:
        """Take a new call of a tool for lists."""
        if item.no != self._newest_call + 1:
            self.settle()
        self._newest_call = item.no

    def returned(self, item: Item, detail: Json) -> bool:
        """Take what such a call has returned; say whether it shows the list from now on, and so may still change."""
        if not self._take(as_text(item.body["name"]), as_object(item.body["input"]), detail):
            return False
        if self._shown_by is not None:
            self._sheet.change(self._shown_by, checklist=None)
            self.settle()
        self._sheet.change(item, checklist=[dict(entry) for entry in self._entries.values()])
        self._shown_by = item
        return True

    def settle(self) -> None:
        """Leave the newest call that shows the list as it is."""
        if self._shown_by is not None:
            self._sheet.close(self._shown_by)
            self._shown_by = None

    def cleared(self) -> None:
        """Begin a new list, with a new conversation."""
        self.settle()
        self._entries.clear()

    def save(self) -> Json:
        return {
            "entries": list(self._entries.values()),
            "shown_by": self._shown_by.no if self._shown_by else None,
            "newest_call": self._newest_call,
        }

    def load(self, state: Json) -> None:
        entries = [as_object(entry) for entry in as_list(state.get("entries"))]
        self._entries = {as_text(entry["id"]): entry for entry in entries}
        no = state.get("shown_by")
        self._shown_by = None if no is None else self._sheet.open[as_count(no)]
        self._newest_call = as_count(state.get("newest_call"))

    def _take(self, name: str, wanted: Json, detail: Json) -> bool:
        """Take what a call has changed; say whether it tells of the list."""
        if name == "TodoWrite":
            todos = [as_object(todo) for todo in as_list(wanted.get("todos"))]
            self._replace([_entry(str(no), todo, as_text(todo.get("content"))) for no, todo in enumerate(todos, 1)])
        elif name == "TaskList" and isinstance(detail.get("tasks"), list):
            tasks = [as_object(task) for task in as_list(detail["tasks"])]
            self._replace([_entry(as_name(task.get("id")), task, as_text(task.get("subject"))) for task in tasks])
        elif name == "TaskCreate":
            task = as_object(detail.get("task"))
            self._put(_entry(as_name(task.get("id")), wanted, as_text(task.get("subject"))))
        elif name == "TaskUpdate" and detail.get("success") is True:
            self._update(as_name(detail.get("taskId")), wanted)
        else:
            return False
        return True

    def _update(self, task_id: str, wanted: Json) -> None:
        if wanted.get("status") == "deleted":
            self._entries.pop(task_id, None)
            return
        known = self._entries.get(task_id, {})
        before: Json = {"status": known.get("status"), "activeForm": known.get("active"), "owner": known.get("owner")}
        subject = as_text(wanted.get("subject")) or as_text(known.get("subject")) or f"Task {task_id}"
        self._put(_entry(task_id, before | wanted, subject))

    def _replace(self, entries: list[Json]) -> None:
        self._entries.clear()
        for entry in entries:
            self._put(entry)

    def _put(self, entry: Json) -> None:
        task_id = as_text(entry["id"])
        known = self._entries.get(task_id)
        if not task_id or (known is None and len(self._entries) >= MAX_ENTRIES):
            return
        others = sum(_length(other) for other in self._entries.values() if other is not known)
        if others + _length(entry) <= MAX_CHARACTERS:
            self._entries[task_id] = entry
        elif known is not None:
            self._entries[task_id] = {**known, "status": entry["status"]}


def _entry(task_id: str, told: Json, subject: str) -> Json:
    """Return an entry as it is shown: `active` is what to call it while it is worked on."""
    return {
        "id": task_id,
        "subject": clipped(subject, MAX_WORDS),
        "status": as_name(told.get("status"))[:MAX_STATUS] or "pending",
        "active": clipped(as_text(told.get("activeForm")), MAX_WORDS) or None,
        "owner": as_name_or_none(told.get("owner")),
    }


def _length(entry: Json) -> int:
    """Return how many characters an entry has, beside its state."""
    return sum(len(as_text(entry[name])) for name in ("id", "subject", "active", "owner"))
